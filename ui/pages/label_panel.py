# SPDX-License-Identifier: Apache-2.0
"""Which answer is right? The different answers of the models as choices, each with its key."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from selector.desk.asking import Question
from selector.wording import Wording
from ui.pages.ask_panel import AskPanel
from ui.widgets.choice_button import ChoiceButton

MOST_KEYS = 9


class LabelPanel(AskPanel):
    """See AskPanel.

    Signals:
        chosen: the right answer; None when none of them is right.
    """

    chosen = Signal(object)

    def __init__(self, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(wording, "labels", parent)
        self.choices: list[ChoiceButton] = []
        for number in range(MOST_KEYS):
            self.bind(str(number + 1), partial(self._press, number))
        for key in ("0", "N"):
            self.bind(key, partial(self._press, -1))

    def show_answers(self, question: Question) -> None:
        """A button for each answer, and one for none of them."""
        for button in self.choices:
            self.body.removeWidget(button)
            button.hide()
            button.deleteLater()
        texts = [*question.answers, self._wording.text("ask.none")]
        keys = [str(at) if at <= MOST_KEYS else "" for at in range(1, len(texts))]
        self.choices = [
            ChoiceButton(key, text) for key, text in zip([*keys, "0"], texts, strict=True)
        ]
        said: list[str | None] = [*question.answers, None]
        for button, answer in zip(self.choices, said, strict=True):
            button.clicked.connect(lambda _=False, x=answer: self.take(self.chosen, x))
            self.body.addWidget(button)

    def _press(self, number: int) -> None:
        if -1 <= number < len(self.choices) - 1:
            self.choices[number].click()
