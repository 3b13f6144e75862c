# SPDX-License-Identifier: Apache-2.0
"""The offer to decide by one's own judgement: few labels, or blind votes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSpinBox, QVBoxLayout, QWidget

from selector.decide.verdict_facts import Basis
from selector.wording import Wording
from ui.theme.theme import Theme
from ui.theme.tokens import SPACE
from ui.widgets.flow_layout import FlowLayout
from ui.widgets.icon_label import IconLabel
from ui.widgets.plain import plain_label, restyle

LEAST, MOST = 10, 2000
BUDGET: Mapping[Basis, int] = {"votes": 80, "labels": 100}
MORE = 40
"""Further answers when the budget of before is spent."""
MOST_VOTED_ON = 4


class AskOffer(QFrame):
    """Card with a sentence, a budget and a button for each way.

    Signals:
        asked: a way, ``labels`` or ``votes``.
        back_asked: take the last answer back.
        llm_asked: an LLM shall take part; leave_asked: it shall not any more.
    """

    asked = Signal(str)
    back_asked = Signal()
    llm_asked = Signal()
    leave_asked = Signal()

    def __init__(self, theme: Theme, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        self.setProperty("card", True)
        text = wording.text
        self.heading = plain_label("", "section", wrap=True)
        self.sentence = plain_label("", wrap=True)
        self.state = plain_label("", "muted", wrap=True)
        self.budget = QSpinBox()
        self.budget.setRange(LEAST, MOST)
        self.budget.setSingleStep(10)
        self.budget.setAccessibleName(text("ask.budget_name"))
        self.budget.setToolTip(text("ask.budget_tip"))
        self.buttons: dict[Basis, QPushButton] = {way: QPushButton() for way in BUDGET}
        for way, button in self.buttons.items():
            button.clicked.connect(lambda _=False, x=way: self.asked.emit(x))
        controls = QWidget()
        self._flow = FlowLayout(controls)
        self.llm = QPushButton(text("ask.llm"))
        self.llm.setToolTip(text("ask.llm_tip"))
        self.llm.clicked.connect(self.llm_asked)
        self.leave = QPushButton()
        self.leave.clicked.connect(self.leave_asked)
        before, after = (
            plain_label(text(key)) for key in ("ask.budget_before", "ask.budget_after")
        )
        for piece in (*self.buttons.values(), before, self.budget, after, self.llm, self.leave):
            piece.setMinimumHeight(self.budget.sizeHint().height())
            self._flow.addWidget(piece)
        self._controls = controls
        self.back = QPushButton(text("ask.back"))
        self.back.clicked.connect(self.back_asked)
        words = QVBoxLayout()
        words.setSpacing(SPACE.s)
        for item in (self.heading, self.sentence, controls, self.state):
            words.addWidget(item)
        words.addWidget(self.back, 0, Qt.AlignmentFlag.AlignLeft)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.l, SPACE.m, SPACE.l, SPACE.m)
        row.setSpacing(SPACE.m)
        icon = IconLabel(theme, "list-checks", "accent", scale=1.5)
        row.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)

    def show_ways(
        self,
        ways: Sequence[Basis],
        *,
        models: int,
        labelled: bool,
        primary: bool,
        decided: bool = False,
    ) -> None:
        """Offer these, the first one first.

        ``primary``: it is what comes next; ``decided``: these answers have decided, and there is
        nothing more to ask.
        """
        words, first = self._wording, ways[0]
        self.heading.setText(words.text("ask.offer_too" if labelled else "ask.offer"))
        for part in (self.heading, self.sentence, self._controls):
            part.setVisible(not decided)
        self.back.setVisible(decided)
        self.sentence.setText(words.text(f"ask.{first}.offer"))
        few, many = models < 2, first == "votes" and models > MOST_VOTED_ON
        for way, button in self.buttons.items():
            button.setVisible(way in ways)
            able = not few and not (way == "votes" and models > MOST_VOTED_ON)
            button.setEnabled(able)
            kind = "primary" if primary and way == first else ""
            if button.property("kind") != kind:
                button.setProperty("kind", kind)
                restyle(button)
        self.budget.setEnabled(not few)
        key = "ask.too_few" if few else "ask.too_many" if many else ""
        self.state.setText(words.text(key, n=models) if key else "")
        self.state.setVisible(bool(key))

    def show_llm(self, name: str | None, *, possible: bool) -> None:
        """Whether a chat model takes part, and which."""
        self.llm.setVisible(possible and name is None)
        self.leave.setVisible(possible and name is not None)
        shown = (name or "").replace("&", "&&")
        self.leave.setText(self._wording.text("ask.leave", name=shown))

    def show_given(self, given: Mapping[Basis, int], first: Basis) -> None:
        """How often the person has answered before."""
        words = self._wording
        for way, button in self.buttons.items():
            button.setText(words.text(f"ask.{way}.{'go_on' if given.get(way) else 'begin'}"))
        if self.state.isHidden() and (n := given.get(first, 0)):
            self.state.setText(words.text(f"ask.{first}.given", n=n))
            self.state.show()
