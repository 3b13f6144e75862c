# SPDX-License-Identifier: Apache-2.0
"""Cost against score: every contestant a point with its interval, the smallest good one marked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.theme.theme import Theme
from ui.widgets.chart import Chart, Write, one_line, plain_number
from ui.widgets.label_places import nearest, place_labels
from ui.widgets.plot_frame import Axis, PlotFrame


@dataclass(frozen=True, slots=True)
class TradePoint:
    """One contestant; ``cost`` is memory, time or money, whatever the axis says."""

    key: str
    label: str
    cost: float
    score: float
    low: float | None = None
    high: float | None = None
    chosen: bool = False
    note: str = ""

    @property
    def usable(self) -> bool:
        """Whether it can be drawn."""
        return math.isfinite(self.cost) and math.isfinite(self.score)

    @property
    def interval(self) -> tuple[float, float] | None:
        """The interval if there is a finite one."""
        if self.low is None or self.high is None:
            return None
        return (self.low, self.high) if math.isfinite(self.low + self.high) else None


class TradeOffChart(Chart):
    """Upper left is best.

    Signals:
        picked: the user clicked a point or pressed Enter on it; its key.
    """

    picked = Signal(str)

    def __init__(
        self,
        theme: Theme,
        name: str = "",
        nothing: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, name, parent)
        self._nothing = nothing
        self._points: tuple[TradePoint, ...] = ()
        self._x, self._y = Axis("", plain_number), Axis("", plain_number)
        self._log = True
        self._zone: tuple[float, str] | None = None
        self._cursor: str | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    @property
    def points(self) -> tuple[TradePoint, ...]:
        """What is drawn: points without a finite cost and score are left out."""
        return self._points

    def set_axes(
        self,
        cost: str,
        score: str,
        write_cost: Write = plain_number,
        write_score: Write = plain_number,
        *,
        log: bool = True,
    ) -> None:
        """Name both axes and say how their values are written."""
        self._x, self._y, self._log = Axis(cost, write_cost), Axis(score, write_score), log
        self._describe()

    def set_points(self, points: Sequence[TradePoint]) -> None:
        """Show these."""
        self._points = tuple(point for point in points if point.usable)
        if self._cursor not in {point.key for point in self._points}:
            self._cursor = None
        self._describe()

    def set_zone(self, low: float | None, caption: str = "") -> None:
        """Shade the scores that are good enough; None takes it away."""
        self._zone = (low, caption) if low is not None and math.isfinite(low) else None
        self.update()

    def sizeHint(self) -> QSize:
        """Wider than high."""
        metrics = self.fontMetrics()
        return QSize(metrics.averageCharWidth() * 70, metrics.height() * 18)

    def minimumSizeHint(self) -> QSize:
        """Room for axes and a few labels."""
        metrics = self.fontMetrics()
        return QSize(metrics.averageCharWidth() * 36, metrics.height() * 11)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Highlight the point under the pointer."""
        self.hover_at(event.position())
        pointing = Qt.CursorShape.PointingHandCursor
        self.setCursor(pointing if self.hovered else Qt.CursorShape.ArrowCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click picks a point."""
        found = self.region_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and found:
            self._cursor = found[0]
            self.update()
            self.picked.emit(found[0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and Right go from point to point by cost; Enter picks."""
        keys = [point.key for point in sorted(self._points, key=lambda point: point.cost)]
        moves = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        key = Qt.Key(event.key())
        if keys and key in moves:
            at = keys.index(self._cursor) + moves[key] if self._cursor in keys else 0
            self._cursor = keys[min(len(keys) - 1, max(0, at))]
            self.update()
        elif self._cursor and key in {Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space}:
            self.picked.emit(self._cursor)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The ring goes to a point."""
        if self._cursor is None and self._points:
            chosen = next((p.key for p in self._points if p.chosen), self._points[0].key)
            self._cursor = chosen
        super().focusInEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw frame, zone, intervals, points, labels."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._points:
            self.paint_nothing(painter, self._nothing)
        else:
            painter.setFont(self.small_font())
            frame = self._frame()
            frame.paint(painter, self.theme, self._zone)
            self._paint_points(painter, frame)
        painter.end()

    def _frame(self) -> PlotFrame:
        scores = [p.score for p in self._points]
        for point in self._points:
            scores += point.interval or ()
        if self._zone:
            scores.append(self._zone[0])
        log = self._log and all(point.cost > 0 for point in self._points)
        costs = [point.cost for point in self._points]
        size = QSizeF(self.size())
        return PlotFrame(size, self.small_metrics(), self._x, self._y, costs, scores, log=log)

    def _paint_points(self, painter: QPainter, frame: PlotFrame) -> None:
        colour, radius = self.theme.colour, max(4.0, self.fontMetrics().height() * 0.32)
        small = self.small_metrics()
        ordered = sorted(self._points, key=lambda point: not point.chosen)
        centres = [frame.at(point.cost, point.score) for point in ordered]
        taken: list[QRectF] = []
        regions = []
        for point, centre in zip(ordered, centres, strict=True):
            ink = colour("accent" if point.chosen else "muted")
            taken.append(_around(centre, radius * 1.25 + (5 if point.chosen else 2)))
            if point.interval is not None:
                low, high = point.interval
                top, end = frame.at(point.cost, high), frame.at(point.cost, low)
                painter.setPen(self.pen(ink, 1.4))
                self.whisker(painter, top, end, radius * 0.7)
                taken.append(QRectF(top, end).normalized().adjusted(-2, 0, 2, 0))
            regions.append((_around(centre, radius + 6), point.key, self._told(point)))
        self.set_regions(regions)
        labels = [
            small.elidedText(
                one_line(point.label), Qt.TextElideMode.ElideMiddle, round(frame.plot.width() * 0.4)
            )
            for point in ordered
        ]
        sizes = [QSizeF(small.horizontalAdvance(text) + 2, small.height()) for text in labels]
        caption = frame.caption_box(small, self._zone)
        edge, gap = frame.zone_edge(self._zone), radius * 1.25 + 6
        places = place_labels(centres, sizes, taken, frame.plot, gap, [caption], edge)
        for point, centre, text, place in zip(ordered, centres, labels, places, strict=True):
            if place is not None and place.far:
                painter.setPen(self.pen(colour("border_strong")))
                painter.drawLine(centre, nearest(centre, place.box))
            strong = point.chosen or point.key == self.hovered
            painter.setPen(self.pen(colour("surface"), 1.5))
            painter.setBrush(colour("accent" if point.chosen else "muted"))
            grown = radius * (1.25 if strong else 1.0)
            painter.drawEllipse(centre, grown, grown)
            if point.key == self._cursor and self.hasFocus():
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(self.pen(colour("accent"), 2))
                painter.drawEllipse(centre, grown + 4, grown + 4)
            if place is not None:
                painter.setPen(colour("accent" if point.chosen else "text"))
                painter.drawText(place.box, Qt.AlignmentFlag.AlignCenter, text)

    def _told(self, point: TradePoint) -> str:
        told = f"{point.label}: {self._y.write(point.score)}"
        if point.interval is not None:
            low, high = point.interval
            told += f" ({self._y.write(low)} – {self._y.write(high)})"
        told += f", {self._x.write(point.cost)}"
        return f"{told}. {point.note}" if point.note else told

    def _describe(self) -> None:
        self.setAccessibleDescription("; ".join(self._told(point) for point in self._points))
        self.set_regions(())
        self.update()


def _around(centre: QPointF, radius: float) -> QRectF:
    return QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius)
