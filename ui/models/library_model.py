# SPDX-License-Identifier: Apache-2.0
"""The models on this disk as a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from selector.engines.made_forms import MadeForm
from selector.hub.shelf import Entry
from selector.hub.stored_forms import StoredForm
from selector.reference import short_reference
from selector.wording import Wording
from ui.widgets.plain import plain_tooltip

Index = QModelIndex | QPersistentModelIndex


class Column(IntEnum):
    """The columns; their names are those of the wording."""

    MODEL = 0
    SIZE = 1
    FREES = 2
    USED = 3
    FORMATS = 4
    CHECKED = 5
    FROM = 6


_FORMS = 2
"""Forms named in a cell; all are in its tip."""
_NUMBERS = {Column.SIZE, Column.FREES}
Row = Entry | MadeForm


def frees(row: Row) -> int:
    """Bytes that the disk gets back."""
    return row.bytes if isinstance(row, MadeForm) else row.frees_bytes


def checked_key(entry: Entry) -> str:
    """The key of the sentence on an entry's files."""
    words = {True: "yes", False: "no", None: "unknown"}
    return f"library.checked_{words[entry.verified]}"


def origin_key(entry: Row) -> str:
    """The key of the sentence on who put an entry there."""
    if isinstance(entry, MadeForm):
        return "library.made"
    if entry.shipped:
        return "library.shipped"
    return "library.others" if entry.foreign else "library.ours"


def _name(form: StoredForm) -> str:
    return f"{form.format} {form.precision}" if form.precision != "stored" else form.format


def _forms(entry: Entry) -> str:
    """The first forms by name, and how many there are besides."""
    names = [_name(form) for form in entry.variants[:_FORMS]]
    more = len(entry.variants) - len(names)
    return ", ".join([*names, *([f"+{more}"] if more else [])]) or ", ".join(entry.formats) or "–"


class LibraryModel(QAbstractTableModel):
    """Read-only; sorted by any column."""

    def __init__(self, wording: Wording, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        self.entries: list[Row] = []

    def set_entries(self, entries: Sequence[Row]) -> None:
        """Show other entries, in this order."""
        self.beginResetModel()
        self.entries = list(entries)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Rows."""
        return 0 if parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Columns."""
        return 0 if parent.isValid() else len(Column)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text, alignment, and the whole reference with its branches and path as a tip."""
        if not index.isValid():
            return None
        entry, column = self.entries[index.row()], Column(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return self.cell(entry, column)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in _NUMBERS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ToolTipRole and column is Column.MODEL:
            if isinstance(entry, MadeForm):
                more: tuple[str, ...] = (entry.folder,)
            else:
                more = (*entry.branches, entry.path)
            return plain_tooltip("\n".join((entry.ref, *more)))
        if role != Qt.ItemDataRole.ToolTipRole:
            return None
        if isinstance(entry, MadeForm):
            return self._worth(entry) if column is Column.CHECKED else None
        if column is Column.FORMATS:
            return plain_tooltip("\n".join(self._form(form) for form in entry.variants))
        return None

    def _form(self, form: StoredForm) -> str:
        return f"{_name(form)}: {self._wording.bytes(form.bytes)}"

    def _worth(self, form: MadeForm) -> str:
        known = form.fidelity
        facts = {"n": known.n, "share": known.equal_answers, "gap": known.largest_difference}
        return self._wording.text("library.equal_tip", **facts)

    def cell(self, entry: Row, column: Column) -> str:
        """What one cell says."""
        words = self._wording
        if column is Column.MODEL:
            return short_reference(entry.ref)
        if column is Column.SIZE:
            return words.bytes(entry.bytes)
        if column is Column.FREES:
            kept = isinstance(entry, Entry) and entry.shipped
            return "–" if kept else words.bytes(frees(entry))
        if column is Column.USED:
            if entry.last_used is None:
                return words.text("library.never")
            return f"{datetime.fromtimestamp(entry.last_used, UTC).astimezone():%Y-%m-%d}"
        if isinstance(entry, MadeForm):
            if column is Column.FORMATS:
                return f"{entry.engine} {entry.precision}"
            if column is Column.CHECKED:
                return words.text("library.equal", share=entry.fidelity.equal_answers)
            return words.text(origin_key(entry))
        if column is Column.FORMATS:
            return _forms(entry)
        return words.text(checked_key(entry) if column is Column.CHECKED else origin_key(entry))

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Titles, with what they mean as a tip."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(Column):
            return None
        name = Column(section).name.lower()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._wording.text(f"library.column.{name}")
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tooltip(self._wording.text(f"library.column_tip.{name}"))
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = (
                Qt.AlignmentFlag.AlignRight if section in _NUMBERS else Qt.AlignmentFlag.AlignLeft
            )
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column; -1 leaves the order as it is."""
        if column < 0:
            return
        values: dict[Column, Any] = {
            Column.SIZE: lambda e: e.bytes,
            Column.FREES: frees,
            Column.USED: lambda e: e.last_used or 0,
        }
        chosen = Column(column)
        key = values.get(chosen, lambda e: self.cell(e, chosen).lower())
        self.layoutAboutToBeChanged.emit()
        kept = [self.entries[index.row()] for index in self.persistentIndexList()]
        self.entries.sort(key=key, reverse=order == Qt.SortOrder.DescendingOrder)
        for old, entry in zip(self.persistentIndexList(), kept, strict=True):
            new = self.index(self.entries.index(entry), old.column())
            self.changePersistentIndex(old, new)
        self.layoutChanged.emit()
