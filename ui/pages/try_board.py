# SPDX-License-Identifier: Apache-2.0
"""Answers side by side: one column a contestant, aligned by input; texts stream into cards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QGridLayout,
    QHeaderView,
    QScrollArea,
    QTableView,
    QWidget,
)

from selector.tasks.base import OutputKind
from selector.tasks.outputs import Output, Text
from selector.wording import Wording
from ui.models.answers_model import AnswersModel
from ui.pages.try_answer_delegate import AnswerDelegate
from ui.pages.try_contestant_card import (
    ContestantCard,
    MeasuresCard,
    error_text,
    footer_text,
    phase_tone,
    phase_word,
    size_text,
)
from ui.pages.try_state import Seat
from ui.theme.theme import Theme
from ui.theme.tokens import SPACE
from ui.widgets.output_card import OutputCard
from ui.widgets.plain import plain_label

INPUT_SIGNS = 26
COLUMN_SIGNS = 21
CARD_SIGNS = 34
ROWS_HIGH = 8
"""Rows seen without scrolling, at the most."""


class TryBoard(QScrollArea):
    """The columns; scrolls sideways where there are many."""

    def __init__(self, theme: Theme, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._wording = theme, wording
        self._kind: OutputKind = "labels"
        self._cards: list[ContestantCard] = []
        self.measures: list[MeasuresCard] = []
        self.texts: list[OutputCard] = []
        self.model = AnswersModel(wording, self)
        self._delegate = AnswerDelegate(theme, self)
        self.table = _table(self.model, self._delegate)
        self.table.setAccessibleName(wording.text("try.answers"))
        self._corner = plain_label(wording.text("try.input"), "muted")
        self._nothing = plain_label(wording.text("try.nothing_yet"), "muted")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._body = QWidget()
        self._grid = QGridLayout(self._body)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(SPACE.s)
        self.setWidget(self._body)
        theme.changed.connect(self._repaint)

    # -- content ------------------------------------------------------------------------------------

    def set_seats(self, seats: Sequence[Seat], kind: OutputKind) -> None:
        """Make a column for each contestant."""
        self._kind = kind
        self._clear()
        if kind == "text":
            self._lay_out_texts(seats)
        else:
            self._lay_out_table(seats)
        self.start((), seats)

    def start(self, inputs: Iterable[str], seats: Sequence[Seat]) -> None:
        """Show these inputs, without answers."""
        self.model.start(inputs, [seat.shown for seat in seats])
        for card in self.texts:
            card.clear()
        there = self._kind != "text" and self.model.rowCount() > 0
        self.table.setVisible(there)
        self._corner.setVisible(there)
        self._nothing.setVisible(self._kind != "text" and not there)
        begun = any(seat.phase != "idle" for seat in seats)
        for measures, seat in zip(self.measures, seats, strict=False):
            measures.setVisible(begun and not seat.alias)
        for number in range(len(seats)):
            self.show_seat(number, seats[number])
        self._fit()

    def show_seat(self, number: int, seat: Seat) -> None:
        """Render where a contestant stands."""
        words = self._wording
        if self._kind == "text":
            self._show_text_card(self.texts[number], seat)
            return
        self._cards[number].show_seat(seat)
        self.measures[number].show_seat(seat)
        if seat.phase == "failed":
            self.model.set_note(number, "failed", words.text("try.phase.failed"))
        else:
            self.model.set_note(number, "waiting", "…" if phase_word(seat, words) else "")

    def show_forms(self, seats: Sequence[Seat]) -> None:
        """Make room for how the forms of one model agree, in every column or in none."""
        there = any(x.measurement is not None and x.measurement.agreement for x in seats)
        for measures in self.measures:
            measures.show_agreement(there=there)
        self._align()

    def add_answers(self, arrived: dict[tuple[int, int], Output]) -> None:
        """Take answers by (input number, contestant number)."""
        if self._kind != "text":
            self.model.add(arrived)
            return
        for (_, column), output in arrived.items():
            if isinstance(output, Text) and self.texts[column].text != output.text:
                self.texts[column].set_text(output.text)

    def add_failures(self, failed: Mapping[tuple[int, int], Mapping[str, Any]]) -> None:
        """Take errors (code and facts) of single inputs by (input number, contestant number)."""
        if self._kind != "text":
            self.model.add_failures({place: self._reason(x) for place, x in failed.items()})

    def stream(self, number: int, piece: str) -> None:
        """Add a piece of text to a contestant's card."""
        if self._kind == "text":
            self.texts[number].append_text(piece)

    def _reason(self, error: Mapping[str, Any]) -> str:
        """Why an input got no answer, as short as a cell wants it."""
        code, facts = str(error["code"]), error["facts"]
        if code == "input.unusable":
            said = self._wording.text(str(facts.get("reason")), **facts)
            return said[:1].upper() + said[1:]
        return self._wording.error(code, facts)[0]

    # -- inside -------------------------------------------------------------------------------------

    def _clear(self) -> None:
        for widget in (*self._cards, *self.measures, *self.texts):
            self._grid.removeWidget(widget)
            widget.hide()
            widget.deleteLater()
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, 0)
            self._grid.setColumnMinimumWidth(column, 0)
        for fixed in (self._corner, self._nothing, self.table):
            self._grid.removeWidget(fixed)
            fixed.hide()
        self._cards, self.measures, self.texts = [], [], []

    def _lay_out_table(self, seats: Sequence[Seat]) -> None:
        sign = self.fontMetrics().averageCharWidth()
        self._grid.addWidget(self._corner, 0, 0, Qt.AlignmentFlag.AlignBottom)
        self._corner.show()
        self._grid.setColumnMinimumWidth(0, sign * INPUT_SIGNS)
        self._grid.setColumnStretch(0, INPUT_SIGNS)
        for number in range(len(seats)):
            card, measured = (
                ContestantCard(self._theme, self._wording),
                MeasuresCard(self._wording),
            )
            self._cards.append(card)
            self.measures.append(measured)
            self._grid.addWidget(card, 0, number + 1)
            self._grid.addWidget(measured, 2, number + 1)
            self._grid.setColumnMinimumWidth(number + 1, sign * COLUMN_SIGNS)
            self._grid.setColumnStretch(number + 1, COLUMN_SIGNS)
        self._grid.addWidget(self.table, 1, 0, 1, len(seats) + 1)
        self._grid.addWidget(self._nothing, 2, 0, 1, len(seats) + 1)
        self._grid.setRowStretch(1, 0)
        self._grid.setRowStretch(3, 1)

    def _lay_out_texts(self, seats: Sequence[Seat]) -> None:
        sign = self.fontMetrics().averageCharWidth()
        for number, seat in enumerate(seats):
            card = OutputCard(self._theme, seat.shown)
            self.texts.append(card)
            self._grid.addWidget(card, 0, number, 2, 1)
            self._grid.setColumnMinimumWidth(number, sign * CARD_SIGNS)
            self._grid.setColumnStretch(number, 1)
        self._grid.setRowStretch(1, 1)
        self._grid.setRowStretch(3, 0)

    def _show_text_card(self, card: OutputCard, seat: Seat) -> None:
        words = self._wording
        card.set_name(seat.shown, size_text(seat, words))
        tone, icon = phase_tone(seat)
        card.set_state(phase_word(seat, words), tone, icon)
        if seat.error:
            card.show_error(*error_text(seat, words))
        card.set_footer(*footer_text(seat, words))

    def _fit(self) -> None:
        """As high as the content needs, so that the page scrolls and not a page within a page."""
        height = self._delegate.row_height(self.table.fontMetrics())
        self.table.verticalHeader().setDefaultSectionSize(height)
        rows = min(ROWS_HIGH, max(1, self.model.rowCount()))
        self.table.setFixedHeight(rows * height + 4)
        self._align()

    def _align(self) -> None:
        """Give the table's columns the widths of the cards above them."""
        if self._kind == "text" or not self._cards:
            return
        self._grid.activate()
        edge = self._grid.cellRect(0, 0).left()
        for column in range(len(self._cards) + 1):
            right = self._grid.cellRect(0, column).right() + SPACE.s // 2
            if column == len(self._cards):
                right = (
                    edge
                    + self.table.viewport().width()
                    - sum(self.table.columnWidth(x) for x in range(column))
                )
                self.table.setColumnWidth(column, max(1, right - edge))
                break
            self.table.setColumnWidth(column, max(1, right - edge))
            edge = right
        wanted = self._body.sizeHint().height()
        bar = self.horizontalScrollBar()
        extra = bar.sizeHint().height() if bar.maximum() > 0 else 0
        self.setMinimumHeight(wanted + extra)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep columns below their cards."""
        super().resizeEvent(event)
        self._align()

    def showEvent(self, event: QShowEvent) -> None:
        """Sizes are known only now."""
        super().showEvent(event)
        self._align()

    def _repaint(self) -> None:
        self.table.viewport().update()


def _table(model: AnswersModel, delegate: AnswerDelegate) -> QTableView:
    table = QTableView()
    table.setModel(model)
    table.setItemDelegate(delegate)
    table.horizontalHeader().hide()
    table.verticalHeader().hide()
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.setWordWrap(True)
    return table
