# SPDX-License-Identifier: Apache-2.0
"""Downloads, and every model on this disk: sizes, use, who brought it, check, remove."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from selector.desk.requests import DownloadProgress, Shelf
from selector.errors import PetitError
from selector.hub.leftovers import Leftover
from selector.hub.library import Checked
from selector.hub.shelf import Entry
from selector.reference import short_reference
from ui.background import Job
from ui.dialogs.library_table import LibraryTable
from ui.dialogs.questions import agrees
from ui.messages import show_error
from ui.models.library_model import LibraryModel, Row, frees
from ui.pages.candidates_loading import without_engine
from ui.pages.downloads_panel import DownloadsPanel
from ui.pages.labels import label
from ui.pages.library_leftovers import LibraryLeftovers
from ui.services import Services
from ui.theme.tokens import SPACE
from ui.widgets.message_banner import MessageBanner
from ui.widgets.progress_row import ProgressRow

_NAMED = 3


class LibraryDialog(QDialog):
    """Reads the disk when it opens, after each download, and when asked to."""

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        text = services.wording.text
        self.setWindowTitle(text("library.title"))
        self._reading: Job | None = None
        self._checking: Job | None = None
        self.model = LibraryModel(services.wording, self)
        self.banner = MessageBanner(services.theme, services.wording)
        self.banner.hide()
        self.panel = DownloadsPanel(services)
        self.leftovers = LibraryLeftovers(services.wording)
        self.leftovers.sweep_asked.connect(self._sweep)
        self.total = label("", "muted", wrap=False)
        self.refresh_button = self._button("refresh", self.refresh)
        self.verify_all = self._button("verify", lambda: self._verify(None), tip="verify_tip")
        self.verify_one = self._button("verify_one", self._verify_current, tip="verify_tip")
        self.remove_button = self._button("remove", self._remove_current)
        self.remove_button.setProperty("kind", "danger")
        self._progress = QVBoxLayout()
        self._progress_row: ProgressRow | None = None
        self._build()
        services.downloads.ended.connect(self._download_ended)
        self.refresh()

    def _button(self, key: str, call: Callable[[], None], tip: str = "") -> QPushButton:
        made = QPushButton(self._services.wording.text(f"library.{key}"))
        made.setAutoDefault(False)
        if tip:
            made.setToolTip(self._services.wording.text(f"library.{tip}"))
        made.clicked.connect(lambda: call())
        return made

    def _build(self) -> None:
        text = self._services.wording.text
        self.table = LibraryTable(self.model, self._services.wording)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._show_choice())
        head = QHBoxLayout()
        head.addWidget(self.total, 1)
        head.addWidget(self.refresh_button)
        close = QPushButton(text("library.close"))
        close.setAutoDefault(False)
        close.clicked.connect(self.reject)
        foot = QHBoxLayout()
        foot.setSpacing(SPACE.s)
        foot.addWidget(self.verify_all)
        foot.addWidget(self.verify_one)
        foot.addWidget(self.remove_button)
        foot.addStretch(1)
        foot.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.xl, SPACE.xl, SPACE.xl, SPACE.xl)
        column.setSpacing(SPACE.s)
        column.addWidget(label(text("library.title"), "title"))
        column.addWidget(label(text("library.intro"), "muted"))
        column.addWidget(self.banner)
        column.addWidget(self.panel)
        column.addLayout(head)
        column.addWidget(self.table, 1)
        column.addWidget(self.leftovers)
        column.addLayout(self._progress)
        column.addLayout(foot)
        self.resize(self.fontMetrics().averageCharWidth() * 155, 560)
        self._show_choice()

    @property
    def current(self) -> Row | None:
        """The entry, or the form that Petit made, that is selected."""
        rows = self.table.selectionModel().selectedRows()
        return self.model.entries[rows[0].row()] if rows else None

    def _show_choice(self) -> None:
        idle, entry = self._checking is None, self.current
        cached = [row for row in self.model.entries if isinstance(row, Entry)]
        self.verify_all.setEnabled(idle and bool(cached))
        self.verify_one.setEnabled(idle and entry in cached)
        kept = isinstance(entry, Entry) and entry.shipped
        self.remove_button.setEnabled(idle and entry is not None and not kept)

    # -- reading ------------------------------------------------------------------------------------
    def refresh(self) -> None:
        """Look at the disk."""
        if self._reading:
            self._reading.drop()
        if not self.model.entries:
            self.total.setText(self._services.wording.text("library.reading"))
        desk = self._services.desk
        self._reading = self._run("library", lambda cancelled, _: desk.shelf(cancelled), self._read)

    def _read(self, shelf: Shelf) -> None:
        self._reading = None
        words, chosen = self._services.wording, self.current
        self.model.set_entries([*shelf.entries, *shelf.made])
        header = self.table.horizontalHeader()
        self.model.sort(header.sortIndicatorSection(), header.sortIndicatorOrder())
        for row, entry in enumerate(self.model.entries):
            if chosen is not None and entry.ref == chosen.ref:
                self.table.selectRow(row)
        taken = sum(row.bytes for row in self.model.entries)
        count = len(shelf.entries)
        known = words.text("library.total", n=count, bytes=taken)
        self.total.setText(known if self.model.entries else words.text("library.empty"))
        self.leftovers.show_leftovers([x for x in shelf.leftovers if not self._in_queue(x)])
        self._show_choice()

    def _in_queue(self, item: Leftover) -> bool:
        """Whether it belongs to a download above."""
        queue = self._services.downloads.items
        known = {(x.kept.ref.partition("@")[0].partition("#")[0], x.kept.revision) for x in queue}
        return item.ours and (item.repo, item.revision) in known

    def _download_ended(self, *_: object) -> None:
        self.refresh()

    # -- checking -----------------------------------------------------------------------------------
    def _verify_current(self) -> None:
        if self.current is not None:
            self._verify([self.current.ref])

    def _verify(self, refs: list[str] | None) -> None:
        words, desk = self._services.wording, self._services.desk
        self.banner.hide()
        row = ProgressRow(words.text("library.verify"), words.text("download.cancel"))
        row.set_progress(0, None)
        self._progress_row = row
        self._progress.addWidget(row)

        def moved(steps: list[DownloadProgress]) -> None:
            step = steps[-1]
            said = words.text("library.verifying", name=step.file)
            far = words.text("candidates.progress", done=step.done_bytes, total=step.total_bytes)
            row.set_progress(step.done_bytes, step.total_bytes, f"{said} · {far}")

        self._checking = self._services.background.run(
            "verify",
            lambda cancelled, progress: desk.verify(refs, progress, cancelled),
            on_done=self._verified,
            on_progress=moved,
            on_error=self._failed,
            on_cancelled=self._check_ended,
        )
        row.cancel_asked.connect(self._checking.cancel)
        self._show_choice()

    def _verified(self, checked: list[Checked]) -> None:
        self._check_ended()
        bad = [short_reference(one.ref) for one in checked if one.damaged]
        text = self._services.wording.text
        if bad:
            self.banner.show_message("error", text("library.damaged", names=bad[:_NAMED]))
        else:
            self.banner.show_message("success", text("library.verified_all", n=len(checked)))
        self.refresh()

    def _check_ended(self) -> None:
        self._checking = None
        if self._progress_row is not None:
            self._progress.removeWidget(self._progress_row)
            self._progress_row.hide()
            self._progress_row.deleteLater()
            self._progress_row = None
        self._show_choice()

    # -- removing -----------------------------------------------------------------------------------
    def _remove_current(self) -> None:
        entry = self.current
        if entry is None or not self.agrees_to_remove(entry):
            return
        desk = self._services.desk
        self._run(
            "remove",
            lambda _cancelled, _progress: desk.remove(entry.ref, confirmed=True),
            lambda freed: self._removed(entry, freed),
        )

    def _removed(self, entry: Row, freed: int) -> None:
        name = short_reference(entry.ref)
        self._say("removed", name=name, bytes=freed)
        self.refresh()

    def remove_text(self, entry: Row) -> str:
        """What the question before removing says: what it frees, who brought it, who uses it."""
        text = self._services.wording.text
        if not isinstance(entry, Entry):
            return text("library.made_text", bytes=frees(entry))
        freed = entry.frees_bytes
        lines = [text("library.remove_text", bytes=freed) if freed else text("library.remove_none")]
        if entry.foreign:
            lines.append(text("library.remove_foreign", files=list(entry.foreign[:_NAMED])))
        if entry.ref in {without_engine(ref) for ref in self._services.project.refs}:
            lines.append(text("library.in_use"))
        return "\n\n".join(lines)

    def agrees_to_remove(self, entry: Row) -> bool:
        """Ask, with what is known of the entry in view."""
        text = self._services.wording.text
        title = text("library.remove_title", name=short_reference(entry.ref))
        yes, no = text("library.remove_yes"), text("library.remove_no")
        return agrees(self, title, self.remove_text(entry), yes, no)

    # -- unfinished files ---------------------------------------------------------------------------
    def _sweep(self, foreign: bool) -> None:
        if foreign and not self.agrees_to_sweep():
            return
        desk = self._services.desk
        paths = [x.path for x in self.leftovers.items if x.ours is not foreign]
        self._run(
            "remove",
            lambda _cancelled, _progress: desk.sweep(paths, foreign=foreign),
            self._swept,
        )

    def agrees_to_sweep(self) -> bool:
        """Ask before deleting what another program began."""
        text = self._services.wording.text
        taken = sum(x.bytes for x in self.leftovers.items if not x.ours)
        return agrees(
            self,
            text("library.sweep_title"),
            text("library.sweep_text", bytes=taken),
            text("library.sweep_yes"),
            text("library.remove_no"),
        )

    def _swept(self, freed: int) -> None:
        self._say("swept", bytes=freed)
        self.refresh()

    # -- shared -------------------------------------------------------------------------------------
    def _say(self, key: str, **facts: object) -> None:
        self.banner.show_message("success", self._services.wording.text(f"library.{key}", **facts))

    def _run(self, name: str, call: Callable[..., Any], done: Callable[[Any], None]) -> Job:
        return self._services.background.run(name, call, on_done=done, on_error=self._failed)

    def _failed(self, error: PetitError) -> None:
        self._check_ended()
        show_error(self.banner, error, self._services.wording)

    def done(self, result: int) -> None:
        """Closing stops what reads; a removal under way is finished."""
        self._services.downloads.ended.disconnect(self._download_ended)
        for job in (self._reading, self._checking):
            if job is not None:
                job.drop()
        super().done(result)
