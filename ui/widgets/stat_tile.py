# SPDX-License-Identifier: Apache-2.0
"""One number that matters, large, with a small line under it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from ui.theme.theme import Theme
from ui.theme.tokens import SPACE
from ui.widgets.elided_label import ElidedLabel
from ui.widgets.icon_label import IconLabel
from ui.widgets.plain import plain_tooltip


class StatTile(QFrame):
    """A card with a value and a caption."""

    def __init__(
        self,
        theme: Theme,
        caption: str = "",
        value: str = "",
        icon: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        right = Qt.TextElideMode.ElideRight
        self._icon = IconLabel(theme, icon)
        self._icon.setVisible(bool(icon))
        self._caption = ElidedLabel("", "muted", right)
        self._value = ElidedLabel("", "value", right)
        self._note = ElidedLabel("", "small", right)
        head = QHBoxLayout()
        head.setSpacing(SPACE.s)
        head.addWidget(self._icon)
        head.addWidget(self._caption, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.l, SPACE.m, SPACE.l, SPACE.m)
        column.setSpacing(SPACE.xs)
        column.addLayout(head)
        column.addWidget(self._value)
        column.addWidget(self._note)
        column.addStretch(1)
        self.set_stat(caption, value)

    @property
    def value(self) -> str:
        """The value shown."""
        return self._value.text()

    def set_stat(self, caption: str, value: str, note: str = "", tip: str = "") -> None:
        """Show another value; ``note`` is a third, small line."""
        self._caption.setText(caption)
        self._value.setText(value)
        self._note.setText(note)
        self._note.setVisible(bool(note))
        self.setToolTip(plain_tooltip(tip))
        self.setAccessibleName(f"{caption}: {value}")
        self.setAccessibleDescription(note or tip)
