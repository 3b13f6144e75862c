# SPDX-License-Identifier: Apache-2.0
"""The tab with the examples that models answer differently."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QVBoxLayout, QWidget

from selector.wording import Wording
from ui.models.disagreements_model import FIRST_ANSWER, Disagreement, DisagreementsModel
from ui.pages.try_answer_delegate import AnswerDelegate
from ui.theme.theme import Theme
from ui.theme.tokens import SPACE
from ui.widgets.plain import plain_label

ROWS_HIGH = 7
TEXT_SIGNS, LABEL_SIGNS, ANSWER_SIGNS = 34, 20, 22


class DecideDisagreements(QWidget):
    """A sentence and a table."""

    def __init__(self, theme: Theme, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        self.note = plain_label("", "muted", wrap=True)
        self.model = DisagreementsModel(wording, self)
        self._delegate = AnswerDelegate(theme, self)
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setItemDelegate(self._delegate)
        self.table.setAccessibleName(wording.text("decide.disagreements"))
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.table.verticalHeader().hide()
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACE.m, 0, 0)
        column.setSpacing(SPACE.s)
        column.addWidget(self.note)
        column.addWidget(self.table)
        column.addStretch(1)

    def show_note(self, key: str) -> None:
        """Say something instead of showing examples."""
        self.model.set_rows((), ())
        self.note.setText(self._wording.text(key))
        self.table.hide()

    def show_rows(self, names: Sequence[str], rows: Sequence[Disagreement], total: int) -> None:
        """Show contested examples; ``total`` counts those that are not shown too."""
        self.model.set_rows(names, rows)
        self.note.setText(self._wording.text("decide.disagreements_count", n=total))
        sign = self.fontMetrics().averageCharWidth()
        header = self.table.horizontalHeader()
        for section in range(self.model.columnCount()):
            signs = ANSWER_SIGNS
            if section < FIRST_ANSWER:
                signs = TEXT_SIGNS if section == 0 else LABEL_SIGNS
            header.setSectionResizeMode(section, QHeaderView.ResizeMode.Interactive)
            self.table.setColumnWidth(section, sign * signs)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setMinimumSectionSize(sign * LABEL_SIGNS)
        height = self._delegate.row_height(self.table.fontMetrics())
        self.table.verticalHeader().setDefaultSectionSize(height)
        shown = min(ROWS_HIGH, max(1, len(rows)))
        frame = header.sizeHint().height() + self.table.horizontalScrollBar().sizeHint().height()
        self.table.setFixedHeight(shown * height + frame + 4)
        self.table.show()
