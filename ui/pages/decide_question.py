# SPDX-License-Identifier: Apache-2.0
"""The question as a sentence whose margin and metric can be changed, and the button that answers it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLocale, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from selector.decide.axes import COSTS_RACED, METRICS_RACED
from selector.wording import Wording
from ui.pages.labels import label
from ui.theme.tokens import SPACE
from ui.widgets.flow_layout import FlowLayout
from ui.widgets.plain import plain_label, restyle

PAUSE_MS = 500
AXES = ("parameters", "memory", "latency", "download", "energy", "price")
LEAST, MOST = 0.5, 50.0


class PointsBox(QDoubleSpinBox):
    """Points with at most one decimal, in the signs of the language."""

    def __init__(self, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        french = wording.language == "fr"
        language = QLocale.Language.French if french else QLocale.Language.English
        self.setLocale(QLocale(language))
        self.setRange(LEAST, MOST)
        self.setDecimals(1)
        self.setSingleStep(1.0)
        self.setSuffix(wording.text("decide.margin_suffix"))
        self.setKeyboardTracking(False)

    def textFromValue(self, value: float) -> str:
        """Without a decimal that says nothing."""
        return self._wording.number(round(value, 1))


class DecideQuestion(QFrame):
    """Card with the question.

    Signals:
        margin_changed: a share, after a pause.
        metric_changed: a metric's id.
        race_changed: whether to stop once the answer is known.
        cost_changed: the axis that says what "small" means.
        measure_asked, cancel_asked: a button was pressed.
    """

    margin_changed = Signal(float)
    metric_changed = Signal(str)
    race_changed = Signal(bool)
    cost_changed = Signal(str)
    measure_asked = Signal()
    cancel_asked = Signal()

    def __init__(self, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        text = wording.text
        self.setProperty("card", True)
        self.margin = PointsBox(wording)
        self.margin.setAccessibleName(text("decide.margin_name"))
        self.margin.setToolTip(text("decide.margin_tip"))
        self.metric_box = QComboBox()
        self.metric_box.setAccessibleName(text("decide.metric_name"))
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._tell_margin)
        self.margin.valueChanged.connect(self._margin_edited)
        self.metric_box.activated.connect(self._metric_chosen)
        self._by = plain_label(text("decide.question_metric"))
        self.cost_box = QComboBox()
        self.cost_box.setAccessibleName(text("decide.cost_name"))
        self.cost_box.setToolTip(text("decide.cost_tip"))
        for cost in AXES:
            self.cost_box.addItem(text(f"decide.by.{cost}"), cost)
        self.cost_box.activated.connect(self._cost_chosen)
        self._end = plain_label()
        self._labelled = True
        self.measure = QPushButton(text("decide.measure"))
        self.measure.setToolTip(text("decide.measure_tip"))
        self.measure.setProperty("kind", "primary")
        self.measure.clicked.connect(self.measure_asked)
        self.cancel = QPushButton(text("decide.cancel"))
        self.cancel.clicked.connect(self.cancel_asked)
        self.cancel.hide()
        self.race = QCheckBox(text("decide.race"))
        self.race.setToolTip(text("decide.race_tip"))
        self.race.clicked.connect(self.race_changed)
        self.status = label("", "muted")
        sentence = QWidget()
        flow = FlowLayout(sentence)
        for piece in (
            plain_label(text("decide.question_start")),
            self.cost_box,
            plain_label(text("decide.question_by")),
            self.margin,
            plain_label(text("decide.question_margin")),
            self._by,
            self.metric_box,
            self._end,
        ):
            piece.setMinimumHeight(self.margin.sizeHint().height())
            flow.addWidget(piece)
        self._below = QWidget()
        row = QHBoxLayout(self._below)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE.s)
        row.addWidget(self.status, 1)
        row.addWidget(self.race)
        row.addWidget(self.cancel)
        row.addWidget(self.measure)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.l, SPACE.m, SPACE.l, SPACE.m)
        column.setSpacing(SPACE.s)
        column.addWidget(sentence)
        column.addWidget(self._below)

    # -- what is shown ------------------------------------------------------------------------------

    def show_margin(self, margin: float) -> None:
        """Show the project's margin, unless it is being changed."""
        if self._pause.isActive():
            return
        self.margin.blockSignals(True)
        self.margin.setValue(margin * 100)
        self.margin.blockSignals(False)

    def show_metrics(self, ids: Sequence[str], chosen: str | None) -> None:
        """Offer the task's metrics."""
        self.metric_box.clear()
        for metric in ids:
            key = f"decide.metric.{metric}"
            name = self._wording.text(key) if self._wording.has(key) else metric
            self.metric_box.addItem(name, metric)
        self.metric_box.setCurrentIndex(max(0, self.metric_box.findData(chosen)))
        self.metric_box.setEnabled(len(ids) > 1)

    def show_race(self, race: bool, metric: str) -> None:
        """Show the project's choice; only means over examples, by a size known before, can be raced."""
        cost = str(self.cost_box.currentData())
        self.race.setEnabled(metric in METRICS_RACED and cost in COSTS_RACED)
        self.race.setChecked(race and self.race.isEnabled())

    def show_cost(self, cost: str) -> None:
        """Show the axis that says what "small" means."""
        self.cost_box.setCurrentIndex(max(0, self.cost_box.findData(cost)))

    def show_data(self, name: str, n: int, *, labelled: bool = True) -> None:
        """Say on what it is measured; nothing is known with ``n`` 0, and nothing measured unlabelled."""
        key = "decide.question_end" if labelled else "decide.question_inputs"
        key = key if n else "decide.question_no_data"
        self._labelled = labelled
        for part in (self._by, self.metric_box):
            part.setVisible(labelled)
        self._end.setText(self._wording.text(key, n=n, name=name))

    def say(self, text: str) -> None:
        """Say how it stands, below the question."""
        self.status.setText(text)
        self._show_below()

    def _show_below(self) -> None:
        buttons = (self.measure, self.cancel)
        there = bool(self.status.text()) or any(not each.isHidden() for each in buttons)
        self._below.setVisible(there)

    def show_running(
        self, running: bool, *, again: bool, ready: bool, primary: bool = True
    ) -> None:
        """Buttons for where things stand; ``primary``: measuring is what comes next."""
        if self.measure.property("kind") != (kind := "primary" if primary else ""):
            self.measure.setProperty("kind", kind)
            restyle(self.measure)
        self.measure.setVisible(not running and self._labelled)
        self.race.setVisible(not running and self._labelled)
        self.measure.setEnabled(ready)
        self.measure.setText(
            self._wording.text("decide.measure_again" if again else "decide.measure")
        )
        self.cancel.setVisible(running)
        self.cancel.setEnabled(running)
        self._show_below()
        self.cost_box.setEnabled(not running)
        for control in (self.margin, self.metric_box):
            control.setEnabled(
                not running and (control is self.margin or self.metric_box.count() > 1)
            )

    def flush(self) -> None:
        """Tell now what waits for the pause."""
        if self._pause.isActive():
            self._pause.stop()
            self._tell_margin()

    # -- inside -------------------------------------------------------------------------------------

    def _margin_edited(self) -> None:
        self._pause.start()

    def _tell_margin(self) -> None:
        self.margin_changed.emit(round(self.margin.value() / 100, 4))

    def _cost_chosen(self) -> None:
        self.cost_changed.emit(str(self.cost_box.currentData()))

    def _metric_chosen(self) -> None:
        self.metric_changed.emit(str(self.metric_box.currentData()))
