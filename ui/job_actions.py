# SPDX-License-Identifier: Apache-2.0
"""What can be done with the open job as a whole: another name, a copy, and away with it, which can be undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QInputDialog, QWidget

from selector.store.projects import Project
from ui.job_menu import JobMenu, job_title
from ui.jobs import Jobs
from ui.services import Services
from ui.widgets.message_banner import Kind


class Offer(Protocol):
    """A message with one thing that can be done about it."""

    def __call__(
        self, kind: Kind, text: str, hint: str, action: str, done: Callable[[], None]
    ) -> None:
        """See PageStack.offer."""


class JobActions(QObject):
    """Carries out what the menu of jobs asks for."""

    def __init__(self, services: Services, jobs: Jobs, parent: QWidget) -> None:
        super().__init__(parent)
        self._services, self._jobs, self._window = services, jobs, parent
        self.offer: Offer | None = None

    def listen(self, menu: JobMenu, offer: Offer) -> None:
        """Take orders from this menu from now on; messages go through ``offer``."""
        self.offer = offer
        menu.rename_asked.connect(self.rename)
        menu.duplicate_asked.connect(self.duplicate)
        menu.delete_asked.connect(self._jobs.delete)

    def rename(self) -> None:
        """Ask for a name; the window stays usable."""
        text = self._services.wording.text
        dialog = QInputDialog(self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(text("window.job_name"))
        dialog.setLabelText(text("window.job_name"))
        dialog.setTextValue(self._services.project.title)
        dialog.setOkButtonText(text("window.job_keep_name"))
        dialog.setCancelButtonText(text("window.job_leave_name"))
        dialog.textValueSelected.connect(self._jobs.rename)
        dialog.open()

    def duplicate(self) -> None:
        """Open a copy under a name that says so."""
        words = self._services.wording
        title = job_title(self._services.project, words)
        self._jobs.duplicate(words.text("window.job_copy", title=title))

    def say_deleted(self, project: Project) -> None:
        """Tell it, and offer to bring it back."""
        words = self._services.wording
        if self.offer is not None:
            self.offer(
                "info",
                words.text("window.job_deleted", title=job_title(project, words)),
                words.text("window.job_deleted_hint"),
                words.text("window.job_undo"),
                lambda: self._jobs.restore(project),
            )
