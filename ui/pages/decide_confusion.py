# SPDX-License-Identifier: Apache-2.0
"""The tab with what a model takes for what: a grid, and the most frequent mistakes in words."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from selector.decide.verdict_facts import Evaluation
from selector.wording import Wording
from ui.pages.decide_sentences import names_of
from ui.theme.theme import Theme
from ui.theme.tokens import SPACE
from ui.widgets.confusion_chart import ConfusionChart
from ui.widgets.plain import plain_label

WORST = 5


class DecideConfusion(QWidget):
    """One model at a time."""

    def __init__(self, theme: Theme, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        self._evaluation: Evaluation | None = None
        text = wording.text
        self.model_box = QComboBox()
        self.model_box.setAccessibleName(text("decide.confusion_of"))
        self.model_box.activated.connect(self._show)
        self.worst = plain_label("", wrap=True)
        self.chart = ConfusionChart(theme, text("decide.confusion"), text("decide.confusion_none"))
        self._axes = plain_label(
            f"{text('decide.confusion_truth')} ↓   {text('decide.confusion_said')} →", "small"
        )
        row = QHBoxLayout()
        row.setSpacing(SPACE.s)
        row.addWidget(plain_label(text("decide.confusion_of")))
        row.addWidget(self.model_box)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACE.m, 0, 0)
        column.setSpacing(SPACE.s)
        column.addLayout(row)
        column.addWidget(self.worst)
        column.addWidget(self._axes)
        column.addWidget(self.chart)
        column.addStretch(1)

    def show_evaluation(self, evaluation: Evaluation) -> bool:
        """Show the chosen model's confusions; False when there is nothing to show."""
        self._evaluation = evaluation
        names, choice = names_of(evaluation), evaluation.decision.choice
        self.model_box.clear()
        for score in evaluation.models:
            if score.ref in evaluation.confusion:
                self.model_box.addItem(names[score.ref], score.ref)
        if choice is not None:
            self.model_box.setCurrentIndex(max(0, self.model_box.findData(choice)))
        self._show()
        return self.model_box.count() > 0

    def choose(self, ref: str) -> None:
        """Show another model."""
        found = self.model_box.findData(ref)
        if found >= 0:
            self.model_box.setCurrentIndex(found)
            self._show()

    def _show(self) -> None:
        evaluation = self._evaluation
        ref = self.model_box.currentData()
        if evaluation is None or ref is None:
            self.chart.set_matrix((), (), _nothing, "")
            self.worst.setText(self._wording.text("decide.confusion_none"))
            return
        matrix, labels = evaluation.confusion[str(ref)], evaluation.labels
        said = self._worst(matrix, labels)
        self.worst.setText(said)
        tell = partial(self._tell, matrix, labels)
        self.chart.set_matrix(labels, matrix, tell, said)

    def _tell(self, matrix: list[list[int]], labels: tuple[str, ...], row: int, said: int) -> str:
        n, total = matrix[row][said], sum(matrix[row])
        key = "decide.confusion_right" if row == said else "decide.confusion_tip"
        return self._wording.text(key, truth=labels[row], said=labels[said], n=n, total=total)

    def _worst(self, matrix: list[list[int]], labels: tuple[str, ...]) -> str:
        words = self._wording
        mistakes = sorted(
            (-count, row, column)
            for row, counts in enumerate(matrix)
            for column, count in enumerate(counts)
            if row != column and count and max(row, column) < len(labels)
        )
        if not mistakes:
            return words.text("decide.confusion_perfect")
        items = [
            words.text("decide.confusion_item", truth=labels[row], said=labels[column], n=-count)
            for count, row, column in mistakes[:WORST]
        ]
        return words.text("decide.confusion_worst", list=items)


def _nothing(_row: int, _column: int) -> str:
    return ""
