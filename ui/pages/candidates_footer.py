# SPDX-License-Identifier: Apache-2.0
"""The foot of the candidates page: what is chosen, the one primary button, downloads under way."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from selector.desk.requests import DownloadProgress
from selector.wording import Wording
from ui.models.candidate_row import CandidateRow
from ui.pages.candidates_loading import short_name, without_engine
from ui.pages.labels import label
from ui.services import Services
from ui.widgets.progress_row import ProgressRow


def primary_text(ticked: Sequence[CandidateRow], wording: Wording) -> str:
    """What the button does: download so many bytes, try so many models, or what is missing."""
    missing = [row for row in ticked if not row.on_disk]
    if not ticked:
        return wording.text("candidates.choose_some")
    if not missing:
        return wording.text("candidates.try", n=len(ticked))
    sizes = [row.download_bytes for row in missing]
    known = [size for size in sizes if size is not None]
    if len(known) < len(sizes):
        return wording.text("candidates.download_unknown", n=len(missing))
    return wording.text("candidates.download", n=len(missing), bytes=sum(known))


def progress_text(item: DownloadProgress, wording: Wording) -> str:
    """Bytes, rate and time left."""
    parts = [wording.text("candidates.progress", done=item.done_bytes, total=item.total_bytes)]
    if item.bytes_per_s:
        parts.append(wording.text("candidates.rate", rate=item.bytes_per_s))
    if item.eta_s is not None:
        parts.append(wording.text("candidates.left", eta=item.eta_s))
    return " · ".join(parts)


class CandidatesFooter(QWidget):
    """Primary button and progress.

    Signals:
        cancelled: stop the downloads.
    """

    cancelled = Signal()

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self.rows: dict[str, ProgressRow] = {}
        self._progress = QVBoxLayout()
        self._progress.setSpacing(4)
        self._chosen = label("", "muted")
        self.primary = QPushButton()
        self.primary.setProperty("kind", "primary")
        bottom = QHBoxLayout()
        bottom.addWidget(self._chosen, 1)
        bottom.addWidget(self.primary)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._progress)
        column.addLayout(bottom)
        self.show_choice([])

    def show_choice(self, ticked: Sequence[CandidateRow]) -> None:
        """Say what the primary button would do with these rows."""
        words = self._services.wording
        self.primary.setText(primary_text(ticked, words))
        self.primary.setEnabled(bool(ticked))
        self._chosen.setText(words.text("candidates.chosen", n=len(ticked)) if ticked else "")

    def show_downloads(self, rows: Sequence[CandidateRow]) -> None:
        """Show one line of progress for each model to come."""
        self.end_downloads()
        self.primary.setEnabled(False)
        words = self._services.wording
        for row in rows:
            name = words.text("candidates.downloading", name=short_name(row.key))
            line = ProgressRow(name, words.text("candidates.cancel"))
            line.set_progress(0, row.download_bytes)
            line.cancel_asked.connect(self.cancelled)
            self._progress.addWidget(line)
            self.rows[row.key] = line

    def show_progress(self, items: list[DownloadProgress]) -> None:
        """Show the newest state of each."""
        words = self._services.wording
        for ref, item in {without_engine(item.ref): item for item in items}.items():
            if line := self.rows.get(ref):
                line.set_progress(item.done_bytes, item.total_bytes, progress_text(item, words))

    def stopping(self) -> None:
        """Say at once that a cancel was heard."""
        text = self._services.wording.text("candidates.stopping")
        for line in self.rows.values():
            line.set_stopping(text)

    def end_downloads(self) -> None:
        """Take the lines of progress away."""
        for line in self.rows.values():
            self._progress.removeWidget(line)
            line.hide()
            line.deleteLater()
        self.rows.clear()
