# SPDX-License-Identifier: Apache-2.0
"""The table view of the models on this disk: whole rows, sorted by its header."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from selector.wording import Wording
from ui.models.library_model import Column, LibraryModel

_NAME_DIGITS = 34
"""Room for a name, in digits, even if the last columns scroll."""


class LibraryTable(QTableView):
    """Shows a LibraryModel."""

    def __init__(
        self, model: LibraryModel, wording: Wording, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setAccessibleName(wording.text("library.table"))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(round(self.fontMetrics().height() * 2))
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(Column.MODEL, QHeaderView.ResizeMode.Interactive)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        model.modelReset.connect(self.fit_columns)

    def fit_columns(self) -> None:
        """Give the model's name what the others leave, and never less than it takes to tell it."""
        others = sum(self.columnWidth(each) for each in Column if each is not Column.MODEL)
        wanted = self.sizeHintForColumn(Column.MODEL) + 2
        least = min(wanted, self.fontMetrics().horizontalAdvance("0") * _NAME_DIGITS)
        self.setColumnWidth(Column.MODEL, max(self.viewport().width() - others, least))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """See fit_columns."""
        super().resizeEvent(event)
        self.fit_columns()
