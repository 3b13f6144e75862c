# SPDX-License-Identifier: Apache-2.0
"""Scores as horizontal bars with their intervals, and the zone that is good enough."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ui.theme.theme import Theme
from ui.theme.tokens import SPACE
from ui.widgets.chart import Chart, Write, nice_ticks, one_line, plain_number

_LABEL_SHARE = 0.36


@dataclass(frozen=True, slots=True)
class BarRow:
    """One contestant: its score with an interval; ``chosen`` is the one recommended."""

    key: str
    label: str
    score: float
    low: float | None = None
    high: float | None = None
    chosen: bool = False
    note: str = ""
    """More for the tool tip."""

    @property
    def interval(self) -> tuple[float, float] | None:
        """The interval if there is a finite one."""
        if self.low is None or self.high is None:
            return None
        return (self.low, self.high) if math.isfinite(self.low + self.high) else None


class BarChart(Chart):
    """Bars begin at zero unless ``set_range`` says otherwise."""

    def __init__(
        self,
        theme: Theme,
        name: str = "",
        write: Write = plain_number,
        nothing: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, name, parent)
        self._write, self._nothing = write, nothing
        self._rows: tuple[BarRow, ...] = ()
        self._zone: tuple[float, float, str] | None = None
        self._range: tuple[float, float] | None = None

    @property
    def rows(self) -> tuple[BarRow, ...]:
        """What is shown."""
        return self._rows

    def set_write(self, name: str, write: Write) -> None:
        """Another name and way to write values; rows come after it."""
        self._write = write
        self.setAccessibleName(name)

    def set_rows(self, rows: Sequence[BarRow]) -> None:
        """Show these, in this order."""
        self._rows = tuple(rows)
        self.set_regions(())
        self.setAccessibleDescription("; ".join(self._told(row) for row in self._rows))
        self.updateGeometry()
        self.update()

    def set_zone(self, low: float | None, high: float | None = None, caption: str = "") -> None:
        """Shade what is good enough: from the best less the margin to the best; None takes it away."""
        usable = low is not None and math.isfinite(low)
        end = high if high is not None and math.isfinite(high) else math.inf
        self._zone = (low, end, caption) if usable and low is not None else None
        self.updateGeometry()
        self.update()

    def set_range(self, low: float, high: float) -> None:
        """Fix the axis."""
        self._range = (low, high) if high > low else None
        self.update()

    def sizeHint(self) -> QSize:
        """High enough for all rows and the axis."""
        rows = max(2, len(self._rows))
        height = rows * self._step() + self._axis_height()
        return QSize(self.fontMetrics().averageCharWidth() * 70, height)

    def minimumSizeHint(self) -> QSize:
        """Rows never overlap."""
        return QSize(self.fontMetrics().averageCharWidth() * 36, self.sizeHint().height())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Highlight the row under the pointer."""
        self.hover_at(event.position())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw zone, axis, rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._rows:
            self.paint_nothing(painter, self._nothing)
        else:
            plot = self._plot()
            self._paint_axis(painter, plot)
            regions = []
            for at, row in enumerate(self._rows):
                band = QRectF(0, at * self._step(), self.width(), self._step())
                self._paint_row(painter, plot, band, row)
                regions.append((band, row.key, self._told(row)))
            self.set_regions(regions)
        painter.end()

    # -- measures -----------------------------------------------------------------------------------

    def _step(self) -> int:
        return round(self.fontMetrics().height() * 2.1)

    def _axis_height(self) -> int:
        lines = 2 if self._zone and self._zone[2] else 1
        return self.small_metrics().height() * lines + SPACE.m

    def _plot(self) -> QRectF:
        # The chosen row is written in bold, so that every row gets the room that bold needs.
        bold = self.font()
        bold.setBold(True)
        metrics = QFontMetrics(bold)
        widest = max(metrics.horizontalAdvance(one_line(row.label)) for row in self._rows) + 1
        left = min(widest, round(self.width() * _LABEL_SHARE)) + SPACE.m
        values = max(metrics.horizontalAdvance(self._value(row)) for row in self._rows)
        right = self.width() - values - SPACE.m
        return QRectF(left, 0, max(8, right - left), len(self._rows) * self._step())

    def _limits(self) -> tuple[float, float]:
        if self._range:
            return self._range
        values = [0.0]
        for row in self._rows:
            values += [v for v in (row.score, row.low, row.high) if v is not None]
        if self._zone:
            values.append(self._zone[0])
        finite = [value for value in values if math.isfinite(value)]
        low, high = min(finite), max(finite)
        if high <= low:
            high = low + 1.0
        # Scores of a whole end at one: an axis that ends there is easier to read.
        return low, 1.0 if 0.5 < high <= 1.0 and low >= 0 else high * 1.02

    def _x(self, plot: QRectF, value: float) -> float:
        low, high = self._limits()
        share = (min(high, max(low, value)) - low) / (high - low)
        return plot.left() + share * plot.width()

    # -- painting -----------------------------------------------------------------------------------

    def _paint_axis(self, painter: QPainter, plot: QRectF) -> None:
        colour, small = self.theme.colour, self.small_metrics()
        painter.setFont(self.small_font())
        low, high = self._limits()
        if self._zone:
            start, end = self._x(plot, self._zone[0]), self._x(plot, min(high, self._zone[1]))
            painter.fillRect(
                QRectF(start, plot.top(), max(2, end - start), plot.height()), colour("ok_soft")
            )
            painter.setPen(self.pen(colour("ok"), 1.2, dashed=True))
            painter.drawLine(QPointF(start, plot.top()), QPointF(start, plot.bottom()))
        painter.setPen(self.pen(colour("border_strong")))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        base = plot.bottom() + small.ascent() + SPACE.xs
        used = -1e9
        widest = small.horizontalAdvance(self._write(high)) + SPACE.xl
        for tick in nice_ticks(low, high, max(1, int(plot.width() / widest))):
            x, text = self._x(plot, tick), self._write(tick)
            width = small.horizontalAdvance(text)
            painter.setPen(self.pen(colour("border_strong")))
            painter.drawLine(QPointF(x, plot.bottom()), QPointF(x, plot.bottom() + 3))
            left = min(max(0.0, x - width / 2), self.width() - width)
            if left > used + SPACE.s:
                painter.setPen(colour("muted"))
                painter.drawText(QPointF(left, base), text)
                used = left + width
        if self._zone and self._zone[2]:
            caption = small.elidedText(
                one_line(self._zone[2]), Qt.TextElideMode.ElideRight, self.width() - SPACE.l
            )
            left = min(start, self.width() - small.horizontalAdvance(caption) - SPACE.xs)
            painter.setPen(colour("ok"))
            painter.drawText(QPointF(max(0.0, left), base + small.height()), caption)
        painter.setFont(self.font())

    def _paint_row(self, painter: QPainter, plot: QRectF, band: QRectF, row: BarRow) -> None:
        colour, metrics = self.theme.colour, self.fontMetrics()
        font = painter.font()
        font.setBold(row.chosen)
        painter.setFont(font)
        middle = band.center().y()
        base = middle + (metrics.ascent() - metrics.descent()) / 2
        room = int(plot.left()) - SPACE.m
        mode = Qt.TextElideMode.ElideMiddle
        words = painter.fontMetrics().elidedText(one_line(row.label), mode, room)
        painter.setPen(colour("text"))
        painter.drawText(QPointF(0, base), words)
        value = self._value(row)
        left = self.width() - painter.fontMetrics().horizontalAdvance(value)
        painter.drawText(QPointF(left, base), value)
        font.setBold(False)
        painter.setFont(font)
        if not math.isfinite(row.score):
            return
        thick = self._step() * 0.36
        zero = self._x(plot, max(0.0, self._limits()[0]))
        end = self._x(plot, row.score)
        bar = QRectF(min(zero, end), middle - thick / 2, max(2.0, abs(end - zero)), thick)
        ink = colour("accent" if row.chosen else "border_strong")
        if row.key == self.hovered and not row.chosen:
            ink = colour("muted")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        painter.drawRoundedRect(bar, 2, 2)
        if row.interval is None:
            return
        # A halo in the colour of the ground keeps the line readable on its own bar.
        start, stop = (QPointF(self._x(plot, at), middle) for at in row.interval)
        painter.setPen(self.pen(colour("surface"), 4.0))
        self.whisker(painter, start, stop, thick * 0.42)
        painter.setPen(self.pen(colour("text"), 1.6))
        self.whisker(painter, start, stop, thick * 0.38)

    def _value(self, row: BarRow) -> str:
        return self._write(row.score) if math.isfinite(row.score) else "–"

    def _told(self, row: BarRow) -> str:
        told = f"{row.label}: {self._value(row)}"
        if row.interval is not None:
            low, high = row.interval
            told += f" ({self._write(low)} – {self._write(high)})"
        return f"{told}. {row.note}" if row.note else told
