# SPDX-License-Identifier: Apache-2.0
"""Everything an evaluation shows: verdict, table, charts, disagreements, confusion."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QTableView,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from selector.decide.verdict_facts import Evaluation
from selector.wording import Wording
from ui.models.scores_model import Column, ScoresModel
from ui.pages.decide_calibration import DecideCalibration
from ui.pages.decide_charts import DecideCharts
from ui.pages.decide_confusion import DecideConfusion
from ui.pages.decide_disagreements import DecideDisagreements
from ui.pages.decide_llm import DecideLlm
from ui.pages.decide_slices import DecideSlices
from ui.pages.decide_tests import DecideTests
from ui.pages.decide_verdict import DecideVerdict
from ui.theme.theme import Theme
from ui.theme.tokens import SPACE


class DecideResults(QWidget):
    """From the one sentence down to single examples.

    Signals:
        examples_asked: the user wants to add examples.
        margin_asked: take this margin, a share.
        tests_asked: make classical tests too.
        target_asked: look for the threshold from which on this share of answers is right.
    """

    examples_asked = Signal()
    margin_asked = Signal(float)
    tests_asked = Signal()
    target_asked = Signal(float)

    def __init__(self, theme: Theme, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._wording = theme, wording
        self.verdict = DecideVerdict(theme, wording)
        self.verdict.examples_asked.connect(self.examples_asked)
        self.verdict.margin_asked.connect(self.margin_asked)
        self.scores = ScoresModel(wording, self)
        self.table = _table(self.scores)
        self.table.setAccessibleName(wording.text("decide.models"))
        self.table.clicked.connect(self._row_clicked)
        self.charts = DecideCharts(theme, wording)
        self.charts.picked.connect(self._picked)
        self.llm = DecideLlm(theme, wording)
        self.disagreements = DecideDisagreements(theme, wording)
        self.confusion = DecideConfusion(theme, wording)
        self.slices = DecideSlices(theme, wording)
        self.calibration = DecideCalibration(theme, wording)
        self.calibration.target_asked.connect(self.target_asked)
        self.tests = DecideTests(wording)
        self.tests.tests_asked.connect(self.tests_asked)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.disagreements, wording.text("decide.disagreements"))
        self.tabs.addTab(self.confusion, wording.text("decide.confusion"))
        self.tabs.addTab(self.slices, wording.text("slices.title"))
        self.tabs.addTab(self.calibration, wording.text("calibration.title"))
        self.tabs.addTab(self.tests, wording.text("tests.title"))
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.m)
        for part in (self.verdict, self.table, self.charts, self.llm, self.tabs):
            column.addWidget(part)
        theme.changed.connect(self._look)
        self._look()

    def show_evaluation(self, evaluation: Evaluation, *, can_measure: bool) -> None:
        """Show all of it; the disagreements' texts come later."""
        self.verdict.show_evaluation(evaluation, can_measure=can_measure)
        basis = evaluation.basis
        self.scores.set_scores(evaluation.models, evaluation.decision.choice, basis)
        self.table.setColumnHidden(Column.SCORE, basis == "labels")
        self._size_table()
        self.charts.show_evaluation(evaluation)
        has_confusion = self.confusion.show_evaluation(evaluation)
        self.tabs.setTabVisible(self.tabs.indexOf(self.confusion), has_confusion)
        has_sureness = self.calibration.show_evaluation(evaluation, can_measure=can_measure)
        self.tabs.setTabVisible(self.tabs.indexOf(self.calibration), has_sureness)
        has_tests = self.tests.show_evaluation(evaluation, can_measure=can_measure)
        self.tabs.setTabVisible(self.tabs.indexOf(self.tests), has_tests)
        has_parts = self.slices.show_evaluation(evaluation)
        self.tabs.setTabVisible(self.tabs.indexOf(self.slices), has_parts)
        self.tabs.setVisible(basis == "examples")  # others have no right answers to be shown with

    def add_below_verdict(self, part: QWidget) -> None:
        """Show something right below the recommendation."""
        self._column.insertWidget(1, part)

    def _size_table(self) -> None:
        header = self.table.horizontalHeader()
        rows = max(1, self.scores.rowCount())
        height = round(self.table.fontMetrics().height() * 2.2)
        self.table.verticalHeader().setDefaultSectionSize(height)
        bar = self.table.horizontalScrollBar().sizeHint().height()
        self._fit_columns()
        self.table.setFixedHeight(rows * height + header.sizeHint().height() + bar + 4)

    def _fit_columns(self) -> None:
        """The name takes what is left; where nothing is left it keeps its size and the table scrolls."""
        header = self.table.horizontalHeader()
        needed = sum(
            max(self.table.sizeHintForColumn(x), header.sectionSizeHint(x))
            for x in range(self.scores.columnCount())
            if not self.table.isColumnHidden(x)
        )
        modes = QHeaderView.ResizeMode
        roomy = needed <= self.table.viewport().width()
        mode = modes.Stretch if roomy else modes.ResizeToContents
        if header.sectionResizeMode(0) != mode:
            header.setSectionResizeMode(0, mode)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Columns follow the width."""
        super().resizeEvent(event)
        self._fit_columns()

    def _row_clicked(self, index: QModelIndex) -> None:
        score = self.scores.score_at(index.row())
        if score is not None:
            self._choose(score.ref)

    def _picked(self, ref: str) -> None:
        for row in range(self.scores.rowCount()):
            score = self.scores.score_at(row)
            if score is not None and score.ref == ref:
                self.table.selectRow(row)
        self._choose(ref)

    def _choose(self, ref: str) -> None:
        for tab in (self.confusion, self.calibration):
            tab.choose(ref)

    def _look(self) -> None:
        self.scores.set_icons(
            {
                "chosen": self._theme.icon("award", "ok"),
                "failed": self._theme.icon("circle-x", "bad"),
            }
        )


def _table(model: ScoresModel) -> QTableView:
    table = QTableView()
    table.setModel(model)
    table.setSortingEnabled(True)
    table.horizontalHeader().setSortIndicatorClearable(True)
    table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    return table
