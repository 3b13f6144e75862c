# SPDX-License-Identifier: Apache-2.0
"""Settings: language, theme, offline, and where Petit keeps things."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from selector.paths import Locations, hub_cache
from selector.settings import Settings
from selector.wording import Wording
from ui.pages.labels import copyable, label
from ui.preferences import language_box, theme_box


class SettingsDialog(QDialog):
    """What the user can choose, and the folders.

    Signals:
        changed: language (may be empty), theme (may be empty), offline.
    """

    changed = Signal(str, str, bool)

    def __init__(
        self,
        wording: Wording,
        settings: Settings,
        places: Locations,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        text = wording.text
        self.setWindowTitle(text("window.settings"))
        self._wording = wording
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        column.addWidget(label(text("window.settings"), "title"))
        form = QFormLayout()
        self.language = language_box(wording)
        self.theme = theme_box(wording, settings.theme)
        self.offline = QCheckBox(text("window.offline"))
        self.offline.setToolTip(text("window.offline_tip"))
        self.offline.setChecked(settings.offline)
        form.addRow(text("window.language"), self.language)
        form.addRow(text("window.theme"), self.theme)
        form.addRow("", self.offline)
        column.addLayout(form)
        for key, path in (("data", places.data), ("cache", hub_cache()), ("log", places.log)):
            self._add_folder(column, key, path)
        column.addStretch(1)
        buttons = QDialogButtonBox()
        close = buttons.addButton(
            text("window.settings_page.done"), QDialogButtonBox.ButtonRole.RejectRole
        )
        close.setDefault(True)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 70)
        self.language.activated.connect(self._tell)
        self.theme.activated.connect(self._tell)
        self.offline.toggled.connect(self._tell)

    def _add_folder(self, column: QVBoxLayout, key: str, path: Path) -> None:
        text = self._wording.text
        name = text(f"window.settings_page.{key}")
        column.addSpacing(8)
        column.addWidget(label(name, "section"))
        row = QHBoxLayout()
        # Zero-width spaces let a long path wrap; the button copies the path without them.
        shown = copyable(label(str(path).replace("/", "/\u200b")))
        shown.setAccessibleName(f"{name}: {path}")
        copy = QPushButton(text("window.settings_page.copy"))
        copy.setAccessibleName(f"{copy.text()}: {name}")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(str(path)))
        row.addWidget(shown, 1)
        row.addWidget(copy)
        column.addLayout(row)
        if self._wording.has(f"window.settings_page.{key}_tip"):
            column.addWidget(label(text(f"window.settings_page.{key}_tip"), "muted"))

    def _tell(self) -> None:
        self.changed.emit(
            str(self.language.currentData()),
            str(self.theme.currentData()),
            self.offline.isChecked(),
        )
