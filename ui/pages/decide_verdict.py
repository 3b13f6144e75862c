# SPDX-License-Identifier: Apache-2.0
"""The recommendation in one sentence, what would decide when there is none, and why."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from selector.decide.verdict_facts import Evaluation
from selector.wording import Wording
from ui.pages.decide_sentences import (
    basis_text,
    by_basis,
    caveats,
    headline,
    measured,
    points,
    reasons,
)
from ui.theme.theme import Theme
from ui.theme.tokens import SPACE
from ui.widgets.flow_layout import FlowLayout
from ui.widgets.icon_label import IconLabel
from ui.widgets.plain import plain_label


class DecideVerdict(QFrame):
    """Card with the verdict.

    Signals:
        examples_asked: the user wants to add examples.
        margin_asked: take this margin, a share.
        failed_asked: what examples without an answer are to count as.
        meanings_asked: pairs of a model's name and the category it means; an empty tuple forgets them.
    """

    examples_asked = Signal()
    margin_asked = Signal(float)
    failed_asked = Signal(str)
    meanings_asked = Signal(tuple)

    def __init__(self, theme: Theme, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._wording = theme, wording
        self._supported: float | None = None
        self.setProperty("card", True)
        self._icon = IconLabel(theme, scale=2.0)
        self.headline = plain_label("", "subtitle", wrap=True)
        self.headline.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.basis = plain_label("", "muted", wrap=True)
        self.more = plain_label("", wrap=True)
        self.examples = QPushButton(wording.text("decide.add_examples"))
        self.examples.clicked.connect(self.examples_asked)
        self.supported = plain_label("", wrap=True)
        self.use_margin = QPushButton()
        self.use_margin.clicked.connect(self._use_margin)
        self._buttons = QWidget()
        flow = FlowLayout(self._buttons)
        for button in (self.examples, self.use_margin):
            flow.addWidget(button)
        self._meanings: tuple[tuple[str, str], ...] = ()
        self.leave_out = QPushButton(wording.text("decide.leave_failed_out"))
        self.leave_out.clicked.connect(lambda: self.failed_asked.emit("exclude"))
        self.count_wrong = QPushButton(wording.text("decide.count_failed_wrong"))
        self.count_wrong.clicked.connect(lambda: self.failed_asked.emit("wrong"))
        self.take = QPushButton(wording.text("decide.take_meanings"))
        self.take.clicked.connect(lambda: self.meanings_asked.emit(self._meanings))
        self.forget = QPushButton(wording.text("decide.forget_meanings"))
        self.forget.clicked.connect(lambda: self.meanings_asked.emit(()))
        self._choices = QWidget()
        choices = FlowLayout(self._choices)
        for button in (self.leave_out, self.count_wrong, self.take, self.forget):
            choices.addWidget(button)
        self._lists = QVBoxLayout()
        self._lists.setSpacing(SPACE.xs)
        words = QVBoxLayout()
        words.setSpacing(SPACE.s)
        for item in (self.headline, self.basis, self.more, self.supported, self._buttons):
            words.addWidget(item)
        words.addLayout(self._lists)
        words.addWidget(self._choices)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.l, SPACE.l, SPACE.l, SPACE.l)
        row.setSpacing(SPACE.m)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)

    def show_evaluation(self, evaluation: Evaluation, *, can_measure: bool) -> None:
        """Say what was found; ``can_measure``: the examples are there to decide anew."""
        text = self._wording.text
        decision = evaluation.decision
        decided = decision.status == "decided"
        self._icon.set_icon("award" if decided else "circle-question-mark", _role(decided))
        said = headline(evaluation, self._wording)
        self.headline.setText(said)
        self.setAccessibleName(said)
        self.basis.setText(basis_text(evaluation, self._wording))
        self.basis.setVisible(bool(self.basis.text()))
        alive = bool(measured(evaluation))
        more = "more_examples" if decision.more_examples else "more_unknown"
        key = by_basis(f"decide.{more}", evaluation)
        self.more.setText(text(key, n=decision.more_examples))
        self.more.setVisible(not decided and alive)
        self._supported = None if decided else decision.supported_margin
        if self._supported is not None:
            wanted = points(self._supported, self._wording)
            key = by_basis("decide.supported", evaluation)
            self.supported.setText(text(key, points=wanted))
            self.use_margin.setText(text("decide.use_margin", points=wanted))
        self.supported.setVisible(self._supported is not None)
        self.use_margin.setVisible(self._supported is not None and can_measure)
        # Who judges goes on from the offer below.
        self.examples.setVisible(not decided and alive and evaluation.basis == "examples")
        self._buttons.setVisible(not decided and alive)
        self._show_lists(evaluation)
        self._show_choices(evaluation, can_measure=can_measure)

    def _show_choices(self, evaluation: Evaluation, *, can_measure: bool) -> None:
        """What the user may decide about answers that are missing or speak of other categories."""
        caveats = evaluation.decision.caveats
        missing = any(x.code == "caveat.missing_outputs" for x in caveats)
        pairs = [x.facts["pairs"] for x in caveats if x.code == "caveat.labels_suggested"]
        offered = {str(theirs): str(mine) for found in pairs for theirs, mine in found}
        self._meanings = (*evaluation.label_map, *offered.items())
        shown = {
            self.leave_out: missing and evaluation.failed == "wrong",
            self.count_wrong: evaluation.failed == "exclude",
            self.take: bool(offered),
            self.forget: bool(evaluation.label_map),
        }
        for button, wanted in shown.items():
            button.setVisible(wanted and can_measure)
        self._choices.setVisible(can_measure and any(shown.values()))

    def sentences(self) -> list[str]:
        """Reasons and caveats as shown."""
        found = []
        for position in range(self._lists.count()):
            item = self._lists.itemAt(position)
            widget = item.widget() if item is not None else None
            if widget is not None and (said := widget.property("said")):
                found.append(str(said))
        return found

    def _show_lists(self, evaluation: Evaluation) -> None:
        while (item := self._lists.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        why = reasons(evaluation, self._wording)
        mind = caveats(evaluation, self._wording)
        self._add(self._wording.text("decide.why"), why, "chevron-right", "muted")
        self._add(self._wording.text("decide.mind"), mind, "triangle-alert", "warn")

    def _add(self, title: str, sentences: Sequence[str], icon: str, role: str) -> None:
        if not sentences:
            return
        heading = plain_label(title, "section")
        heading.setContentsMargins(0, SPACE.s, 0, 0)
        self._lists.addWidget(heading)
        for sentence in sentences:
            line = QWidget()
            line.setProperty("said", sentence)
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(SPACE.s)
            row.addWidget(IconLabel(self._theme, icon, role), 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(plain_label(sentence, wrap=True), 1)
            self._lists.addWidget(line)

    def _use_margin(self) -> None:
        if self._supported is not None:
            self.margin_asked.emit(self._supported)


def _role(decided: bool) -> str:
    return "ok" if decided else "warn"
