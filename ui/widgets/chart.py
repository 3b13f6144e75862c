# SPDX-License-Identifier: Apache-2.0
"""What the charts share: a scale, ticks, hovering, and a description for those who cannot see them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QHelpEvent, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ui.theme.theme import Theme
from ui.theme.tokens import TYPE
from ui.widgets.plain import plain_tooltip

Write = Callable[[float], str]


def plain_number(value: float) -> str:
    """Three significant digits."""
    return f"{value:.3g}"


def one_line(text: str) -> str:
    """Text without line breaks."""
    return " ".join(text.split())


def nice_ticks(low: float, high: float, most: int) -> list[float]:
    """At most about ``most`` round values from ``low`` to ``high``."""
    if not (math.isfinite(low) and math.isfinite(high)) or high <= low:
        return []
    raw = (high - low) / max(1, most)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * unit for unit in (1, 2, 5, 10) if power * unit >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [step * k for k in range(first, last + 1)]


class Chart(QWidget):
    """Base of the charts: subclasses paint, and say where something can be hovered."""

    def __init__(self, theme: Theme, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self._regions: list[tuple[QRectF, str, str]] = []
        self.hovered: str | None = None
        self.setAccessibleName(name)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def small_font(self) -> QFont:
        """The font of axes and captions."""
        font = QFont(self.font())
        if font.pointSizeF() > 0:
            font.setPointSizeF(font.pointSizeF() * TYPE.small)
        return font

    def small_metrics(self) -> QFontMetrics:
        """Sizes of that font."""
        return QFontMetrics(self.small_font())

    def set_regions(self, regions: Sequence[tuple[QRectF, str, str]]) -> None:
        """Where something is: rectangle, its key, its tool tip; earlier ones win."""
        self._regions = list(regions)

    def region_at(self, at: QPointF) -> tuple[str, str] | None:
        """Key and tool tip of what is at this place."""
        return next(((key, tip) for box, key, tip in self._regions if box.contains(at)), None)

    def event(self, event: QEvent) -> bool:
        """Tool tips and the highlight of what is under the pointer."""
        kind = event.type()
        if kind == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self.region_at(QPointF(event.pos()))
            if found is None:
                QToolTip.hideText()
            else:
                QToolTip.showText(event.globalPos(), plain_tooltip(found[1]), self)
            return True
        if kind == QEvent.Type.Leave:
            self._hover(None)
        return super().event(event)

    def hover_at(self, at: QPointF) -> None:
        """Highlight what is at this place."""
        found = self.region_at(at)
        self._hover(found[0] if found else None)

    def _hover(self, key: str | None) -> None:
        if key != self.hovered:
            self.hovered = key
            self.update()

    def paint_nothing(self, painter: QPainter, text: str) -> None:
        """Say that there is nothing to show."""
        painter.setPen(self.theme.colour("muted"))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(self.rect(), flags, text)

    @staticmethod
    def pen(colour: QColor, width: float = 1.0, *, dashed: bool = False) -> QPen:
        """A pen for lines of the chart."""
        pen = QPen(colour, width)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        if dashed:
            pen.setStyle(Qt.PenStyle.DashLine)
        return pen

    @staticmethod
    def whisker(painter: QPainter, start: QPointF, end: QPointF, cap: float) -> None:
        """A line with caps at both ends; one without length is only a cap."""
        across = start.y() == end.y()
        painter.drawLine(start, end)
        step = QPointF(0, cap) if across else QPointF(cap, 0)
        for point in (start, end):
            painter.drawLine(point - step, point + step)
