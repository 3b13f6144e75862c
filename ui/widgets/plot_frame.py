# SPDX-License-Identifier: Apache-2.0
"""The frame of a scatter plot: where values are on the screen, axes, grid, the shaded zone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QFontMetrics, QPainter, QPen

from ui.theme.theme import Theme
from ui.theme.tokens import SPACE
from ui.widgets.chart import Write, nice_ticks, one_line


@dataclass(frozen=True, slots=True)
class Axis:
    """What an axis shows and how its values are written."""

    title: str
    write: Write


class PlotFrame:
    """Made anew for each painting."""

    def __init__(
        self,
        size: QSizeF,
        metrics: QFontMetrics,
        x: Axis,
        y: Axis,
        costs: Sequence[float],
        scores: Sequence[float],
        *,
        log: bool,
    ) -> None:
        self._metrics, self._x, self._y, self._log = metrics, x, y, log
        self._low_x, self._high_x = _padded([self._scaled(cost) for cost in costs], 0.12)
        self._low_y, self._high_y = _padded(scores, 0.12)
        self._size = size
        line = metrics.height()
        top = (line if y.title else 0) + SPACE.s
        bottom = size.height() - line * (2 if x.title else 1) - SPACE.s
        self._y_ticks = nice_ticks(
            self._low_y, self._high_y, max(2, int((bottom - top) / line / 2))
        )
        left = max((metrics.horizontalAdvance(y.write(v)) for v in self._y_ticks), default=0)
        self.plot = QRectF(left + SPACE.s, top, size.width() - left - 2 * SPACE.s, bottom - top)

    def at(self, cost: float, score: float) -> QPointF:
        """Where a point is."""
        across = (self._scaled(cost) - self._low_x) / (self._high_x - self._low_x)
        up = (score - self._low_y) / (self._high_y - self._low_y)
        return QPointF(
            self.plot.left() + across * self.plot.width(),
            self.plot.bottom() - min(1.0, max(0.0, up)) * self.plot.height(),
        )

    def line_at(self, value: float) -> QPointF:
        """Where both values are the same, also outside of the frame."""
        across = (self._scaled(value) - self._low_x) / (self._high_x - self._low_x)
        return QPointF(self.plot.left() + across * self.plot.width(), self._y_of(value))

    def zone_edge(self, zone: tuple[float, str] | None) -> list[QRectF]:
        """The line labels should not lie on."""
        if zone is None:
            return []
        return [QRectF(self.plot.left(), self._y_of(zone[0]) - 1, self.plot.width(), 2)]

    def caption_box(self, small: QFontMetrics, zone: tuple[float, str] | None) -> QRectF:
        """Where the words of the zone are, for labels to keep clear of."""
        if zone is None or not zone[1]:
            return QRectF()
        text = self._caption(zone[1])
        y = self._y_of(zone[0])
        width = small.horizontalAdvance(text)
        below = y + small.height() + 2 < self.plot.bottom()
        top = y + 2 if below else y - small.height() - 2
        return QRectF(self.plot.right() - width - SPACE.xs, top, width, small.height())

    def paint(self, painter: QPainter, theme: Theme, zone: tuple[float, str] | None) -> None:
        """Draw all but the points."""
        plot, small = self.plot, self._metrics
        if zone is not None:
            y = self._y_of(zone[0])
            painter.fillRect(
                QRectF(plot.left(), plot.top(), plot.width(), y - plot.top()),
                theme.colour("ok_soft"),
            )
            pen = QPen(theme.colour("ok"), 1.2)
            pen.setStyle(Qt.PenStyle.DashLine)
            painter.setPen(pen)
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
        self._paint_y(painter, theme)
        self._paint_x(painter, theme)
        painter.setPen(QPen(theme.colour("border_strong"), 1))
        painter.drawLine(plot.bottomLeft(), plot.bottomRight())
        if zone is not None and zone[1]:
            painter.setPen(theme.colour("ok"))
            box = self.caption_box(small, zone)
            painter.drawText(
                QPointF(box.left(), box.top() + small.ascent()), self._caption(zone[1])
            )

    def _paint_y(self, painter: QPainter, theme: Theme) -> None:
        small, plot = self._metrics, self.plot
        for value in self._y_ticks:
            y = self._y_of(value)
            painter.setPen(QPen(theme.colour("border"), 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            text = self._y.write(value)
            left = plot.left() - SPACE.s - small.horizontalAdvance(text)
            painter.setPen(theme.colour("muted"))
            painter.drawText(QPointF(left, y + (small.ascent() - small.descent()) / 2), text)
        title = small.elidedText(
            one_line(self._y.title), Qt.TextElideMode.ElideRight, int(self._size.width())
        )
        painter.drawText(QPointF(0, small.ascent()), title)

    def _paint_x(self, painter: QPainter, theme: Theme) -> None:
        small, plot = self._metrics, self.plot
        base = plot.bottom() + small.ascent() + SPACE.xs
        used = -1e9
        for value in self._x_ticks():
            x, text = self.at(value, self._low_y).x(), self._x.write(value)
            width = small.horizontalAdvance(text)
            left = x - width / 2
            painter.setPen(QPen(theme.colour("border_strong"), 1))
            painter.drawLine(QPointF(x, plot.bottom()), QPointF(x, plot.bottom() + 3))
            if left > used + SPACE.s and left >= 0 and left + width <= self._size.width():
                painter.setPen(theme.colour("muted"))
                painter.drawText(QPointF(left, base), text)
                used = left + width
        title = small.elidedText(
            one_line(self._x.title), Qt.TextElideMode.ElideRight, int(plot.width())
        )
        left = plot.right() - small.horizontalAdvance(title)
        painter.setPen(theme.colour("muted"))
        painter.drawText(QPointF(left, base + small.height()), title)

    def _x_ticks(self) -> list[float]:
        if not self._log:
            most = max(1, int(self.plot.width() / (self._metrics.averageCharWidth() * 12)))
            return nice_ticks(self._low_x, self._high_x, most)
        decades = range(math.floor(self._low_x), math.ceil(self._high_x) + 1)
        steps = (1, 2, 5) if self._high_x - self._low_x < 2.5 else (1,)
        values = [unit * 10.0**decade for decade in decades for unit in steps]
        return [v for v in values if self._low_x <= math.log10(v) <= self._high_x]

    def _y_of(self, score: float) -> float:
        share = (score - self._low_y) / (self._high_y - self._low_y)
        return self.plot.bottom() - share * self.plot.height()

    def _caption(self, text: str) -> str:
        room = int(self.plot.width()) - SPACE.s
        return self._metrics.elidedText(one_line(text), Qt.TextElideMode.ElideRight, room)

    def _scaled(self, cost: float) -> float:
        return math.log10(cost) if self._log else cost


def _padded(values: Sequence[float], share: float) -> tuple[float, float]:
    low, high = min(values), max(values)
    pad = (high - low) * share or max(abs(high) * 0.1, 0.05)
    return low - pad, high + pad
