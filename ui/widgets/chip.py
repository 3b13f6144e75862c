# SPDX-License-Identifier: Apache-2.0
"""A small pill: an icon and a word, coloured by what they mean."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QWidget

from ui.theme.theme import Theme
from ui.theme.tokens import SPACE, Tone
from ui.widgets.icon_label import IconLabel
from ui.widgets.plain import plain_label, plain_tooltip, restyle

_ICONS: Final[dict[Tone, str]] = {
    "ok": "circle-check",
    "warn": "triangle-alert",
    "bad": "circle-x",
    "accent": "info",
    "neutral": "",
}


class Chip(QFrame):
    """Never colour alone: there is always a word, and an icon unless the tone is neutral."""

    def __init__(
        self,
        theme: Theme,
        text: str = "",
        tone: Tone = "neutral",
        icon: str | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon = IconLabel(theme, scale=0.85)
        self._word = plain_label("")
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.s, 2, SPACE.s, 2)
        row.setSpacing(SPACE.xs)
        row.addWidget(self._icon)
        row.addWidget(self._word)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.set_chip(text, tone, icon)

    @property
    def text(self) -> str:
        """The word."""
        return self._word.text()

    def set_chip(
        self, text: str, tone: Tone = "neutral", icon: str | None = None, tip: str = ""
    ) -> None:
        """Show another word; ``icon`` replaces the tone's own, an empty one shows none."""
        name = _ICONS[tone] if icon is None else icon
        self._word.setText(text)
        self._icon.set_icon(name, "muted" if tone == "neutral" else tone)
        self._icon.setVisible(bool(name))
        self.setAccessibleName(text)
        self.setToolTip(plain_tooltip(tip))
        if self.property("chip") != tone:
            self.setProperty("chip", tone)
            restyle(self)
        self.updateGeometry()
