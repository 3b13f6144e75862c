# SPDX-License-Identifier: Apache-2.0
"""The queue of downloads: a line for all of it, a row for each model, buttons to pause and to cancel."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from selector.desk.download_item import Item
from selector.wording import Wording
from ui.dialogs.questions import agrees
from ui.download_feed import ACTIVE, Key
from ui.models.short_names import short_name
from ui.pages.download_row import DownloadRow
from ui.services import Services
from ui.theme.tokens import SPACE
from ui.widgets.elided_label import ElidedLabel

ROWS_SHOWN, FEW_ROWS_SHOWN = 2.4, 1.4
"""More scroll; the part of a row at the edge says that there are more."""
SHORT_LINES = 44
"""In a window of fewer lines of text fewer rows are shown: the button below them has to be seen."""
ASKED_FROM_BYTES = 20_000_000
"""So much is not thrown away without a question."""


def all_text(items: Sequence[Item], wording: Wording) -> str:
    """How far the whole queue is, with its rate and the time left."""
    known = [item for item in items if item.kept.total_bytes]
    done = sum(item.kept.done_bytes for item in known)
    total = sum(item.kept.total_bytes or 0 for item in known)
    parts = [wording.text("download.all", done=done, total=total)] if total else []
    rate = sum(item.bytes_per_s or 0 for item in items if item.kept.state == "running")
    if rate:
        parts.append(wording.text("candidates.rate", rate=rate))
        going = [item for item in known if item.kept.state in ACTIVE]
        left = sum((item.kept.total_bytes or 0) - item.kept.done_bytes for item in going)
        if len(known) == len(items):
            parts.append(wording.text("candidates.left", eta=left / rate))
    return " · ".join(parts)


class DownloadsPanel(QWidget):
    """Hidden as long as there is nothing to download."""

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services, self._feed = services, services.downloads
        self._by_key: dict[Key, DownloadRow] = {}
        text = services.wording.text
        self.total = ElidedLabel("", "small", Qt.TextElideMode.ElideRight)
        self.all = QPushButton(text("download.pause_all"))
        self.all.setProperty("kind", "quiet")
        self.all.clicked.connect(self._toggle_all)
        head = QHBoxLayout()
        head.addWidget(self.total, 1)
        head.addWidget(self.all)
        inside = QWidget()
        self._rows = QVBoxLayout(inside)
        self._rows.setContentsMargins(0, 0, SPACE.s, 0)
        self._rows.setSpacing(0)
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(inside)
        self._area.setAccessibleName(text("download.title"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._area)
        self._feed.changed.connect(self.refresh)
        self.refresh()

    @property
    def rows(self) -> dict[str, DownloadRow]:
        """The rows by reference."""
        return {key[0]: row for key, row in self._by_key.items()}

    def refresh(self) -> None:
        """Show the queue as it is now."""
        items = self._feed.items
        wanted = {item.key for item in items}
        for key in [key for key in self._by_key if key not in wanted]:
            row = self._by_key.pop(key)
            self._rows.removeWidget(row)
            row.hide()
            row.deleteLater()
        for item in items:
            if item.key in self._by_key:
                self._by_key[item.key].show_item(item)
            else:
                self._add(item)
        several = len(items) > 1
        self.total.setText(all_text(items, self._services.wording) if several else "")
        self.all.setText(
            self._services.wording.text(
                f"download.{'pause' if self._feed.active else 'resume'}_all"
            )
        )
        self.total.setVisible(several)
        self.all.setVisible(several)
        if self._by_key:
            height = next(iter(self._by_key.values())).sizeHint().height()
            short = self.window().height() < self.fontMetrics().height() * SHORT_LINES
            most = FEW_ROWS_SHOWN if short else ROWS_SHOWN
            self._area.setFixedHeight(round(height * min(len(items), most)) + 2)
        self.setVisible(bool(items))

    def _add(self, item: Item) -> None:
        row = DownloadRow(item, self._services.wording)
        row.action_asked.connect(lambda: self._act(row))
        row.cancel_asked.connect(lambda: self._cancel(row))
        self._by_key[item.key] = row
        self._rows.addWidget(row)

    def _act(self, row: DownloadRow) -> None:
        if row.action == "pause":
            self._feed.pause(row.item.key)
        else:
            self._feed.resume(row.item.key)

    def _cancel(self, row: DownloadRow) -> None:
        if row.item.kept.done_bytes < ASKED_FROM_BYTES or self.agrees_to_cancel(row.item):
            self._feed.cancel(row.item.key)

    def _toggle_all(self) -> None:
        if self._feed.active:
            self._feed.pause()
        else:
            self._feed.resume()

    def agrees_to_cancel(self, item: Item) -> bool:
        """Whether the user wants to throw away what came."""
        text = self._services.wording.text
        name = short_name(item.kept.ref)
        return agrees(
            self.window(),
            text("download.cancel_title"),
            text("download.cancel_text", name=name, bytes=item.kept.done_bytes),
            text("download.cancel_yes"),
            text("download.cancel_no"),
        )
