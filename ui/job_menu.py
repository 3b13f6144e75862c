# SPDX-License-Identifier: Apache-2.0
"""The button above the steps: which job is open, and a menu to open another or begin a new one."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from selector.store.projects import Project
from selector.wording import Wording

LONGEST = 26


def job_title(project: Project, wording: Wording) -> str:
    """What a job is called."""
    title = project.title.strip() or wording.text("window.untitled_job")
    return wording.text("window.sample_job", title=title) if project.sample else title


class JobMenu(QPushButton):
    """Opens a menu of jobs; the list is asked for when the menu opens.

    Signals:
        job_chosen: an id, or -1 for a new job.
        rename_asked: give the open job another name.
        duplicate_asked: make a copy of the open job.
        delete_asked: delete the open job.
    """

    job_chosen = Signal(int)
    rename_asked = Signal()
    duplicate_asked = Signal()
    delete_asked = Signal()
    NEW = -1

    def __init__(
        self,
        wording: Wording,
        recent: Callable[[], list[Project]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._wording = wording
        self._recent = recent
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._fill)
        self.setMenu(self._menu)
        self.setToolTip(wording.text("window.jobs_tip"))
        self.setAccessibleName(wording.text("window.jobs"))

    def show_project(self, project: Project) -> None:
        """Name the open job."""
        title = job_title(project, self._wording)
        self.setText(_short(title))
        self.setToolTip(f"{title}\n{self._wording.text('window.jobs_tip')}")
        self.setAccessibleDescription(title)

    def _fill(self) -> None:
        self._menu.clear()
        new = self._menu.addAction(self._wording.text("window.new_job"))
        new.triggered.connect(lambda: self.job_chosen.emit(self.NEW))
        self._menu.addSeparator()
        for project in self._recent():
            number = project.id or 0
            action = self._menu.addAction(_short(job_title(project, self._wording), 48))
            action.triggered.connect(lambda _=False, n=number: self.job_chosen.emit(n))
        self._menu.addSeparator()
        for name, asked in (
            ("rename", self.rename_asked),
            ("duplicate", self.duplicate_asked),
            ("delete", self.delete_asked),
        ):
            entry = self._menu.addAction(self._wording.text(f"window.job_{name}"))
            entry.setObjectName(name)
            entry.triggered.connect(asked)


def _short(title: str, longest: int = LONGEST) -> str:
    # A single ampersand in the text of a button or menu would underline the next letter.
    cut = title if len(title) <= longest else title[: longest - 1].rstrip() + "…"
    return cut.replace("&", "&&")
