# SPDX-License-Identifier: Apache-2.0
"""The tab on how sure a model is: against how often it is right, and what leaving unsure answers out brings."""

from __future__ import annotations

from PySide6.QtCore import QLocale, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from selector.decide import calibration_text
from selector.decide.calibration_facts import Calibration
from selector.decide.verdict_facts import Evaluation
from selector.wording import Wording
from ui.models.figures_model import FiguresModel
from ui.pages.decide_sentences import names_of
from ui.theme.theme import Theme
from ui.theme.tokens import SPACE
from ui.widgets.curve_chart import CurveChart, CurvePoint
from ui.widgets.figures_table import figures_table, fit_rows
from ui.widgets.flow_layout import FlowLayout
from ui.widgets.plain import plain_label

VIEWS = ("bins", "curve")
ROWS_HIGH = 12
PAUSE_MS = 600
SIDE_BY_SIDE_SIGNS = 125


class DecideCalibration(QWidget):
    """One model and one view at a time.

    Signals:
        target_asked: look for the threshold from which on this share of answers is right, after a pause.
    """

    target_asked = Signal(float)

    def __init__(self, theme: Theme, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        self._evaluation: Evaluation | None = None
        text = wording.text
        self.model_box = QComboBox()
        self.model_box.setAccessibleName(text("calibration.model"))
        self.model_box.activated.connect(self._show)
        self.view_box = QComboBox()
        self.view_box.setAccessibleName(text("calibration.view"))
        for view in VIEWS:
            self.view_box.addItem(text(f"calibration.view_name.{view}"), view)
        self.view_box.activated.connect(self._show)
        self.summary = plain_label("", wrap=True)
        self.advice = plain_label("", wrap=True)
        self.chart = CurveChart(theme, text("calibration.title"), text("calibration.none"))
        self.figures = FiguresModel(self)
        self.table = figures_table(self.figures)
        self.table.setAccessibleName(text("calibration.title"))
        self.target = QDoubleSpinBox()
        self.target.setAccessibleName(text("calibration.target"))
        self.target.setToolTip(text("calibration.target_tip"))
        self.target.setRange(50.0, 99.9)
        self.target.setDecimals(1)
        self.target.setValue(95.0)
        self.target.setSuffix("\u00a0%" if wording.language == "fr" else "%")
        self.target.setLocale(QLocale(wording.language))
        self.target.setKeyboardTracking(False)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(lambda: self.target_asked.emit(self.target.value() / 100))
        self.target.valueChanged.connect(self._pause.start)
        self._can_ask = False
        head = QWidget()
        flow = FlowLayout(head)
        self._wanted = QWidget()
        pair = QHBoxLayout(self._wanted)
        pair.setContentsMargins(0, 0, 0, 0)
        pair.setSpacing(SPACE.s)
        pair.addWidget(plain_label(text("calibration.target")))
        pair.addWidget(self.target)
        for part in (self.model_box, self.view_box, self._wanted):
            part.setMinimumHeight(self.target.sizeHint().height())
            flow.addWidget(part)
        self._pair = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._pair.setSpacing(SPACE.l)
        top = Qt.AlignmentFlag.AlignTop
        self._pair.addWidget(self.chart, 1, top)
        self._pair.addWidget(self.table, 1, top)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACE.m, 0, 0)
        column.setSpacing(SPACE.s)
        column.addWidget(head)
        column.addWidget(self.summary)
        column.addWidget(self.advice)
        column.addLayout(self._pair)
        column.addStretch(1)

    def show_evaluation(self, evaluation: Evaluation, *, can_measure: bool) -> bool:
        """Show the recommended model; False when no model says how sure it is."""
        self._evaluation, self._can_ask = evaluation, can_measure
        targets = {x.target for found in evaluation.calibration for x in found.tuned}
        if len(targets) == 1 and not self._pause.isActive():  # the one that was asked for
            self.target.blockSignals(True)
            self.target.setValue(targets.pop() * 100)
            self.target.blockSignals(False)
        names, choice = names_of(evaluation), evaluation.decision.choice
        self.model_box.clear()
        for found in evaluation.calibration:
            self.model_box.addItem(names.get(found.ref, found.ref), found.ref)
        self.model_box.setCurrentIndex(max(0, self.model_box.findData(choice)))
        self._show()
        return bool(evaluation.calibration)

    def choose(self, ref: str) -> None:
        """Show another model."""
        if (found := self.model_box.findData(ref)) >= 0:
            self.model_box.setCurrentIndex(found)
            self._show()

    def _show(self) -> None:
        ref = self.model_box.currentData()
        every = self._evaluation.calibration if self._evaluation else ()
        found = next((x for x in every if x.ref == ref), None)
        if found is None:
            self.chart.show_points((), "", "")
            self.figures.set_table((), ())
            return
        words = self._wording
        first = self.view_box.currentData() == VIEWS[0]
        name = self.model_box.currentText()
        self.summary.setText(calibration_text.summary(found, name, words) if first else "")
        self.summary.setVisible(first)
        self._wanted.setVisible(not first and self._can_ask)
        advice = calibration_text.advice(found, words)
        self.advice.setText("\n".join(advice))
        self.advice.setVisible(not first and bool(advice))
        if first:
            self._show_bins(found)
        else:
            self._show_curve(found)
        fit_rows(self.table, ROWS_HIGH)

    def _show_bins(self, found: Calibration) -> None:
        words = self._wording
        points = []
        for x in found.bins:
            facts = {"sure": x.sure, "right": x.right, "low": x.low, "high": x.high, "n": x.n}
            told = words.text("calibration.point.bins", **facts)
            points.append(CurvePoint(x.sure, x.right, x.low, x.high, told))
        across, up = words.text("calibration.axis.sure"), words.text("calibration.axis.right")
        diagonal = words.text("calibration.diagonal")
        self.chart.show_points(points, across, up, words.percent, diagonal=diagonal)
        self.figures.set_table(*calibration_text.bins(found, words))

    def _show_curve(self, found: Calibration) -> None:
        words = self._wording
        points = []
        for x in found.curve:
            facts = {"threshold": x.threshold, "coverage": x.coverage, "right": x.right}
            told = words.text("calibration.point.curve", **facts, low=x.low, high=x.high)
            points.append(CurvePoint(x.coverage, x.right, x.low, x.high, told))
        across = words.text("calibration.axis.coverage")
        up = words.text("calibration.axis.right")
        self.chart.show_points(points, across, up, words.percent, joined=True)
        self.figures.set_table(*calibration_text.curve(found, words))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """One below the other where there is little width."""
        super().resizeEvent(event)
        wide = event.size().width() >= self.fontMetrics().averageCharWidth() * SIDE_BY_SIDE_SIGNS
        sides = QBoxLayout.Direction
        self._pair.setDirection(sides.LeftToRight if wide else sides.TopToBottom)
        for position in range(2):
            self._pair.setStretch(position, 1 if wide else 0)
