# SPDX-License-Identifier: Apache-2.0
"""The card before a download: one line for each question, with an icon, a word and the reasons."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from selector.hub.preflight import Answer, Check, Preflight, said
from selector.wording import Wording
from ui.theme.theme import Theme
from ui.theme.tokens import SPACE
from ui.widgets.icon_label import IconLabel
from ui.widgets.plain import breakable, plain_label

MARKS: Final[dict[Answer, tuple[str, str]]] = {
    "yes": ("circle-check", "ok"),
    "care": ("triangle-alert", "warn"),
    "no": ("circle-x", "bad"),
    "unknown": ("circle-help", "muted"),
}
"""Icon and colour of each answer; the word beside them says the same."""


class PreflightCard(QFrame):
    """Shows a Preflight. Screen readers get each line as one sentence."""

    def __init__(self, theme: Theme, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._wording = theme, wording
        self.setProperty("card", True)
        self.setAccessibleName(wording.text("preflight.title"))
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.m, SPACE.s, SPACE.m, SPACE.s)
        column.setSpacing(SPACE.s)
        self.title = plain_label(wording.text("preflight.title"), "section")
        column.addWidget(self.title)
        self._grid = QGridLayout()
        self._grid.setColumnStretch(1, 1)
        self._grid.setHorizontalSpacing(SPACE.s)
        self._grid.setVerticalSpacing(2)
        column.addLayout(self._grid)
        self.note = plain_label("", "muted", wrap=True)
        self.note.hide()
        column.addWidget(self.note)

    def show_card(self, card: Preflight, note: str = "", *, here: bool = False) -> None:
        """Show these answers, and what is under way or went wrong; ``here`` is on this disk already."""
        title = self._wording.text("preflight.title_here" if here else "preflight.title")
        self.title.setText(title)
        self.setAccessibleName(title)
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for place, check in enumerate(card.checks):
            self._add(place, check)
        self.note.setText(note)
        self.note.setVisible(bool(note))

    def _add(self, place: int, check: Check) -> None:
        icon, role = MARKS[check.answer]
        headline, reasons = said(check, self._wording)
        mark = IconLabel(self._theme, icon, role)
        head = plain_label(headline, wrap=True)
        head.setAccessibleName(f"{headline}. {reasons}" if reasons else headline)
        top = Qt.AlignmentFlag.AlignTop
        self._grid.addWidget(mark, 2 * place, 0, top)
        self._grid.addWidget(head, 2 * place, 1)
        if reasons:
            small = plain_label(breakable(reasons), "small", wrap=True)
            self._grid.addWidget(small, 2 * place + 1, 1)
