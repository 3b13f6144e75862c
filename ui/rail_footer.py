# SPDX-License-Identifier: Apache-2.0
"""The foot of the rail: a stop button, language, theme, offline, settings and help."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from selector.desk.download_item import Item
from selector.settings import Settings
from selector.wording import Wording
from ui.preferences import language_box, theme_box

QUIET = frozenset({"save", "sample", "open", "queue", "account", "answer"})
"""Jobs nobody needs to hear of."""


class RailFooter(QWidget):
    """Choices that hold everywhere.

    Signals:
        language_chosen: a language code.
        theme_chosen: empty, light or dark.
        offline_chosen: whether to contact nobody.
        stop_asked: stop everything under way.
        settings_asked, library_asked, help_asked: open these.
    """

    language_chosen = Signal(str)
    theme_chosen = Signal(str)
    offline_chosen = Signal(bool)
    stop_asked = Signal()
    settings_asked = Signal()
    library_asked = Signal()
    help_asked = Signal()

    def __init__(self, wording: Wording, settings: Settings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        text = wording.text
        self.stop = QPushButton(text("window.stop_all"))
        self.stop.setToolTip(text("window.stop_all_tip"))
        self.stop.clicked.connect(self.stop_asked)
        self.language = language_box(wording)
        self.language.activated.connect(self._language)
        self.theme = theme_box(wording, settings.theme)
        self.theme.activated.connect(self._theme)
        self.offline = QCheckBox(text("window.offline"))
        self.offline.setToolTip(text("window.offline_tip"))
        self.offline.setChecked(settings.offline)
        self.offline.toggled.connect(self.offline_chosen)
        settings_button = QPushButton(text("window.settings"))
        settings_button.clicked.connect(self.settings_asked)
        help_button = QPushButton(text("window.help"))
        help_button.clicked.connect(self.help_asked)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self.stop)
        column.addWidget(self.offline)
        column.addWidget(self.language)
        column.addWidget(self.theme)
        self.library = QPushButton()
        self.library.setToolTip(text("download.tip"))
        self.library.clicked.connect(self.library_asked)
        column.addWidget(self.library)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(settings_button)
        row.addWidget(help_button)
        column.addLayout(row)
        for button in (settings_button, help_button, self.library, self.stop):
            button.setProperty("kind", "quiet")
        self.show_busy(0)
        self.show_downloads(())

    def show_busy(self, count: int) -> None:
        """Offer to stop what is under way, if anything is."""
        self.stop.setVisible(count > 0)

    def show_downloads(self, items: Sequence[Item]) -> None:
        """Say on the library's button how the queue of downloads is."""
        states = {item.kept.state for item in items}
        total = sum(item.kept.total_bytes or 0 for item in items)
        done = sum(item.kept.done_bytes for item in items)
        key = "library"
        if states & {"queued", "running"}:
            key = "library_busy"
        elif states & {"waiting", "failed"}:
            key = "library_problem"
        elif states:
            key = "library_paused"
        percent = round(done / total, 2) if total else 0.0
        self.library.setText(self._wording.text(f"window.{key}", percent=percent))

    def show_settings(self, settings: Settings) -> None:
        """Show choices made elsewhere."""
        self.offline.blockSignals(True)
        self.offline.setChecked(settings.offline)
        self.offline.blockSignals(False)
        self.theme.setCurrentIndex(max(0, self.theme.findData(settings.theme)))

    def _language(self) -> None:
        self.language_chosen.emit(str(self.language.currentData()))

    def _theme(self) -> None:
        self.theme_chosen.emit(str(self.theme.currentData()))
