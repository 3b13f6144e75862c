# SPDX-License-Identifier: Apache-2.0
"""The foot of the candidates page: what is chosen, the one primary button, downloads under way."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from selector.wording import Wording
from ui.download_feed import ACTIVE
from ui.models.candidate_row import CandidateRow
from ui.pages.download_row import DownloadRow
from ui.pages.downloads_panel import DownloadsPanel
from ui.pages.labels import label
from ui.services import Services


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


class CandidatesFooter(QWidget):
    """Primary button and the queue of downloads."""

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self.panel = DownloadsPanel(services)
        self._chosen = label("", "muted")
        self.primary = QPushButton()
        self.primary.setProperty("kind", "primary")
        bottom = QHBoxLayout()
        bottom.addWidget(self._chosen, 1)
        bottom.addWidget(self.primary)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.panel)
        column.addLayout(bottom)
        self.show_choice([])

    def show_choice(self, ticked: Sequence[CandidateRow]) -> None:
        """Say what the primary button would do with these rows."""
        words = self._services.wording
        self.primary.setText(primary_text(ticked, words))
        coming = {
            item.kept.ref for item in self._services.downloads.items if item.kept.state in ACTIVE
        }
        missing = [row for row in ticked if not row.on_disk]
        on_the_way = bool(missing) and all(row.ref in coming for row in missing)
        self.primary.setEnabled(bool(ticked) and not on_the_way)
        self._chosen.setText(words.text("candidates.chosen", n=len(ticked)) if ticked else "")

    @property
    def rows(self) -> dict[str, DownloadRow]:
        """The downloads by reference."""
        return self.panel.rows
