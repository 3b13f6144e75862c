# SPDX-License-Identifier: Apache-2.0
"""Scores with their intervals, and scores against a cost that can be chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QComboBox, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from selector.decide.verdict_facts import Evaluation, Score
from selector.wording import Wording
from ui.models.scores_model import known
from ui.pages.decide_sentences import measured, names_of, points
from ui.theme.theme import Theme
from ui.theme.tokens import SPACE
from ui.widgets.bar_chart import BarChart, BarRow
from ui.widgets.plain import plain_label
from ui.widgets.trade_off_chart import TradeOffChart, TradePoint

_OWN_AXIS: Final = ("energy", "price")
"""Costs that are only known where the decision was made by them."""
_COSTS: Final[dict[str, Callable[[Score], float | None]]] = {
    "parameters": lambda x: x.parameters,
    "memory": lambda x: x.memory_peak_bytes,
    "latency": lambda x: x.latency_s,
    "download": lambda x: x.download_bytes,
    "energy": lambda x: x.cost,
    "price": lambda x: x.cost,
}
SIDE_BY_SIDE_SIGNS = 125


class DecideCharts(QWidget):
    """Two cards, beside each other where there is room.

    Signals:
        picked: a contestant's reference.
    """

    picked = Signal(str)

    def __init__(self, theme: Theme, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        self._evaluation: Evaluation | None = None
        text = wording.text
        nothing = text("decide.chart_nothing")
        self.bars = BarChart(theme, text("decide.chart"), wording.percent, nothing)
        self.trade = TradeOffChart(theme, text("decide.trade_off"), nothing)
        self.trade.picked.connect(self.picked)
        self.axis = QComboBox()
        self.axis.setAccessibleName(text("decide.cost_axis"))
        self._fill_axes("parameters")
        self.axis.activated.connect(self._show_trade)
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(SPACE.m)
        self._titles = [plain_label("", "section") for _ in range(2)]
        self._row.addWidget(_card(self._titles[0], self.bars), 1)
        self._row.addWidget(_card(self._titles[1], self.trade, self.axis), 1)

    def show_evaluation(self, evaluation: Evaluation) -> None:
        """Draw an evaluation."""
        if self._evaluation is None or self._evaluation.cost != evaluation.cost:
            self._fill_axes(evaluation.cost)
        self._evaluation = evaluation
        text, basis = self._wording.text, evaluation.basis
        keys = {
            "labels": ("chart_labels", "trade_off_labels"),
            "votes": ("chart_votes", "trade_off"),
        }
        titles = [text(f"decide.{x}") for x in keys.get(basis, ("chart", "trade_off"))]
        for label, title in zip(self._titles, titles, strict=True):
            label.setText(title)
        self.bars.set_write(titles[0], self._write)
        self.trade.setAccessibleName(titles[1])
        names, choice = names_of(evaluation), evaluation.decision.choice
        rows = []
        for score in measured(evaluation):
            value, low, high = _level(evaluation, score)
            if value is None:
                continue
            chosen = score.ref == choice
            rows.append(BarRow(score.ref, names[score.ref], value, low, high, chosen))
        self.bars.set_rows(rows)
        best = max((row.score for row in rows), default=None)
        floor = None if best is None else best - evaluation.margin
        wanted = points(evaluation.margin, self._wording)
        caption = self._wording.text("decide.good_enough_zone", points=wanted)
        self.bars.set_zone(floor, None, caption)
        self.trade.set_zone(floor)
        self._show_trade()

    def _write(self, value: float) -> str:
        """A score, or what separates it from the best one."""
        alone = self._evaluation is None or self._evaluation.basis != "labels"
        return self._wording.percent(value) if alone else self._wording.points(value)

    def _fill_axes(self, chosen: str) -> None:
        self.axis.clear()
        for cost in _COSTS:
            if cost not in _OWN_AXIS or cost == chosen:
                self.axis.addItem(self._wording.text(f"decide.cost.{cost}"), cost)
        self.axis.setCurrentIndex(max(0, self.axis.findData(chosen)))

    def _show_trade(self) -> None:
        evaluation, words = self._evaluation, self._wording
        if evaluation is None:
            return
        cost = str(self.axis.currentData())
        writers = {
            "parameters": words.parameters,
            "memory": words.bytes,
            "latency": words.seconds,
            "download": words.bytes,
            "energy": lambda value: f"{words.number(value)}\u00a0Wh",
            "price": words.number,
        }
        key = f"decide.metric.{evaluation.metric}"
        score_name = words.text("decide.column.score") if words.has(key) else evaluation.metric
        if evaluation.basis != "examples":
            column = "difference" if evaluation.basis == "labels" else "win_rate"
            score_name = words.text(f"decide.column.{column}")
        self.trade.set_axes(
            words.text(f"decide.cost.{cost}"), score_name, writers[cost], self._write
        )
        names, found = names_of(evaluation), []
        for score in measured(evaluation):
            (value, low, high), price = _level(evaluation, score), known(_COSTS[cost](score))
            if value is None or price is None:
                continue
            chosen = score.ref == evaluation.decision.choice
            found.append(TradePoint(score.ref, names[score.ref], price, value, low, high, chosen))
        self.trade.set_points(found)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """One below the other where there is little width."""
        super().resizeEvent(event)
        wide = event.size().width() >= self.fontMetrics().averageCharWidth() * SIDE_BY_SIDE_SIGNS
        direction = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        if self._row.direction() != direction:
            self._row.setDirection(direction)
            for position in range(self._row.count()):
                self._row.setStretch(position, 1 if wide else 0)


def _level(evaluation: Evaluation, score: Score) -> tuple[float | None, float | None, float | None]:
    """Score, low, high; from labels the difference to the best: no other level is known."""
    if evaluation.basis != "labels":
        return known(score.score), *(score.interval or (None, None))
    if score.difference is None:
        return None, None, None
    low, value, high = score.difference
    return known(value), low, high


def _card(title: QWidget, chart: QWidget, control: QWidget | None = None) -> QFrame:
    card = QFrame()
    card.setProperty("card", True)
    head = QHBoxLayout()
    head.addWidget(title, 1)
    if control is not None:
        head.addWidget(control)
    column = QVBoxLayout(card)
    column.setContentsMargins(SPACE.l, SPACE.m, SPACE.l, SPACE.m)
    column.setSpacing(SPACE.s)
    column.addLayout(head)
    column.addWidget(chart)
    column.addStretch(1)
    return card
