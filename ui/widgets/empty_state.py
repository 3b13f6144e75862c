# SPDX-License-Identifier: Apache-2.0
"""What a place without content shows: an icon, what will be here, and one thing to do."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from ui.theme.theme import Theme
from ui.theme.tokens import SPACE
from ui.widgets.icon_label import IconLabel
from ui.widgets.plain import plain_label


class EmptyState(QWidget):
    """Centred in whatever room it gets.

    Signals:
        action_asked: the button was pressed.
    """

    action_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = IconLabel(theme, scale=2.6)
        self._headline = plain_label("", "subtitle", wrap=True)
        self._sentence = plain_label("", "muted", wrap=True)
        self.button = QPushButton()
        self.button.clicked.connect(self._ask)
        middle = Qt.AlignmentFlag.AlignHCenter
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.xl, SPACE.xl, SPACE.xl, SPACE.xl)
        column.setSpacing(SPACE.s)
        column.addStretch(1)
        column.addWidget(self._icon, 0, middle)
        column.addSpacing(SPACE.s)
        for label in (self._headline, self._sentence):
            label.setAlignment(middle)
            column.addWidget(label)
        column.addSpacing(SPACE.m)
        column.addWidget(self.button, 0, middle)
        column.addStretch(1)
        self.button.hide()

    def set_content(
        self, icon: str, headline: str, sentence: str = "", action: str = "", kind: str = "primary"
    ) -> None:
        """Show these words; without ``action`` there is no button."""
        self._icon.set_icon(icon)
        self._headline.setText(headline)
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))
        self.button.setText(action.replace("&", "&&"))
        self.button.setProperty("kind", kind)
        self.button.style().unpolish(self.button)
        self.button.style().polish(self.button)
        self.button.setVisible(bool(action))
        self.setAccessibleName(headline)
        self.setAccessibleDescription(sentence)

    def _ask(self) -> None:
        self.action_asked.emit()
