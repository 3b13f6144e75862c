# SPDX-License-Identifier: Apache-2.0
"""The theme in force: handed to every widget that draws, which listens to ``changed``."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QApplication

from ui.theme.icons import Icons
from ui.theme.stylesheet import apply_theme
from ui.theme.tokens import SCHEMES, Scheme, Tokens

_SCHEME_HINTS = {"light": Qt.ColorScheme.Light, "dark": Qt.ColorScheme.Dark}


def system_scheme(app: QApplication) -> Scheme:
    """What the system asks for; light when it does not say."""
    return "dark" if app.styleHints().colorScheme() == Qt.ColorScheme.Dark else "light"


class Theme(QObject):
    """Tokens and icons of the scheme in force.

    Signals:
        changed: colours or text size changed; tokens are new already.
    """

    changed = Signal()

    def __init__(self, app: QApplication, choice: str = "", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._app = app
        self._choice = ""
        self._icons = Icons()
        self._tokens = SCHEMES["light"]
        app.styleHints().colorSchemeChanged.connect(self._system_changed)
        self.choose(choice)

    @property
    def tokens(self) -> Tokens:
        """The colours in force."""
        return self._tokens

    @property
    def choice(self) -> str:
        """``light``, ``dark`` or nothing for as the system does."""
        return self._choice

    def choose(self, choice: str) -> None:
        """Use ``light`` or ``dark``; anything else follows the system."""
        self._choice = choice if choice in SCHEMES else ""
        hints = self._app.styleHints()
        if self._choice:
            # Only window frames and native dialogs follow this; our colours are our own.
            hints.setColorScheme(_SCHEME_HINTS[self._choice])
        else:
            hints.unsetColorScheme()
        self.refresh()

    def refresh(self) -> None:
        """Apply everything anew, for instance after the application's font changed."""
        scheme: Scheme = "light"
        if self._choice == "dark" or (not self._choice and system_scheme(self._app) == "dark"):
            scheme = "dark"
        self._icons.clear()
        self._tokens = apply_theme(self._app, scheme)
        self.changed.emit()

    def colour(self, role: str) -> QColor:
        """A token by name, as a colour to paint with."""
        return QColor(getattr(self._tokens, role))

    def icon(self, name: str, role: str = "text") -> QIcon:
        """An icon in the colour of a token."""
        return self._icons.icon(name, getattr(self._tokens, role), self._tokens.disabled)

    def pixmap(self, name: str, role: str, size: int, ratio: float = 1.0) -> QPixmap:
        """An icon as a pixmap of ``size`` logical pixels."""
        return self._icons.pixmap(name, getattr(self._tokens, role), size, ratio)

    def _system_changed(self) -> None:
        wanted = system_scheme(self._app)
        if not self._choice and wanted != self._tokens.scheme:
            self.refresh()
