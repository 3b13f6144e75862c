# SPDX-License-Identifier: Apache-2.0
"""The foot of the rail: a stop button, language, theme, offline, settings and help."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from selector.settings import Settings
from selector.wording import Wording
from ui.preferences import language_box, theme_box

QUIET = frozenset({"save", "sample", "open"})
"""Jobs nobody needs to hear of."""


class RailFooter(QWidget):
    """Choices that hold everywhere.

    Signals:
        language_chosen: a language code.
        theme_chosen: empty, light or dark.
        offline_chosen: whether to contact nobody.
        stop_asked: stop everything under way.
        settings_asked, help_asked: open these.
    """

    language_chosen = Signal(str)
    theme_chosen = Signal(str)
    offline_chosen = Signal(bool)
    stop_asked = Signal()
    settings_asked = Signal()
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
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(settings_button)
        row.addWidget(help_button)
        column.addLayout(row)
        for button in (settings_button, help_button, self.stop):
            button.setProperty("kind", "quiet")
        self.show_busy(0)

    def show_busy(self, count: int) -> None:
        """Offer to stop what is under way, if anything is."""
        self.stop.setVisible(count > 0)

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
