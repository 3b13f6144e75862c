# SPDX-License-Identifier: Apache-2.0
"""Inputs as rows, contestants as columns: the answers of a trial as they arrive."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from selector.tasks.base import PAIR_SEPARATOR
from selector.tasks.images import SUFFIXES
from selector.tasks.outputs import Output
from selector.wording import Wording
from ui.models.shown_answer import AnswerRole, ShownAnswer, shown_answer, standing_apart

Index = QModelIndex | QPersistentModelIndex

_DISPLAY = Qt.ItemDataRole.DisplayRole
_TOOLTIP = Qt.ItemDataRole.ToolTipRole
_ACCESSIBLE = Qt.ItemDataRole.AccessibleTextRole


def input_text(text: str) -> str:
    """An input as one readable line: a picture by its name, the two texts of a pair apart."""
    if text.lower().endswith(SUFFIXES) and Path(text).is_absolute():
        return Path(text).name
    return "  ↔  ".join(" ".join(part.split()) for part in text.split(PAIR_SEPARATOR))


class AnswersModel(QAbstractTableModel):
    """The first column holds the input, the others an answer each."""

    def __init__(self, wording: Wording, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        self._inputs: tuple[str, ...] = ()
        self._names: tuple[str, ...] = ()
        self._outputs: list[list[Output | None]] = []
        self._cells: list[list[ShownAnswer | None]] = []
        self._notes: list[ShownAnswer | None] = []

    # -- content ------------------------------------------------------------------------------------

    def start(self, inputs: Iterable[str], names: Sequence[str]) -> None:
        """Forget everything; show these inputs without answers."""
        self.beginResetModel()
        self._inputs, self._names = tuple(inputs), tuple(names)
        self._outputs = [[None] * len(self._names) for _ in self._inputs]
        self._cells = [[None] * len(self._names) for _ in self._inputs]
        self._notes = [None] * len(self._names)
        self.endResetModel()

    def add(self, arrived: Mapping[tuple[int, int], Output]) -> None:
        """Take answers by (input number, contestant number)."""
        rows = set()
        for (row, column), output in arrived.items():
            if 0 <= row < len(self._inputs) and 0 <= column < len(self._names):
                self._outputs[row][column] = output
                self._cells[row][column] = shown_answer(output, self._wording)
                rows.add(row)
        if rows and self._names:
            for row in rows:
                self._mark(row)
            first, last = self.index(min(rows), 1), self.index(max(rows), len(self._names))
            self.dataChanged.emit(first, last)

    def add_failures(self, failed: Mapping[tuple[int, int], str]) -> None:
        """Take the reasons why an input got no answer, by (input number, contestant number)."""
        for (row, column), reason in failed.items():
            if 0 <= row < len(self._inputs) and 0 <= column < len(self._names):
                self._cells[row][column] = ShownAnswer(reason, kind="failed", tip=reason)
                cell = self.index(row, column + 1)
                self.dataChanged.emit(cell, cell)

    def set_note(self, column: int, kind: str, text: str) -> None:
        """What the cells of a contestant say that have no answer; ``kind`` waiting or failed."""
        if not 0 <= column < len(self._names):
            return
        self._notes[column] = ShownAnswer(text, kind="failed" if kind == "failed" else "waiting")
        if self._inputs:
            last = self.index(len(self._inputs) - 1, column + 1)
            self.dataChanged.emit(self.index(0, column + 1), last)

    def differing(self) -> int:
        """How many inputs get different answers."""
        return sum(any(x is not None and x.differs for x in row) for row in self._cells)

    def _mark(self, row: int) -> None:
        for column, apart in enumerate(standing_apart(self._outputs[row])):
            output, cell = self._outputs[row][column], self._cells[row][column]
            if output is None or cell is None or cell.differs == apart:
                continue
            plain = shown_answer(output, self._wording)
            self._cells[row][column] = replace(plain, differs=apart)

    # -- Qt's side ----------------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Inputs."""
        return 0 if parent.isValid() else len(self._inputs)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """The input and the contestants."""
        return 0 if parent.isValid() else 1 + len(self._names)

    def _answer(self, index: Index) -> ShownAnswer | None:
        column = index.column() - 1
        return self._cells[index.row()][column] or self._notes[column]

    def data(self, index: Index, role: int = _DISPLAY) -> Any:
        """What a cell shows, by role."""
        if not index.isValid():
            return None
        if index.column() == 0:
            text = input_text(self._inputs[index.row()])
            return text if role in {_DISPLAY, _TOOLTIP, _ACCESSIBLE} else None
        found = self._answer(index)
        if role == AnswerRole.ANSWER:
            return found
        if found is None:
            return "" if role == _DISPLAY else None
        if role == _DISPLAY:
            return f"{found.text} {found.note}".strip()
        if role == _TOOLTIP:
            differs = self._wording.text("try.differs") if found.differs else ""
            return "\n".join(x for x in (found.tip or found.text, differs) if x)
        if role == _ACCESSIBLE:
            differs = self._wording.text("try.differs") if found.differs else ""
            name = self._names[index.column() - 1]
            return ", ".join(x for x in (name, found.text, found.note, differs) if x)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        """The input's title, then the contestants' names."""
        if role != _DISPLAY or orientation != Qt.Orientation.Horizontal:
            return None
        if section == 0:
            return self._wording.text("try.input")
        return self._names[section - 1] if section <= len(self._names) else None
