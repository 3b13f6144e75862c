# SPDX-License-Identifier: Apache-2.0
"""What a form takes here: a picture of its memory, its speed in words, and what would make it fit."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from selector.hub.explained import Explained, change_lines, parts_of, speed_lines
from selector.wording import Wording
from ui.pages.labels import label
from ui.theme.theme import Theme
from ui.theme.tokens import SPACE
from ui.widgets.parts_chart import Part, PartsChart
from ui.widgets.plain import breakable


class CandidateFit(QWidget):
    """Shows an Explained."""

    def __init__(
        self, explained: Explained, theme: Theme, wording: Wording, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        text, fit = wording.text, explained.fit
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.xs)
        if changes := change_lines(explained, wording):
            column.addWidget(label(text("would_take.title"), "section"))
            for line in changes:
                column.addWidget(label(breakable(line)))
            column.addSpacing(SPACE.s)
        column.addWidget(label(text("fit_says.title"), "section"))
        self.chart = PartsChart(
            theme, text("fit_says.chart"), lambda size: wording.bytes(round(size))
        )
        parts = [Part(text(f"fit_says.{name}"), size) for name, size in parts_of(fit)]
        free = explained.available_bytes
        self.chart.set_parts(parts, free, text("fit_says.free", bytes=free))
        self.chart.setVisible(bool(parts))
        column.addWidget(self.chart)
        for line in speed_lines(fit, wording):
            column.addWidget(label(line, "small"))
