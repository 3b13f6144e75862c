# SPDX-License-Identifier: Apache-2.0
"""Scores of every contestant on parts of the examples, one row a part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor

from selector.decide import slices_text
from selector.decide.slice_facts import Part, PartScore
from selector.wording import Wording

Index = QModelIndex | QPersistentModelIndex
_ROLE = Qt.ItemDataRole
FIRST_SCORE = 2
"""Columns before it: the part and its number of examples."""
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class SlicesModel(QAbstractTableModel):
    """In the order of the evaluation."""

    def __init__(self, wording: Wording, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        self._refs: tuple[str, ...] = ()
        self._names: tuple[str, ...] = ()
        self._parts: tuple[Part, ...] = ()
        self._inks: dict[str, QColor] = {}

    def set_parts(self, refs: Sequence[str], names: Sequence[str], parts: Sequence[Part]) -> None:
        """Show these parts; ``names`` are those of ``refs``."""
        self.beginResetModel()
        self._refs, self._names, self._parts = tuple(refs), tuple(names), tuple(parts)
        self.endResetModel()

    def set_inks(self, below: QColor, above: QColor) -> None:
        """Colours of what stands out; the marks ▼ ▲ say the same."""
        self._inks = {"below": below, "above": above}
        if self._parts:
            last = self.index(len(self._parts) - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Parts."""
        return 0 if parent.isValid() else len(self._parts)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Part, examples, contestants."""
        return 0 if parent.isValid() else FIRST_SCORE + len(self._refs)

    def data(self, index: Index, role: int = _ROLE.DisplayRole) -> Any:
        """What a cell shows, by role."""
        if not index.isValid():
            return None
        part, column = self._parts[index.row()], index.column()
        if role == _ROLE.TextAlignmentRole:
            return _LEFT if column == 0 else _RIGHT
        if column < FIRST_SCORE:
            shown = slices_text.name(part, self._wording) if column == 0 else None
            shown = self._wording.count(part.n) if shown is None else shown
            return shown if role in {_ROLE.DisplayRole, _ROLE.ToolTipRole} else None
        score = part.scores.get(self._refs[column - FIRST_SCORE])
        if score is None:
            return "–" if role == _ROLE.DisplayRole else None
        return self._score(score, role)

    def _score(self, score: PartScore, role: int) -> Any:
        if role == _ROLE.DisplayRole:
            return slices_text.cell(score, self._wording)
        if role == _ROLE.ToolTipRole:
            return slices_text.tip(score, self._wording) or None
        if role == _ROLE.AccessibleTextRole:
            tip = slices_text.tip(score, self._wording)
            return f"{slices_text.cell(score, self._wording)} {tip}".strip()
        if role == _ROLE.ForegroundRole:
            return self._inks.get(score.standing)
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = _ROLE.DisplayRole
    ) -> Any:
        """Titles of columns."""
        if orientation != Qt.Orientation.Horizontal or section >= self.columnCount():
            return None
        if role == _ROLE.TextAlignmentRole:
            return _LEFT if section == 0 else _RIGHT
        if role not in {_ROLE.DisplayRole, _ROLE.ToolTipRole}:
            return None
        if section < FIRST_SCORE:
            return self._wording.text(f"slices.column.{('part', 'n')[section]}")
        return self._names[section - FIRST_SCORE]
