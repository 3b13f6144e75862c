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
CHOICES = ("", "light", "dark", "contrast")


def scheme_of(choice: str, dark: bool, contrast: bool) -> Scheme:
    """The scheme for a choice and what the system asks for; a choice of contrast keeps its light or dark."""
    if choice == "contrast" or (not choice and contrast):
        return "contrast-dark" if dark else "contrast-light"
    if choice:
        return "dark" if choice == "dark" else "light"
    return "dark" if dark else "light"


def system_is_dark(app: QApplication) -> bool:
    """What the system asks for; light when it does not say."""
    return app.styleHints().colorScheme() == Qt.ColorScheme.Dark


def system_wants_contrast(app: QApplication) -> bool:
    """Whether the system asks for high contrast."""
    wanted = app.styleHints().accessibility().contrastPreference()
    return wanted == Qt.ContrastPreference.HighContrast


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
        # The hints' own object must be held: it is a new one at every question otherwise.
        self._accessibility = app.styleHints().accessibility()
        self._accessibility.contrastPreferenceChanged.connect(self._system_changed)
        self.choose(choice)

    @property
    def tokens(self) -> Tokens:
        """The colours in force."""
        return self._tokens

    @property
    def choice(self) -> str:
        """``light``, ``dark``, ``contrast`` or nothing for as the system does."""
        return self._choice

    def choose(self, choice: str) -> None:
        """Use one of ``CHOICES``; anything else follows the system."""
        self._choice = choice if choice in CHOICES else ""
        hints = self._app.styleHints()
        if self._choice in _SCHEME_HINTS:
            # Only window frames and native dialogs follow this; our colours are our own.
            hints.setColorScheme(_SCHEME_HINTS[self._choice])
        else:
            hints.unsetColorScheme()
        self.refresh()

    def refresh(self) -> None:
        """Apply everything anew, for instance after the application's font changed."""
        scheme = self._wanted()
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

    def _wanted(self) -> Scheme:
        return scheme_of(self._choice, system_is_dark(self._app), system_wants_contrast(self._app))

    def _system_changed(self) -> None:
        if self._wanted() != self._tokens.scheme:
            self.refresh()
