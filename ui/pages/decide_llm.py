# SPDX-License-Identifier: Apache-2.0
"""The card "Do you need an LLM?": the offer to compare, or the small model beside the LLM."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from selector.decide.need_llm import NeedLlm
from selector.decide.need_llm_text import heading, lines, notes, sentence, short_name
from selector.wording import Wording
from ui.theme.theme import Theme
from ui.theme.tokens import SPACE
from ui.widgets.flow_layout import FlowLayout
from ui.widgets.icon_label import IconLabel
from ui.widgets.plain import breakable, plain_label

_LOOKS = {
    "no": ("circle-check", "ok"),
    "yes": ("info", "accent"),
    "unclear": ("circle-question-mark", "warn"),
}


class DecideLlm(QFrame):
    """One comparison, or none yet.

    Signals:
        compare_asked: choose an LLM and see what would be sent.
        prices_asked: see and change the price table.
        leave_asked: go on without the LLM.
    """

    compare_asked = Signal()
    prices_asked = Signal()
    leave_asked = Signal()

    def __init__(self, theme: Theme, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._wording = theme, wording
        text = wording.text
        self.setProperty("card", True)
        self.setAccessibleName(text("need_llm.title"))
        self._icon = IconLabel(theme, scale=1.4)
        self.heading = plain_label("", "section", wrap=True)
        self.sentence = plain_label("", wrap=True)
        self._grid_place = QVBoxLayout()
        self._notes = QVBoxLayout()
        self._notes.setSpacing(SPACE.xs)
        self.compare = self._button("llm.compare", self.compare_asked)
        self.prices = self._button("llm.prices", self.prices_asked)
        self.leave = self._button("llm.leave_out", self.leave_asked)
        self.leave.setProperty("kind", "quiet")
        buttons = QWidget()
        flow = FlowLayout(buttons)
        for button in (self.compare, self.prices, self.leave):
            flow.addWidget(button)
        words = QVBoxLayout()
        words.setSpacing(SPACE.s)
        words.addWidget(plain_label(text("need_llm.title"), "section"))
        words.addWidget(self.heading)
        words.addWidget(self.sentence)
        words.addLayout(self._grid_place)
        words.addLayout(self._notes)
        words.addWidget(buttons)
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.l, SPACE.m, SPACE.l, SPACE.m)
        row.setSpacing(SPACE.m)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        self.show_offer("llm.offer", can_compare=True)

    def _button(self, key: str, signal: object) -> QPushButton:
        made = QPushButton(self._wording.text(key))
        made.clicked.connect(lambda: signal.emit())  # type: ignore[attr-defined]
        return made

    def show_offer(self, key: str, *, can_compare: bool) -> None:
        """No comparison yet: say what one is, or why there can be none."""
        self._icon.set_icon("scale", "muted")
        self.heading.hide()
        self.sentence.setText(self._wording.text(key))
        self._clear()
        self.compare.setText(self._wording.text("llm.compare"))
        self.compare.setVisible(can_compare)
        self.leave.hide()

    def show_need(self, need: NeedLlm, *, can_compare: bool) -> None:
        """Show a comparison."""
        self._icon.set_icon(*_LOOKS[need.answer])
        self.heading.setText(heading(need, self._wording))
        self.heading.show()
        self.sentence.setText(sentence(need, self._wording))
        self._clear()
        self._grid_place.addWidget(self._table(need))
        for note in notes(need, self._wording):
            self._notes.addWidget(plain_label(note, "muted", wrap=True))
        self.compare.setText(self._wording.text("llm.another"))
        self.compare.setVisible(can_compare)
        self.leave.setVisible(can_compare)

    def said(self) -> list[str]:
        """Cells of the table, row by row, as shown."""
        item = self._grid_place.itemAt(0)
        widget = item.widget() if item is not None else None
        return [] if widget is None else list(widget.property("said"))

    def notes_said(self) -> list[str]:
        """What stands below the table."""
        places = range(self._notes.count())
        widgets = [item.widget() for i in places if (item := self._notes.itemAt(i)) is not None]
        return [str(widget.property("text")) for widget in widgets if widget is not None]

    def _table(self, need: NeedLlm) -> QWidget:
        table = QWidget()
        table.setAccessibleName(self._wording.text("llm.table"))
        grid = QGridLayout(table)
        grid.setContentsMargins(0, SPACE.s, 0, SPACE.s)
        grid.setHorizontalSpacing(SPACE.xl)
        grid.setVerticalSpacing(SPACE.xs)
        said: list[str] = []
        names = (short_name(need.local.ref), short_name(need.llm.ref))
        for column, name in enumerate(names, 1):
            grid.addWidget(plain_label(breakable(name), "section", wrap=True), 0, column)
        for number, line in enumerate(lines(need, self._wording), 1):
            said += [line.title, line.local, line.llm]
            grid.addWidget(plain_label(line.title, "muted", wrap=True), number, 0)
            grid.addWidget(plain_label(breakable(line.local), wrap=True), number, 1)
            grid.addWidget(plain_label(breakable(line.llm), wrap=True), number, 2)
        for column in range(3):
            grid.setColumnStretch(column, 1)
        table.setProperty("said", said)
        return table

    def _clear(self) -> None:
        for layout in (self._grid_place, self._notes):
            _empty(layout)


def _empty(layout: QVBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()


def first_of(needs: Sequence[NeedLlm], name: str | None) -> NeedLlm | None:
    """The comparison with the endpoint ``name``; without one of it, the first there is."""
    wanted = f"endpoint:{name}"
    return next((each for each in needs if each.llm.ref == wanted), needs[0] if needs else None)
