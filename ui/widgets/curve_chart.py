# SPDX-License-Identifier: Apache-2.0
"""Shares against shares: points with intervals, joined or beside the line on which both are equal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui.theme.theme import Theme
from ui.widgets.chart import Chart, Write, plain_number
from ui.widgets.plot_frame import Axis, PlotFrame


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One point; ``low`` and ``high`` belong to ``y``."""

    x: float
    y: float
    low: float
    high: float
    told: str
    """What it says, for the tool tip."""

    @property
    def usable(self) -> bool:
        """Whether it can be drawn."""
        return math.isfinite(self.x + self.y + self.low + self.high)


class CurveChart(Chart):
    """A table beside it should say the same."""

    def __init__(
        self, theme: Theme, name: str = "", nothing: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, name, parent)
        self._nothing = nothing
        self._points: tuple[CurvePoint, ...] = ()
        self._x, self._y = Axis("", plain_number), Axis("", plain_number)
        self._diagonal = ""
        self._joined = False
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def points(self) -> tuple[CurvePoint, ...]:
        """What is drawn."""
        return self._points

    def show_points(
        self,
        points: Sequence[CurvePoint],
        x: str,
        y: str,
        write: Write = plain_number,
        *,
        diagonal: str = "",
        joined: bool = False,
    ) -> None:
        """Draw these.

        Args:
            points: in any order.
            x: what goes across.
            y: what goes up.
            write: how values on both axes are written.
            diagonal: caption of the line on which both are equal; empty for none.
            joined: whether a line leads from point to point.
        """
        self._points = tuple(sorted((p for p in points if p.usable), key=lambda p: p.x))
        self._x, self._y = Axis(x, write), Axis(y, write)
        self._diagonal, self._joined = diagonal, joined
        self.setAccessibleDescription("; ".join(point.told for point in self._points))
        self.set_regions(())
        self.update()

    def sizeHint(self) -> QSize:
        """About as high as wide."""
        metrics = self.fontMetrics()
        return QSize(metrics.averageCharWidth() * 50, metrics.height() * 17)

    def minimumSizeHint(self) -> QSize:
        """Room for both axes."""
        metrics = self.fontMetrics()
        return QSize(metrics.averageCharWidth() * 30, metrics.height() * 17)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Highlight the point under the pointer."""
        self.hover_at(event.position())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw frame, diagonal, intervals, points."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._points:
            self.paint_nothing(painter, self._nothing)
        else:
            painter.setFont(self.small_font())
            frame = self._frame()
            frame.paint(painter, self.theme, None)
            painter.setClipRect(frame.plot.adjusted(-2, -2, 2, 2))
            if self._diagonal:
                self._paint_diagonal(painter, frame)
            self._paint_points(painter, frame)
        painter.end()

    def _frame(self) -> PlotFrame:
        across = [p.x for p in self._points]
        up = [v for p in self._points for v in (p.low, p.high)]
        size = QSizeF(self.size())
        return PlotFrame(size, self.small_metrics(), self._x, self._y, across, up, log=False)

    def _paint_diagonal(self, painter: QPainter, frame: PlotFrame) -> None:
        painter.setPen(self.pen(self.theme.colour("ok"), 1.4, dashed=True))
        painter.drawLine(frame.line_at(-1.0), frame.line_at(2.0))
        small = self.small_metrics()
        width = small.horizontalAdvance(self._diagonal)
        # Along the lower edge, right of where the line enters: no point of interest lies there.
        place = QPointF(frame.plot.right() - width - 4, frame.plot.bottom() - small.descent() - 4)
        painter.setPen(self.theme.colour("ok"))
        painter.drawText(place, f"{self._diagonal}")

    def _paint_points(self, painter: QPainter, frame: PlotFrame) -> None:
        colour, radius = self.theme.colour, max(3.5, self.fontMetrics().height() * 0.26)
        centres = [frame.at(p.x, p.y) for p in self._points]
        if self._joined:
            band = [frame.at(p.x, p.high) for p in self._points]
            band += [frame.at(p.x, p.low) for p in reversed(self._points)]
            painter.setPen(self.pen(colour("accent"), 0))
            painter.setBrush(colour("accent_soft"))
            painter.drawPolygon(QPolygonF(band))
            painter.setPen(self.pen(colour("accent"), 1.8))
            painter.drawPolyline(QPolygonF(centres))
        regions = []
        for number, (point, centre) in enumerate(zip(self._points, centres, strict=True)):
            if not self._joined:
                painter.setPen(self.pen(colour("muted"), 1.4))
                top, end = frame.at(point.x, point.high), frame.at(point.x, point.low)
                self.whisker(painter, top, end, radius * 0.8)
            grown = radius * (1.35 if self.hovered == str(number) else 1.0)
            painter.setPen(self.pen(colour("surface"), 1.2))
            painter.setBrush(colour("accent"))
            painter.drawEllipse(centre, grown, grown)
            reach = radius + 6
            box = QRectF(centre.x() - reach, centre.y() - reach, 2 * reach, 2 * reach)
            regions.append((box, str(number), point.told))
        self.set_regions(regions)
