# SPDX-License-Identifier: Apache-2.0
"""The table view of candidates: whole rows, one at a time, ticked with Space, sorted by its header."""

from __future__ import annotations

from PySide6.QtCore import QItemSelection, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from selector.wording import Wording
from ui.models.candidate_row import CandidateRow
from ui.models.candidates_model import CandidatesModel, Column, Index

NAME_DIGITS = 28
"""Room for a name, in digits: two of a family must be told apart, even if the last columns scroll."""
LEAST_DIGITS = 21
HEADER_ROOM = 22
"""Padding of a title and a little to spare."""


class CandidatesTable(QTableView):
    """Shows a CandidatesModel.

    Signals:
        row_shown: the current row changed.
    """

    row_shown = Signal()

    def __init__(
        self, model: CandidatesModel, wording: Wording, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._candidates = model
        self.setModel(model)
        self.setAccessibleName(wording.text("candidates.table"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setTextElideMode(Qt.TextElideMode.ElideLeft)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(round(self.fontMetrics().height() * 2.1))
        header = self.horizontalHeader()
        header.setAccessibleName(wording.text("candidates.table"))
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setMinimumSectionSize(self.fontMetrics().horizontalAdvance("0") * 4)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        header.setSortIndicatorClearable(True)
        self.setSortingEnabled(True)
        model.modelReset.connect(self.fit_columns)

    def fit_columns(self) -> None:
        """Give each column the width of its content, and the rest to the model's name."""
        digit = self.fontMetrics().horizontalAdvance("0")
        # Models that are only on this disk have no downloads to compare.
        known = any(row.downloads is not None for row in self._candidates.rows)
        self.setColumnHidden(Column.DOWNLOADS, not known)
        used = 0
        for column in Column:
            if column is Column.MODEL or self.isColumnHidden(column):
                continue
            wanted = max(self.sizeHintForColumn(column), self._header_width(column)) + 2
            limit = digit * 20 if column is Column.LICENCE else wanted
            self.setColumnWidth(column, min(wanted, limit))
            used += self.columnWidth(column)
        room = self.viewport().width() - used
        self.setColumnWidth(Column.MODEL, max(room, min(digit * NAME_DIGITS, self._longest_name())))

    def current_row(self) -> CandidateRow | None:
        """The row with the cursor."""
        return self._candidates.row(self.currentIndex())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space ticks the row, whichever cell has the cursor."""
        here = self.currentIndex()
        if event.key() == Qt.Key.Key_Space and here.isValid():
            cell = here.siblingAtColumn(Column.MODEL)
            role = Qt.ItemDataRole.CheckStateRole
            state = self._candidates.data(cell, role)
            if state is not None:
                ticked = state == Qt.CheckState.Checked
                new = Qt.CheckState.Unchecked if ticked else Qt.CheckState.Checked
                self._candidates.setData(cell, new, role)
            event.accept()
            return
        super().keyPressEvent(event)

    def currentChanged(self, current: Index, previous: Index) -> None:
        """Tell that another row is current."""
        super().currentChanged(current, previous)
        if current.row() != previous.row() or not previous.isValid():
            self.row_shown.emit()

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """Repaint as Qt does, and tell when nothing is selected any more."""
        super().selectionChanged(selected, deselected)
        if not self.selectionModel().hasSelection():
            self.row_shown.emit()

    def _longest_name(self) -> int:
        least = self.fontMetrics().horizontalAdvance("0") * LEAST_DIGITS
        return max(least, self.sizeHintForColumn(Column.MODEL) + 2)

    def _header_width(self, column: Column) -> int:
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        title = str(self._candidates.headerData(column, Qt.Orientation.Horizontal))
        return QFontMetrics(font).horizontalAdvance(title) + HEADER_ROOM
