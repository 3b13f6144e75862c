# SPDX-License-Identifier: Apache-2.0
"""The tab with classical tests, which are made when they are asked for."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from selector.decide import classical_text
from selector.decide.verdict_facts import Evaluation
from selector.wording import Wording
from ui.models.figures_model import FiguresModel
from ui.pages.decide_sentences import names_of
from ui.theme.tokens import SPACE
from ui.widgets.figures_table import figures_table, fit_rows
from ui.widgets.plain import plain_label

ROWS_HIGH = 12


class DecideTests(QWidget):
    """A sentence and a table, or the button that asks for them.

    Signals:
        tests_asked: make them.
    """

    tests_asked = Signal()

    def __init__(self, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        self.note = plain_label("", "muted", wrap=True)
        self.ask = QPushButton(wording.text("tests.ask"))
        self.ask.clicked.connect(self.tests_asked)
        self.figures = FiguresModel(self)
        self.figures.words = 1
        self.table = figures_table(self.figures)
        self.table.setAccessibleName(wording.text("tests.title"))
        row = QHBoxLayout()
        row.addWidget(self.ask)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACE.m, 0, 0)
        column.setSpacing(SPACE.s)
        column.addWidget(self.note)
        column.addLayout(row)
        column.addWidget(self.table)
        column.addStretch(1)

    def show_evaluation(self, evaluation: Evaluation, *, can_measure: bool) -> bool:
        """Show the tests, or offer them; False when there is nothing to compare or to ask."""
        found, words = evaluation.classical, self._wording
        several = sum(x.score is not None for x in evaluation.models) > 1
        self.ask.setVisible(found is None and can_measure)
        self.table.setVisible(found is not None)
        if found is None:
            self.note.setText(words.text("tests.offer"))
            self.figures.set_table((), ())
            return several and can_measure
        names = names_of(evaluation)
        self.note.setText(classical_text.sentence(found, lambda ref: names.get(ref, ref), words))
        self.figures.set_table(*classical_text.table(found, lambda ref: names.get(ref, ref), words))
        fit_rows(self.table, ROWS_HIGH)
        return True
