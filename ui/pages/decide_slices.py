# SPDX-License-Identifier: Apache-2.0
"""The tab with scores on parts of the examples: a table, and how to read so many numbers."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from selector.decide import slices_text
from selector.decide.slice_facts import Part, Slices
from selector.decide.verdict_facts import Evaluation
from selector.wording import Wording
from ui.models.slices_model import SlicesModel
from ui.pages.decide_sentences import names_of
from ui.theme.theme import Theme
from ui.theme.tokens import SPACE
from ui.widgets.plain import plain_label

ROWS_HIGH = 14
NAME_SIGNS = 26


class DecideSlices(QWidget):
    """One grouping, or all of them."""

    def __init__(self, theme: Theme, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._wording = theme, wording
        self._evaluation: Evaluation | None = None
        self.note = plain_label("", "muted", wrap=True)
        self.grouping = QComboBox()
        self.grouping.setAccessibleName(wording.text("slices.title"))
        self.grouping.activated.connect(self._show)
        self.model = SlicesModel(wording, self)
        self.table = _table(self.model)
        self.table.setAccessibleName(wording.text("slices.title"))
        self.table.viewport().installEventFilter(self)
        row = QHBoxLayout()
        row.addWidget(self.grouping)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACE.m, 0, 0)
        column.setSpacing(SPACE.s)
        column.addLayout(row)
        column.addWidget(self.note)
        column.addWidget(self.table)
        column.addStretch(1)
        theme.changed.connect(self._look)
        self._look()

    def show_evaluation(self, evaluation: Evaluation) -> bool:
        """Show the parts; False when there are none."""
        self._evaluation = evaluation
        found = evaluation.slices
        chosen = self.grouping.currentData()
        self.grouping.clear()
        self.grouping.addItem(self._wording.text("slices.all"), "")
        for key, title in self._groupings(found).items():
            self.grouping.addItem(title[:NAME_SIGNS], key)
        self.grouping.setCurrentIndex(max(0, self.grouping.findData(chosen)))
        self._show()
        return bool(found and found.parts)

    def _groupings(self, found: Slices | None) -> dict[str, str]:
        titles = {}
        for part in found.parts if found else ():
            own = part.by == "column"
            titles[_key(part)] = part.column if own else self._wording.text(f"slices.by.{part.by}")
        return titles

    def _show(self) -> None:
        evaluation, wanted = self._evaluation, self.grouping.currentData()
        if evaluation is None or evaluation.slices is None:
            self.model.set_parts((), (), ())
            self.note.setText(self._wording.text("slices.none"))
            return
        found = evaluation.slices
        parts = [part for part in found.parts if not wanted or _key(part) == wanted]
        refs = [x.ref for x in evaluation.models if any(x.ref in p.scores for p in parts)]
        names = names_of(evaluation)
        room = self.fontMetrics().averageCharWidth() * NAME_SIGNS
        middle = Qt.TextElideMode.ElideMiddle
        shown = [self.fontMetrics().elidedText(names[ref], middle, room) for ref in refs]
        self.model.set_parts(refs, shown, parts)
        self.note.setText(" ".join(slices_text.notes(found, self._wording)))
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._fit_columns()
        height = round(self.fontMetrics().height() * 1.9)
        self.table.verticalHeader().setDefaultSectionSize(height)
        rows = min(ROWS_HIGH, max(1, len(parts)))
        frame = header.sizeHint().height() + self.table.horizontalScrollBar().sizeHint().height()
        self.table.setFixedHeight(rows * height + frame + 4)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Columns follow the width of the table, which a hidden tab does not have yet."""
        if event.type() == QEvent.Type.Resize:
            self._fit_columns()
        return super().eventFilter(watched, event)

    def _fit_columns(self) -> None:
        """The group takes what is left; where nothing is left it keeps its size and the table scrolls."""
        header, modes = self.table.horizontalHeader(), QHeaderView.ResizeMode
        needed = sum(
            max(self.table.sizeHintForColumn(x), header.sectionSizeHint(x))
            for x in range(self.model.columnCount())
        )
        if self.model.columnCount():
            roomy = needed <= self.table.viewport().width()
            mode = modes.Stretch if roomy else modes.ResizeToContents
            if header.sectionResizeMode(0) != mode:
                header.setSectionResizeMode(0, mode)

    def _look(self) -> None:
        self.model.set_inks(self._theme.colour("bad"), self._theme.colour("ok"))


def _key(part: Part) -> str:
    return f"{part.by}:{part.column}"


def _table(model: SlicesModel) -> QTableView:
    table = QTableView()
    table.setModel(model)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setMinimumSectionSize(header.fontMetrics().averageCharWidth() * 10)
    return table
