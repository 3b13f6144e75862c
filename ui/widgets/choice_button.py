# SPDX-License-Identifier: Apache-2.0
"""A wide button with the key that presses it and words that wrap."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from ui.theme.tokens import SPACE
from ui.widgets.plain import breakable, plain_label

MOST_SIGNS = 600


class ChoiceButton(QPushButton):
    """One of several answers; the text comes from outside and is shown plain."""

    def __init__(self, key: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = words
        shown = words if len(words) <= MOST_SIGNS else f"{words[:MOST_SIGNS]}…"
        self.setAccessibleName(words)
        self.setProperty("kind", "choice")
        self._key = plain_label(key, "muted")
        self._words = plain_label(breakable(shown), wrap=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.m, SPACE.s, SPACE.m, SPACE.s)
        row.setSpacing(SPACE.m)
        row.addWidget(self._key, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._words, 1)
        self._key.setMinimumWidth(self.fontMetrics().horizontalAdvance("00"))
        for part in (self._key, self._words):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def hasHeightForWidth(self) -> bool:
        """Words wrap."""
        return True

    def heightForWidth(self, width: int) -> int:
        """As high as the words need."""
        layout = self.layout()
        return 0 if layout is None else layout.totalHeightForWidth(width)

    def sizeHint(self) -> QSize:
        """Of what is inside, not of the button's own empty text."""
        layout = self.layout()
        return super().sizeHint() if layout is None else layout.totalSizeHint()

    def minimumSizeHint(self) -> QSize:
        """See sizeHint."""
        layout = self.layout()
        return super().minimumSizeHint() if layout is None else layout.totalMinimumSize()
