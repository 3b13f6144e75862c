# SPDX-License-Identifier: Apache-2.0
"""Which of two answers is better? Side by side, without names, sides at random."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from selector.desk.asking import Question
from selector.wording import Wording
from ui.pages.ask_panel import AskPanel
from ui.theme.tokens import SPACE
from ui.widgets.plain import plain_label
from ui.widgets.reading_box import ReadingBox

LEAST_LINES, MOST_LINES = 3, 14
KEYS = {"left": "Left", "tie": "Down", "right": "Right"}


class VotePanel(AskPanel):
    """See AskPanel.

    Signals:
        voted: ``left``, ``right`` or ``tie``.
    """

    voted = Signal(str)

    def __init__(self, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(wording, "votes", parent)
        self.sides: list[ReadingBox] = []
        self.buttons: dict[str, QPushButton] = {}
        sides = QGridLayout()
        sides.setSpacing(SPACE.m)
        for column, side in enumerate(("left", "right")):
            name = wording.text(f"ask.votes.{side}_side")
            box = ReadingBox(name, LEAST_LINES, MOST_LINES)
            self.sides.append(box)
            sides.addWidget(_framed(name, box), 0, column)
            sides.setColumnStretch(column, 1)
        row = QGridLayout()
        row.setSpacing(SPACE.s)
        for column, (said, key) in enumerate(KEYS.items()):
            button = QPushButton(wording.text(f"ask.votes.{said}"))
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda _=False, x=said: self.take(self.voted, x))
            self.bind(key, button.click)
            self.buttons[said] = button
            row.addWidget(button, 0, column)
            row.setColumnStretch(column, 1)
        self.body.addLayout(sides)
        self.body.addLayout(row)

    def show_answers(self, question: Question) -> None:
        """The left and the right one."""
        nothing = self._wording.text("ask.votes.nothing")
        for box, answer in zip(self.sides, question.answers, strict=True):
            box.show_text(answer or nothing)


def _framed(name: str, box: ReadingBox) -> QFrame:
    frame = QFrame()
    frame.setProperty("card", True)
    column = QVBoxLayout(frame)
    column.setContentsMargins(SPACE.m, SPACE.s, SPACE.m, SPACE.s)
    column.setSpacing(SPACE.xs)
    column.addWidget(plain_label(name, "small"))
    column.addWidget(box)
    column.addStretch(1)
    return frame
