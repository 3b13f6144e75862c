# SPDX-License-Identifier: Apache-2.0
"""What was read from a file of examples: columns to choose, warnings, first rows, counts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from selector.hub.candidate import Reason
from selector.wording import Wording
from ui.models.examples_model import ExamplesModel
from ui.pages.examples_summary import ExamplesSummary
from ui.pages.labels import label

MOST_LABELS = 12


class ExamplesPreview(QWidget):
    """Shows a summary and lets the columns be chosen.

    Signals:
        columns_chosen: input column and label column.
    """

    columns_chosen = Signal(str, str)

    def __init__(self, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        text = wording.text
        self._count = label("", "section")
        self.input_column, first = self._column_box(text("task.input_column"))
        self.label_column, second = self._column_box(text("task.label_column"))
        row = QHBoxLayout()
        row.setSpacing(8)
        for caption, box in ((first, self.input_column), (second, self.label_column)):
            row.addWidget(caption)
            row.addWidget(box)
        row.addStretch(1)
        self._warnings = label("", "warn")
        self._rows = ExamplesModel((text("task.text"), text("task.answer")), self)
        self.table = _table(self._rows, text("task.preview"))
        self._labels = ExamplesModel((text("task.answer"), text("task.count")), self)
        self.counts = _table(self._labels, text("task.label_counts"))
        tables = QHBoxLayout()
        tables.setSpacing(12)
        tables.addWidget(self.table, 3)
        tables.addWidget(self.counts, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addWidget(self._count)
        column.addLayout(row)
        column.addWidget(self._warnings)
        column.addLayout(tables)

    def show_summary(self, summary: ExamplesSummary) -> None:
        """Show what was read."""
        text = self._wording.text
        count = text("task.rows", n=summary.count)
        if summary.labels:
            count += f" · {text('task.labels', n=len(summary.labels))}"
        self._count.setText(count)
        _fill(self.input_column, summary.columns, summary.input_column)
        nothing = None if summary.label_column else text("task.no_column")
        _fill(self.label_column, summary.columns, summary.label_column, nothing)
        lines = [text(x.code, **x.facts) for x in summary.warnings]
        if summary.label_column is None:
            lines.append(text("task.warning.no_labels"))
        self._say(lines)
        self._rows.set_rows(summary.first)
        shown = [(name, self._wording.count(n)) for name, n in summary.labels[:MOST_LABELS]]
        if len(summary.labels) > MOST_LABELS:
            shown.append((text("task.more_labels", n=len(summary.labels) - MOST_LABELS), ""))
        self._labels.set_rows(shown)
        self.counts.setVisible(bool(summary.labels))
        for view, most in ((self.table, 8), (self.counts, 8)):
            rows = min(most, view.model().rowCount())
            height = view.verticalHeader().defaultSectionSize() * rows
            view.setFixedHeight(height + view.horizontalHeader().sizeHint().height() + 4)
            view.resizeColumnToContents(1)

    def add_warnings(self, found: Sequence[Reason]) -> None:
        """What a closer look found, below what is said already."""
        said = self._warnings.text().split("\n") if self._warnings.text() else []
        self._say([*said, *(self._wording.text(x.code, **x.facts) for x in found)])

    def _say(self, lines: Sequence[str]) -> None:
        self._warnings.setText("\n".join(lines))
        self._warnings.setVisible(bool(lines))

    def _column_box(self, name: str) -> tuple[QComboBox, QLabel]:
        box = QComboBox()
        box.setAccessibleName(name)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        box.activated.connect(self._tell)
        caption = label(name, wrap=False)
        caption.setBuddy(box)
        return box, caption

    def _tell(self) -> None:
        self.columns_chosen.emit(
            self.input_column.currentData() or "", self.label_column.currentData() or ""
        )


def _fill(
    box: QComboBox, columns: Sequence[str], chosen: str | None, nothing: str | None = None
) -> None:
    box.clear()
    if nothing is not None:
        box.addItem(nothing, "")
    for name in columns:
        box.addItem(name[:40], name)
    box.setCurrentIndex(max(0, box.findData(chosen)))


def _table(model: ExamplesModel, name: str) -> QTableView:
    view = QTableView()
    view.setModel(model)
    view.setAccessibleName(name)
    view.setShowGrid(False)
    view.setWordWrap(False)
    view.setTabKeyNavigation(False)
    view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setTextElideMode(Qt.TextElideMode.ElideRight)
    view.verticalHeader().hide()
    view.verticalHeader().setDefaultSectionSize(round(view.fontMetrics().height() * 1.8))
    header = view.horizontalHeader()
    header.setAccessibleName(name)
    header.setHighlightSections(False)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
    return view
