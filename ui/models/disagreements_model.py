# SPDX-License-Identifier: Apache-2.0
"""The examples that models answer differently: text, right answer, and what each of them says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from selector.wording import Wording
from ui.models.answers_model import input_text
from ui.models.shown_answer import AnswerRole, ShownAnswer

Index = QModelIndex | QPersistentModelIndex

_DISPLAY = Qt.ItemDataRole.DisplayRole
_TOOLTIP = Qt.ItemDataRole.ToolTipRole
_ACCESSIBLE = Qt.ItemDataRole.AccessibleTextRole
FIRST_ANSWER = 2
"""Columns before it: the text and the right answer."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """One contested example; ``number`` counts from 0 in the file."""

    number: int
    text: str
    expected: str
    answers: tuple[ShownAnswer | None, ...]
    """One for each contestant, smallest first; None where there is no answer."""


class DisagreementsModel(QAbstractTableModel):
    """Most contested first, as the evaluation orders them."""

    def __init__(self, wording: Wording, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        self._names: tuple[str, ...] = ()
        self._rows: list[Disagreement] = []

    def set_rows(self, names: Sequence[str], rows: Iterable[Disagreement]) -> None:
        """Show other contestants and examples."""
        self.beginResetModel()
        self._names, self._rows = tuple(names), list(rows)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Examples."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Text, right answer, contestants."""
        return 0 if parent.isValid() else FIRST_ANSWER + len(self._names)

    def data(self, index: Index, role: int = _DISPLAY) -> Any:
        """What a cell shows, by role."""
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], index.column()
        if column < FIRST_ANSWER:
            text = input_text(row.text) if column == 0 else row.expected
            return text if role in {_DISPLAY, _TOOLTIP, _ACCESSIBLE} else None
        position = column - FIRST_ANSWER
        found = row.answers[position] if position < len(row.answers) else None
        if role == AnswerRole.ANSWER:
            return found
        if found is None:
            return "–" if role == _DISPLAY else None
        if role == _DISPLAY:
            return f"{found.text} {found.note}".strip()
        if role == _TOOLTIP:
            return found.tip or found.text
        if role == _ACCESSIBLE:
            verdict = ""
            if found.right is not None:
                verdict = self._wording.text("decide.right" if found.right else "decide.wrong")
            parts = (self._names[position], found.text, found.note, verdict)
            return ", ".join(x for x in parts if x)
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        """Titles of columns; rows are numbered as in the file."""
        if role != _DISPLAY:
            return None
        if orientation == Qt.Orientation.Vertical:
            return str(self._rows[section].number + 1) if section < len(self._rows) else None
        if section < FIRST_ANSWER:
            key = "decide.example" if section == 0 else "decide.expected"
            return self._wording.text(key)
        position = section - FIRST_ANSWER
        return self._names[position] if position < len(self._names) else None
