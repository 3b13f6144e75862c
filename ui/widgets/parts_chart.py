# SPDX-License-Identifier: Apache-2.0
"""Parts of a whole as one bar with a line for what there is, and a legend that says the same in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

from ui.theme.theme import Theme
from ui.theme.tokens import SPACE
from ui.widgets.chart import Chart, Write, one_line, plain_number


@dataclass(frozen=True, slots=True)
class Part:
    """One part; ``size`` in the unit of the chart."""

    label: str
    size: float


class PartsChart(Chart):
    """The bar is as long as the larger of the whole and the limit; what lies beyond the limit is marked."""

    def __init__(
        self,
        theme: Theme,
        name: str = "",
        write: Write = plain_number,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, name, parent)
        self._write = write
        self._parts: tuple[Part, ...] = ()
        self._limit, self._limit_words = 0.0, ""

    def set_parts(self, parts: Sequence[Part], limit: float, limit_words: str) -> None:
        """Show these, the largest in the legend first; ``limit`` is what there is, in ``limit_words``."""
        self._parts = tuple(part for part in parts if part.size > 0)
        self._limit, self._limit_words = max(0.0, limit), one_line(limit_words)
        told = [*(self._words(part) for part in self._ordered()), self._limit_words]
        self.setAccessibleDescription("; ".join(filter(None, told)))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """A caption, the bar, and a line for each part."""
        return QSize(self.fontMetrics().averageCharWidth() * 34, self._height())

    def minimumSizeHint(self) -> QSize:
        """Lines never overlap."""
        return QSize(self.fontMetrics().averageCharWidth() * 16, self._height())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Highlight the part under the pointer."""
        self.hover_at(event.position())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw caption, bar, limit, legend."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.small_font())
        top = self.small_metrics().height() + SPACE.xs
        bar = QRectF(0.5, top, self.width() - 1, self._bar_height())
        whole = sum(part.size for part in self._parts)
        length = max(whole, self._limit, 1e-9)
        shape = QPainterPath()
        shape.addRoundedRect(bar, 5, 5)
        painter.fillPath(shape, self.theme.colour("sunken"))
        regions = []
        painter.save()
        painter.setClipPath(shape)
        left = bar.left()
        for number, part in enumerate(self._parts):
            width = part.size / length * bar.width()
            box = QRectF(left, bar.top(), width, bar.height())
            colour = QColor(self._colour(number))
            if self.hovered not in {None, part.label}:
                colour.setAlphaF(0.45)
            painter.fillRect(box, colour)
            # A gap in the colour of the page tells neighbours apart without relying on their colours.
            painter.fillRect(
                QRectF(box.right() - 1, bar.top(), 1, bar.height()), self.theme.colour("surface")
            )
            regions.append((box, part.label, self._words(part)))
            left += width
        painter.restore()
        painter.setPen(self.pen(self.theme.colour("border_strong")))
        painter.drawPath(shape)
        self._paint_limit(painter, bar, whole, length)
        self.set_regions([*regions, *self._paint_legend(painter, bar)])
        painter.end()

    def _paint_limit(self, painter: QPainter, bar: QRectF, whole: float, length: float) -> None:
        if not self._limit:
            return
        small = self.small_metrics()
        over = whole > self._limit
        colour = self.theme.colour("bad" if over else "muted")
        x = round(bar.left() + self._limit / length * bar.width()) - 0.5
        painter.setPen(self.pen(colour, 2.0))
        if over:
            painter.drawLine(QPointF(x, bar.top() - 2), QPointF(x, bar.bottom() + 2))
        words = small.elidedText(self._limit_words, Qt.TextElideMode.ElideRight, self.width())
        width = small.horizontalAdvance(words)
        at = min(max(0.0, x - width), self.width() - width)
        painter.setPen(colour)
        painter.drawText(QPointF(at, small.ascent()), words)

    def _paint_legend(self, painter: QPainter, bar: QRectF) -> list[tuple[QRectF, str, str]]:
        small, step = self.small_metrics(), self._step()
        side = round(small.ascent() * 0.7)
        numbers = {part.label: number for number, part in enumerate(self._parts)}
        regions = []
        for row, part in enumerate(self._ordered()):
            top = bar.bottom() + SPACE.s + row * step
            swatch = QRectF(0, top + (step - side) / 2, side, side)
            painter.fillRect(swatch, self._colour(numbers[part.label]))
            room = self.width() - side - SPACE.s
            words = small.elidedText(self._words(part), Qt.TextElideMode.ElideMiddle, room)
            painter.setPen(self.theme.colour("text"))
            base = top + (step + small.ascent() - small.descent()) / 2
            painter.drawText(QPointF(side + SPACE.s, base), words)
            regions.append((QRectF(0, top, self.width(), step), part.label, self._words(part)))
        return regions

    def _ordered(self) -> list[Part]:
        return sorted(self._parts, key=lambda part: -part.size)

    def _words(self, part: Part) -> str:
        return f"{one_line(part.label)} · {self._write(part.size)}"

    def _colour(self, number: int) -> QColor:
        series = [QColor(name) for name in self.theme.tokens.series]
        more = [self.theme.colour("muted"), self.theme.colour("border_strong")]
        return (series + more)[number % (len(series) + len(more))]

    def _bar_height(self) -> int:
        return round(self.fontMetrics().height() * 0.9)

    def _step(self) -> int:
        return self.small_metrics().height() + 2

    def _height(self) -> int:
        line = self.small_metrics().height()
        legend = len(self._parts) * self._step() + SPACE.s
        return line + SPACE.xs + self._bar_height() + legend
