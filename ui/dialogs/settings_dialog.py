# SPDX-License-Identifier: Apache-2.0
"""Settings: language, theme, offline, the Hub and its token, and where Petit keeps things."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from selector.paths import Locations, hub_cache
from ui.dialogs.endpoints_dialog import EndpointsDialog
from ui.dialogs.hub_settings import HubSettings
from ui.pages.labels import copyable, label
from ui.preferences import language_box, theme_box
from ui.services import Services


class SettingsDialog(QDialog):
    """What the user can choose, and the folders.

    Signals:
        changed: language (may be empty), theme (may be empty), offline.
    """

    changed = Signal(str, str, bool)

    def __init__(
        self, services: Services, places: Locations, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        wording, settings = services.wording, services.settings
        text = wording.text
        self.setWindowTitle(text("window.settings"))
        self._wording = wording
        inside = QWidget()
        column = QVBoxLayout(inside)
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
        column.addSpacing(8)
        self.hub = HubSettings(services)
        column.addWidget(self.hub)
        column.addSpacing(8)
        self._services = services
        self.endpoints = QPushButton(text("llm.settings.open"))
        self.endpoints.setAutoDefault(False)
        self.endpoints.clicked.connect(self._open_endpoints)
        column.addWidget(label(text("llm.settings.title"), "section"))
        row = QHBoxLayout()
        row.addWidget(self.endpoints)
        row.addStretch(1)
        column.addLayout(row)
        for key, path in (("data", places.data), ("cache", hub_cache()), ("log", places.log)):
            self._add_folder(column, key, path)
        column.addStretch(1)
        buttons = QDialogButtonBox()
        close = buttons.addButton(
            text("window.settings_page.done"), QDialogButtonBox.ButtonRole.RejectRole
        )
        close.setDefault(True)
        buttons.rejected.connect(self.reject)
        buttons.setContentsMargins(24, 0, 24, 16)
        area = QScrollArea()  # on a small screen, or with large text
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(area, 1)
        whole.addWidget(buttons)
        width = self.fontMetrics().averageCharWidth() * 84
        self.setMinimumWidth(width)
        room = QGuiApplication.primaryScreen().availableSize().height() - 80
        self.resize(width, min(inside.heightForWidth(width) + 70, room))
        self.language.activated.connect(self._tell)
        self.theme.activated.connect(self._tell)
        self.offline.toggled.connect(self._tell)

    def _open_endpoints(self) -> None:
        dialog = EndpointsDialog(self._services, None, self)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

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

    def done(self, result: int) -> None:
        """Close; an address that was being typed is kept, if it is one."""
        self.hub.apply()
        self.hub.stop()
        super().done(result)

    def _tell(self) -> None:
        self.changed.emit(
            str(self.language.currentData()),
            str(self.theme.currentData()),
            self.offline.isChecked(),
        )
