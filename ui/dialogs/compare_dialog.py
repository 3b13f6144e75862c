# SPDX-License-Identifier: Apache-2.0
"""Two to four candidates in columns, their facts in rows; what differs is marked in words and signs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from selector.hub.candidate import Candidate
from selector.hub.comparison import Line, compare
from selector.wording import Wording
from ui.models.candidates_model import rounded
from ui.pages.labels import label
from ui.widgets.plain import breakable, plain_tooltip


class CompareDialog(QDialog):
    """Shows ``compare``. The arrow keys walk through the cells, Escape closes."""

    def __init__(
        self, candidates: Sequence[Candidate], wording: Wording, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._wording = wording
        text = wording.text
        self.setWindowTitle(text("compare.title"))
        self.lines = compare(candidates)
        self.table = QTableWidget(len(self.lines), len(candidates))
        self.table.setAccessibleName(text("compare.table"))
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(True)
        self.table.setShowGrid(False)
        self.table.setAlternatingRowColors(True)
        names = [candidate.repo.rpartition("/")[2] for candidate in candidates]
        heavy = QFont(self.font())
        heavy.setWeight(QFont.Weight.Bold)  # as the style paints it: names are cut by its width
        for place, candidate in enumerate(candidates):
            item = QTableWidgetItem(names[place])
            item.setFont(heavy)
            item.setToolTip(plain_tooltip(candidate.repo))
            self.table.setHorizontalHeaderItem(place, item)
        for row, line in enumerate(self.lines):
            self._fill(row, line, names)
        columns = self.table.horizontalHeader()
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        columns.setMinimumSectionSize(self.fontMetrics().averageCharWidth() * 20)
        columns.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(8)
        column.addWidget(label(text("compare.title"), "title"))
        column.addWidget(label(text("compare.purpose"), "muted"))
        column.addWidget(self.table, 1)
        buttons = QDialogButtonBox()
        close = buttons.addButton(text("compare.close"), QDialogButtonBox.ButtonRole.RejectRole)
        close.setDefault(True)
        buttons.rejected.connect(self.reject)
        column.addWidget(buttons)
        signs = self.fontMetrics().averageCharWidth()
        wanted = signs * (30 + 26 * len(candidates))
        screen = self.screen().availableGeometry()
        self.resize(min(wanted, screen.width() - 40), min(signs * 90, screen.height() - 60))
        self.table.setCurrentCell(0, 0)
        self.table.setFocus()

    def _fill(self, row: int, line: Line, names: Sequence[str]) -> None:
        text = self._wording.text
        name = text(f"compare.{line.key}")
        title = QTableWidgetItem(f"≠  {name}" if line.differs else name)
        title.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.table.setVerticalHeaderItem(row, title)
        strong = QFont(self.font())
        strong.setWeight(QFont.Weight.DemiBold)
        for column, value in enumerate(line.values):
            said = self._said(line, value)
            best = column in line.best
            item = QTableWidgetItem(breakable(f"✓ {said}" if best else said))
            if line.differs:
                item.setFont(strong)
            item.setToolTip(plain_tooltip(said))
            role = Qt.ItemDataRole.AccessibleTextRole
            item.setData(role, f"{names[column]}, {title.text()}: {item.text()}")
            self.table.setItem(row, column, item)

    def _said(self, line: Line, value: Any) -> str:
        words = self._wording
        if value is None or value == ():
            return words.text("compare.unknown")
        match line.kind:
            case "bytes":
                return words.bytes(value)
            case "params":
                return words.parameters(value)
            case "count":
                return words.count(value)
            case "rate":
                rate, unit = value
                key = "tokens" if unit.startswith("tokens") else "inputs"
                return words.text(f"candidates.speed.{key}", value=words.number(rounded(rate), 2))
            case "verdict":
                return words.text(f"candidates.fit.{value}")
            case "licence":
                name, _ = value
                return name or words.text("candidates.licence.none")
            case "list":
                return ", ".join(value)
            case "date":
                return str(value)[:10]
        return str(value)
