# SPDX-License-Identifier: Apache-2.0
"""The theme in use: what widgets ask for colours, and what tells them to paint again."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from ui.theme.stylesheet import palette, style_sheet
from ui.theme.tokens import Scheme, Tokens, tokens_of


def system_scheme() -> Scheme:
    """What the desktop asks for; light where it does not say."""
    hints = QGuiApplication.styleHints()
    return "dark" if hints.colorScheme() == Qt.ColorScheme.Dark else "light"


class Theme(QObject):
    """Holds the tokens of one theme.

    Signals:
        changed: another theme is in use; icons and own painting must be made again.
    """

    changed = Signal()

    def __init__(self, scheme: str = "", parent: QObject | None = None) -> None:
        """``scheme`` is ``light``, ``dark`` or empty for the desktop's own."""
        super().__init__(parent)
        self._wanted = scheme
        self.tokens: Tokens = tokens_of(self._resolve())

    def _resolve(self) -> Scheme:
        if self._wanted == "dark":
            return "dark"
        return "light" if self._wanted == "light" else system_scheme()

    @property
    def wanted(self) -> str:
        """What was asked for: ``light``, ``dark`` or empty."""
        return self._wanted

    def apply(self, app: QApplication) -> None:
        """Style the application: Fusion, our palette, our style sheet."""
        app.setStyle("Fusion")
        app.setPalette(palette(self.tokens))
        app.setStyleSheet(style_sheet(self.tokens))

    def choose(self, scheme: str, app: QApplication | None = None) -> None:
        """Change to ``scheme`` and, with ``app``, style it again."""
        self._wanted = scheme
        self.tokens = tokens_of(self._resolve())
        if app is not None:
            self.apply(app)
        self.changed.emit()
