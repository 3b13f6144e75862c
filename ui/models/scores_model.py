# SPDX-License-Identifier: Apache-2.0
"""The table of an evaluation: every contestant's quality and cost, sorted in the model."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QIcon

from selector.decide.verdict_facts import Basis, Score
from selector.wording import Wording
from ui.models.short_names import short_names

Index = QModelIndex | QPersistentModelIndex

_DISPLAY = Qt.ItemDataRole.DisplayRole
_DECORATION = Qt.ItemDataRole.DecorationRole
_TOOLTIP = Qt.ItemDataRole.ToolTipRole
_ALIGNMENT = Qt.ItemDataRole.TextAlignmentRole
_ACCESSIBLE = Qt.ItemDataRole.AccessibleTextRole
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
MISSING = "–"


class Column(IntEnum):
    """Columns, left to right."""

    MODEL = 0
    SCORE = 1
    DIFFERENCE = 2
    GOOD_ENOUGH = 3
    PARAMETERS = 4
    LATENCY = 5
    MEMORY = 6
    DOWNLOAD = 7


def known(value: float | None) -> float | None:
    """A number that can be shown and compared; NaN and infinities count as missing."""
    return value if value is not None and math.isfinite(value) else None


def probability_text(value: float, wording: Wording) -> str:
    """A probability that never claims certainty."""
    if value >= 0.9995:
        return wording.text("decide.almost_sure", share=0.999)
    if value <= 0.0005:
        return wording.text("decide.almost_never", share=0.001)
    return wording.percent(value)


def range_text(low: float | None, high: float | None, wording: Wording) -> str:
    """An interval of scores."""
    if known(low) is None or known(high) is None or low is None or high is None:
        return ""
    return wording.text("decide.span", low=wording.percent(low), high=wording.percent(high))


def _score(row: Score, words: Wording) -> str:
    if known(row.score) is None or row.score is None:
        return MISSING
    return words.percent(row.score)


def _difference(row: Score, words: Wording) -> str:
    if row.difference is None or known(row.difference[1]) is None:
        return MISSING
    return words.points(row.difference[1])


@dataclass(frozen=True, slots=True)
class _ColumnSpec:
    key: str
    text: Callable[[Score, Wording], str]
    order: Callable[[Score], float | None]


_COLUMNS: dict[Column, _ColumnSpec] = {
    Column.SCORE: _ColumnSpec("score", _score, lambda r: known(r.score)),
    Column.DIFFERENCE: _ColumnSpec(
        "difference", _difference, lambda r: known(r.difference[1]) if r.difference else None
    ),
    Column.GOOD_ENOUGH: _ColumnSpec(
        "good_enough",
        lambda r, w: (
            MISSING
            if known(r.good_enough) is None or r.good_enough is None
            else probability_text(r.good_enough, w)
        ),
        lambda r: known(r.good_enough),
    ),
    Column.PARAMETERS: _ColumnSpec(
        "parameters",
        lambda r, w: w.parameters(r.parameters) if r.parameters else MISSING,
        lambda r: known(r.parameters),
    ),
    Column.LATENCY: _ColumnSpec(
        "latency",
        lambda r, w: (
            w.seconds(r.latency_s)
            if known(r.latency_s) is not None and r.latency_s is not None
            else MISSING
        ),
        lambda r: known(r.latency_s),
    ),
    Column.MEMORY: _ColumnSpec(
        "memory",
        lambda r, w: w.bytes(r.memory_peak_bytes) if r.memory_peak_bytes else MISSING,
        lambda r: known(r.memory_peak_bytes),
    ),
    Column.DOWNLOAD: _ColumnSpec(
        "download",
        lambda r, w: w.bytes(r.download_bytes) if r.download_bytes else MISSING,
        lambda r: known(r.download_bytes),
    ),
}


class ScoresModel(QAbstractTableModel):
    """One row a contestant, in the order of the evaluation (smallest first) until sorted."""

    def __init__(self, wording: Wording, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        self._given: list[Score] = []
        self._rows: list[Score] = []
        self._names: Mapping[str, str] = {}
        self._choice: str | None = None
        self._basis: Basis = "examples"
        self._icons: dict[str, QIcon] = {}
        self._order: tuple[int, Qt.SortOrder] = (-1, Qt.SortOrder.AscendingOrder)

    def set_scores(
        self, scores: Iterable[Score], choice: str | None, basis: Basis = "examples"
    ) -> None:
        """Show an evaluation; ``choice`` is the recommended contestant."""
        self.beginResetModel()
        self._basis = basis
        self._given = list(scores)
        self._choice = choice
        self._names = short_names(x.ref for x in self._given)
        self._arrange()
        self.endResetModel()

    def set_icons(self, icons: dict[str, QIcon]) -> None:
        """Icons by ``chosen`` and ``failed``."""
        self._icons = icons
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, 0))

    def score_at(self, row: int) -> Score | None:
        """The contestant of a row."""
        return self._rows[row] if 0 <= row < len(self._rows) else None

    # -- Qt's side ----------------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Contestants."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Columns."""
        return 0 if parent.isValid() else len(Column)

    def data(self, index: Index, role: int = _DISPLAY) -> Any:
        """What a cell shows, by role."""
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], Column(index.column())
        if role == _ALIGNMENT:
            return _LEFT if column is Column.MODEL else _RIGHT
        if column is Column.MODEL:
            return self._model(row, role)
        if role == _DISPLAY:
            return _COLUMNS[column].text(row, self._wording)
        if role == _TOOLTIP:
            return self._tip(row, column)
        return None

    def _model(self, row: Score, role: int) -> Any:
        name = self._names.get(row.ref, row.ref)
        if role == _DISPLAY:
            return name
        state = "failed" if row.error else "chosen" if row.ref == self._choice else ""
        if role == _DECORATION:
            return self._icons.get(state)
        if role == _ACCESSIBLE and state:
            return f"{name}, {self._wording.text(f'decide.{state}')}"
        if role == _TOOLTIP:
            if row.error:
                sentence, hint = self._wording.error(
                    str(row.error.get("code", "")), row.error.get("facts", {})
                )
                return "\n".join(x for x in (row.ref, sentence, hint) if x)
            return row.ref
        return None

    def _tip(self, row: Score, column: Column) -> str | None:
        words = self._wording
        if column is Column.SCORE and row.interval:
            told = words.text("decide.interval_tip", range=range_text(*row.interval, words))
            judged = row.judged if self._basis == "examples" else None
            return words.text("decide.judged_tip", range=told, n=judged) if judged else told
        if column is Column.DIFFERENCE and row.difference:
            low, _, high = row.difference
            if known(low) is not None and known(high) is not None:
                return words.text(
                    "decide.difference_tip", low=words.points(low), high=words.points(high)
                )
        return words.text(f"decide.column.{self._key(column)}_tip")

    def _key(self, column: Column) -> str:
        """Of its title: a score from votes is a win rate."""
        if column is Column.MODEL:
            return "model"
        if column is Column.SCORE and self._basis == "votes":
            return "win_rate"
        return _COLUMNS[column].key

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        """Titles of columns and what they mean."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(Column):
            return None
        column = Column(section)
        key = self._key(column)
        if role == _DISPLAY:
            return self._wording.text(f"decide.column.{key}")
        if role == _TOOLTIP:
            return self._wording.text(f"decide.column.{key}_tip")
        if role == _ALIGNMENT:
            return _LEFT if column is Column.MODEL else _RIGHT
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 gives the order of the evaluation back. Missing numbers go last."""
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        kept = [(self._rows[i.row()].ref, i.column()) for i in before]
        self._order = (column, order)
        self._arrange()
        place = {row.ref: number for number, row in enumerate(self._rows)}
        self.changePersistentIndexList(before, [self.index(place[ref], at) for ref, at in kept])
        self.layoutChanged.emit()

    def _arrange(self) -> None:
        number, order = self._order
        downwards = order == Qt.SortOrder.DescendingOrder
        if not 0 <= number < len(Column):
            self._rows = list(self._given)
            return
        column = Column(number)
        if column is Column.MODEL:
            self._rows = sorted(
                self._given, key=lambda x: self._names[x.ref].casefold(), reverse=downwards
            )
            return
        value = _COLUMNS[column].order
        there = [(x, v) for x in self._given if (v := value(x)) is not None]
        missing = [x for x in self._given if value(x) is None]
        there.sort(key=lambda pair: pair[1], reverse=downwards)
        self._rows = [x for x, _ in there] + missing
