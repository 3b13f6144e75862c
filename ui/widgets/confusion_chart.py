# SPDX-License-Identifier: Apache-2.0
"""Right answers against a model's answers, as a grid of counts; the diagonal is what was right."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ui.theme.theme import Theme
from ui.theme.tokens import SPACE
from ui.widgets.chart import Chart, one_line

LABEL_SHARE = 0.3
LEAST_CELL = 6
"""Pixels; below the height of a line no counts are written."""
MOST_CELL = 2.4
"""Heights of a line."""

Told = Callable[[int, int], str]


class ConfusionChart(Chart):
    """Rows are right answers, columns the model's; columns are numbered like rows."""

    def __init__(
        self,
        theme: Theme,
        name: str = "",
        nothing: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, name, parent)
        self._nothing = nothing
        self._labels: tuple[str, ...] = ()
        self._rows: tuple[tuple[int, ...], ...] = ()
        self._tell: Told = lambda _row, _column: ""

    def set_matrix(
        self, labels: Sequence[str], rows: Sequence[Sequence[int]], tell: Told, description: str
    ) -> None:
        """Show a matrix; ``tell`` writes the tool tip of a cell."""
        fits = len(rows) == len(labels) and all(len(row) == len(labels) for row in rows)
        self._labels = tuple(labels) if fits else ()
        self._rows = tuple(tuple(row) for row in rows) if fits else ()
        self._tell = tell
        self.setAccessibleDescription(description)
        self.set_regions(())
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Square cells of a readable size."""
        side = round(self.fontMetrics().height() * 1.7)
        count = max(3, len(self._labels))
        least = self.fontMetrics().averageCharWidth() * 40
        return QSize(least + side * count, side * count + self._head())

    def minimumSizeHint(self) -> QSize:
        """Cells may shrink to dots of colour."""
        count = max(3, len(self._labels))
        cell = min(round(self.fontMetrics().height() * 1.7), max(LEAST_CELL, 600 // count))
        width = self.fontMetrics().averageCharWidth() * 20 + LEAST_CELL * count
        return QSize(width, cell * count + self._head())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Highlight the cell under the pointer."""
        self.hover_at(event.position())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw labels and cells."""
        painter = QPainter(self)
        if self._labels:
            self._paint(painter)
        else:
            self.paint_nothing(painter, self._nothing)
        painter.end()

    def _head(self) -> int:
        return self.small_metrics().height() + SPACE.s

    def _paint(self, painter: QPainter) -> None:
        small = self.small_metrics()
        painter.setFont(self.small_font())
        count = len(self._labels)
        names = [f"{i + 1}  {one_line(x)}" for i, x in enumerate(self._labels)]
        widest = max(small.horizontalAdvance(x) for x in names) + SPACE.m
        left = min(widest, round(self.width() * LABEL_SHARE))
        high = (self.height() - self._head()) / count
        cell_height = min(high, small.height() * MOST_CELL)
        cell_width = min((self.width() - left) / count, cell_height * 1.8)
        written = cell_height >= small.height() and cell_width >= small.horizontalAdvance("000")
        regions = []
        for row, counts in enumerate(self._rows):
            top = self._head() + row * cell_height
            if cell_height >= small.height():
                box = QRectF(0, top, left - SPACE.s, cell_height)
                words = small.elidedText(names[row], Qt.TextElideMode.ElideRight, int(box.width()))
                painter.setPen(self.theme.colour("text"))
                painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, words)
            total = max(1, sum(counts))
            for column, value in enumerate(counts):
                box = QRectF(left + column * cell_width, top, cell_width, cell_height)
                self._paint_cell(painter, box, row, column, value / total, value if written else 0)
                regions.append((box, f"{row}/{column}", self._tell(row, column)))
        if written:
            painter.setPen(self.theme.colour("muted"))
            for column in range(count):
                box = QRectF(left + column * cell_width, 0, cell_width, self._head())
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(column + 1))
        self.set_regions(regions)

    def _paint_cell(
        self, painter: QPainter, box: QRectF, row: int, column: int, share: float, written: int
    ) -> None:
        ink = self.theme.colour("accent" if row == column else "bad")
        ground = self.theme.colour("sunken")
        inner = box.adjusted(1, 1, -1, -1)
        painter.fillRect(inner, ground)
        if share > 0:
            strength = 0.25 + 0.75 * share
            shade = QColor(ink)
            shade.setAlphaF(strength)
            painter.fillRect(inner, shade)
            if written:
                strong = strength > 0.55
                painter.setPen(self.theme.colour("on_accent" if strong else "text"))
                painter.drawText(inner, Qt.AlignmentFlag.AlignCenter, str(written))
        if self.hovered == f"{row}/{column}":
            painter.setPen(self.pen(self.theme.colour("text"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(inner)
