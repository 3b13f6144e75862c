# SPDX-License-Identifier: Apache-2.0
"""A calm table of a few figures: no grid, nothing to edit, as high as its rows."""

from __future__ import annotations

from PySide6.QtCore import QAbstractTableModel
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView


def figures_table(model: QAbstractTableModel) -> QTableView:
    """A view of ``model`` whose columns share the width."""
    table = QTableView()
    table.setModel(model)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
    return table


def fit_rows(table: QTableView, most: int) -> None:
    """Make it as high as its rows, at the most ``most`` of them."""
    height = round(table.fontMetrics().height() * 1.8)
    table.verticalHeader().setDefaultSectionSize(height)
    rows = min(most, max(1, table.model().rowCount()))
    table.setFixedHeight(rows * height + table.horizontalHeader().sizeHint().height() + 4)
