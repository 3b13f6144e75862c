# SPDX-License-Identifier: Apache-2.0
"""The table of candidates: rows of one search or of this disk, sorted and ticked in the model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QIcon

from selector.wording import Wording
from ui.models.candidate_row import CandidateRow

Index = QModelIndex | QPersistentModelIndex

_DISPLAY = Qt.ItemDataRole.DisplayRole
_DECORATION = Qt.ItemDataRole.DecorationRole
_FOREGROUND = Qt.ItemDataRole.ForegroundRole
_ALIGNMENT = Qt.ItemDataRole.TextAlignmentRole
_CHECK = Qt.ItemDataRole.CheckStateRole
_TOOLTIP = Qt.ItemDataRole.ToolTipRole
_ACCESSIBLE = Qt.ItemDataRole.AccessibleTextRole
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class Column(IntEnum):
    """Columns, left to right."""

    MODEL = 0
    PARAMETERS = 1
    DOWNLOAD = 2
    MEMORY = 3
    SPEED = 4
    LICENCE = 5
    DOWNLOADS = 6


@dataclass(frozen=True, slots=True)
class _ColumnSpec:
    key: str
    """The catalogue key of the title; ``<key>_tip`` explains it."""
    number: bool
    text: Callable[[CandidateRow, Wording], str]
    order: Callable[[CandidateRow], Any]
    """What to sort by; None goes last whichever the direction."""


def _speed(row: CandidateRow, words: Wording) -> str:
    speed = row.fit.speed if row.fit else None
    if speed is None or row.fit is None:
        return "–"
    unit = "tokens" if row.fit.speed_unit.startswith("tokens") else "inputs"
    return words.text(f"candidates.speed.{unit}", value=words.number(rounded(speed.expected), 2))


def rounded(value: float) -> float:
    """Two significant digits: a prediction knows no more."""
    return float(f"{value:.1e}")


def _memory(row: CandidateRow, words: Wording) -> str:
    verdict, memory = words.text(f"candidates.fit.{row.verdict}"), row.memory_bytes
    return verdict if memory is None else f"{verdict} · ≈\u202f{words.bytes(memory)}"


_COLUMNS: dict[Column, _ColumnSpec] = {
    Column.MODEL: _ColumnSpec(
        "candidates.column.model", False, lambda r, _: r.repo, lambda r: r.repo.casefold()
    ),
    Column.PARAMETERS: _ColumnSpec(
        "candidates.column.parameters",
        True,
        lambda r, w: "–" if r.parameters is None else w.parameters(r.parameters),
        lambda r: r.parameters,
    ),
    Column.DOWNLOAD: _ColumnSpec(
        "candidates.column.download",
        True,
        lambda r, w: "–" if r.download_bytes is None else w.bytes(r.download_bytes),
        lambda r: r.download_bytes,
    ),
    Column.MEMORY: _ColumnSpec(
        "candidates.column.memory", False, _memory, lambda r: r.memory_bytes
    ),
    Column.SPEED: _ColumnSpec(
        "candidates.column.speed",
        True,
        _speed,
        lambda r: r.fit.speed.expected if r.fit and r.fit.speed else None,
    ),
    Column.LICENCE: _ColumnSpec(
        "candidates.column.licence",
        False,
        lambda r, w: r.licence or w.text("candidates.licence.none"),
        lambda r: (r.licence or "").casefold() or None,
    ),
    Column.DOWNLOADS: _ColumnSpec(
        "candidates.column.downloads",
        True,
        lambda r, w: "–" if r.downloads is None else w.count(r.downloads),
        lambda r: r.downloads,
    ),
}


class CandidatesModel(QAbstractTableModel):
    """Candidates with a tick each.

    Signals:
        ticked_changed: a row was ticked or unticked.
    """

    ticked_changed = Signal()

    def __init__(self, wording: Wording, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        self._rows: list[CandidateRow] = []
        self._ticked: set[str] = set()
        self._icons: dict[str, QIcon] = {}
        self._colours: dict[str, QColor] = {}
        self._order: tuple[Column, Qt.SortOrder] | None = None

    # -- rows ---------------------------------------------------------------------------------------

    @property
    def rows(self) -> Sequence[CandidateRow]:
        """The rows as shown."""
        return self._rows

    def set_rows(self, rows: Iterable[CandidateRow]) -> None:
        """Show other rows; ticks of models that are still there stay."""
        self.beginResetModel()
        self._rows = list(rows)
        if self._order is not None:
            self._rows.sort(key=lambda row: row.rank)
            self._arrange(*self._order)
        self._ticked &= {row.key for row in self._rows}
        self.endResetModel()
        self.ticked_changed.emit()

    def replace_row(self, old: CandidateRow, new: CandidateRow) -> None:
        """Put ``new`` where ``old`` is; a tick moves with it."""
        place = next((n for n, row in enumerate(self._rows) if row.key == old.key), None)
        if place is None or self._rows[place] == new:
            return
        self._rows[place] = new
        if old.key in self._ticked and old.key != new.key:
            self._ticked.discard(old.key)
            self._ticked.add(new.key)
        self.dataChanged.emit(self.index(place, 0), self.index(place, self.columnCount() - 1))
        self.ticked_changed.emit()

    def set_look(self, icons: dict[str, QIcon], colours: dict[str, QColor]) -> None:
        """Icons and text colours of the verdicts, by ``fits``, ``tight``, ``no``, ``unknown``, ``disk``, ``marked``."""
        self._icons, self._colours = icons, colours
        if self._rows:
            last = self.index(len(self._rows) - 1, self.columnCount() - 1)
            self.dataChanged.emit(self.index(0, 0), last, [_DECORATION, _FOREGROUND])

    def row(self, index: Index) -> CandidateRow | None:
        """The row under ``index``."""
        return self._rows[index.row()] if index.isValid() else None

    # -- ticks --------------------------------------------------------------------------------------

    @property
    def ticked(self) -> list[CandidateRow]:
        """Ticked rows, in the order shown."""
        return [row for row in self._rows if row.key in self._ticked]

    def tick(self, keys: Iterable[str]) -> None:
        """Tick exactly the rows with these keys (``ORG/NAME@REVISION``)."""
        self._ticked = {row.key for row in self._rows if row.usable} & set(keys)
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, 0), [_CHECK])
        self.ticked_changed.emit()

    # -- Qt's side ----------------------------------------------------------------------------------

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Rows."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Columns."""
        return 0 if parent.isValid() else len(_COLUMNS)

    def data(self, index: Index, role: int = _DISPLAY) -> Any:
        """What a cell shows, by role."""
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], Column(index.column())
        spec = _COLUMNS[column]
        if role == _DISPLAY:
            return spec.text(row, self._wording)
        if role == _ALIGNMENT:
            return _RIGHT if spec.number else _LEFT
        if role == _TOOLTIP:
            return self._tip(row, column)
        if column is Column.MEMORY and role == _DECORATION:
            return self._icons.get(row.verdict)
        if column is Column.MEMORY and role == _FOREGROUND:
            return self._colours.get(row.verdict)
        if column is Column.MODEL and role == _DECORATION and (row.marks or row.on_disk):
            return self._icons.get("marked" if row.marks else "disk")
        if column is Column.MODEL and role == _CHECK and row.usable:
            ticked = row.key in self._ticked
            return Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked
        if column is Column.MODEL and role == _ACCESSIBLE:
            return ", ".join((row.repo, *self._remarks(row)))
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Tick or untick a row."""
        row = self.row(index)
        if row is None or role != _CHECK or index.column() != Column.MODEL or not row.usable:
            return False
        if Qt.CheckState(value) == Qt.CheckState.Checked:
            self._ticked.add(row.key)
        else:
            self._ticked.discard(row.key)
        here = self.index(index.row(), index.column())
        self.dataChanged.emit(here, here, [_CHECK])
        self.ticked_changed.emit()
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        """The first column can be ticked where an engine can load the model."""
        flags = super().flags(index)
        row = self.row(index)
        if row is not None and index.column() == Column.MODEL and row.usable:
            flags |= Qt.ItemFlag.ItemIsUserCheckable
        return flags

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        """Titles of columns and what they mean."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(_COLUMNS):
            return None
        spec = _COLUMNS[Column(section)]
        if role == _DISPLAY:
            return self._wording.text(spec.key)
        if role == _TOOLTIP:
            return self._wording.text(f"{spec.key}_tip")
        if role == _ALIGNMENT:
            return _RIGHT if spec.number else _LEFT
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 gives the order of the search back."""
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        keys = [(self._rows[i.row()].key, i.column()) for i in before]
        if 0 <= column < len(_COLUMNS):
            self._order = (Column(column), order)
            self._arrange(Column(column), order)
        else:
            self._order = None
            self._rows.sort(key=lambda row: row.rank)
        place = {row.key: number for number, row in enumerate(self._rows)}
        after = [self.index(place[key], at) for key, at in keys]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _arrange(self, column: Column, order: Qt.SortOrder) -> None:
        value = _COLUMNS[column].order
        known = [row for row in self._rows if value(row) is not None]
        missing = [row for row in self._rows if value(row) is None]
        known.sort(key=value, reverse=order == Qt.SortOrder.DescendingOrder)
        self._rows = known + missing

    def _remarks(self, row: CandidateRow) -> list[str]:
        """What the icon of a row means, and more: it is here, or shown in spite of a filter."""
        words = self._wording
        here = [words.text("candidates.on_disk")] if row.on_disk else []
        whys = [words.text(mark.code, **mark.facts) for mark in row.marks]
        return here + [words.text("candidates.marked", why=why) for why in whys]

    def _tip(self, row: CandidateRow, column: Column) -> str | None:
        words = self._wording
        if column is Column.MODEL:
            return "\n".join((row.repo, *self._remarks(row)))
        if column is Column.MEMORY:
            lines = [words.text(f"candidates.fit_tip.{row.verdict}")]
            if row.fit and (memory := row.fit.memory_bytes):
                lines.append(
                    words.text("candidates.memory_range", low=memory.low, high=memory.high)
                )
            return "\n".join(lines)
        if column is Column.SPEED and row.fit and row.fit.speed:
            speed = row.fit.speed
            return words.text(
                "candidates.speed_range",
                low=words.number(rounded(speed.low), 2),
                high=words.number(rounded(speed.high), 2),
            )
        if column is Column.LICENCE:
            return words.text(f"candidates.licence.{row.licence_kind.replace('-', '_')}")
        return None
