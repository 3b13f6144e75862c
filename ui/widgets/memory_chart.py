# SPDX-License-Identifier: Apache-2.0
"""The machine's memory as one bar, and how far models of some sizes would reach into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

from ui.theme.theme import Theme
from ui.theme.tokens import SPACE
from ui.widgets.chart import Chart, Write, one_line, plain_number


@dataclass(frozen=True, slots=True)
class MemoryMarker:
    """A model of a certain size."""

    label: str
    bytes: int


class MemoryChart(Chart):
    """Markers begin where the memory used by others ends: left of the end of the bar means it fits."""

    def __init__(
        self,
        theme: Theme,
        name: str = "",
        write: Write = plain_number,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, name, parent)
        self._write = write
        self._total = self._available = 0
        self._used_word = self._available_word = ""
        self._markers: tuple[MemoryMarker, ...] = ()

    def set_memory(self, total: int, available: int, used_word: str, available_word: str) -> None:
        """How much there is and how much of it is free; the words name both parts."""
        self._total = max(0, total)
        self._available = min(self._total, max(0, available))
        self._used_word, self._available_word = used_word, available_word
        self._describe()

    def set_markers(self, markers: Sequence[MemoryMarker]) -> None:
        """Show models of these sizes."""
        self._markers = tuple(sorted(markers, key=lambda marker: marker.bytes))
        self._describe()

    def sizeHint(self) -> QSize:
        """The bar, a line above it, and a line for each marker below it."""
        line = self.small_metrics().height()
        below = len(self._markers) * (line + 2) + (SPACE.s if self._markers else 0)
        height = line + SPACE.xs + self._bar_height() + below + SPACE.xs
        return QSize(self.fontMetrics().averageCharWidth() * 60, height)

    def minimumSizeHint(self) -> QSize:
        """Lines never overlap."""
        return QSize(self.fontMetrics().averageCharWidth() * 30, self.sizeHint().height())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Highlight the marker under the pointer."""
        self.hover_at(event.position())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw captions, bar, markers."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.small_font())
        colour, line = self.theme.colour, self.small_metrics().height()
        bar = QRectF(0.5, line + SPACE.xs, self.width() - 1, self._bar_height())
        shape = QPainterPath()
        shape.addRoundedRect(bar, 5, 5)
        painter.fillPath(shape, colour("accent_soft"))
        if self._total:
            painter.save()
            painter.setClipPath(shape)
            used = QRectF(bar.left(), bar.top(), self._x(0) - bar.left(), bar.height())
            painter.fillRect(used, colour("border_strong"))
            painter.restore()
        painter.setPen(self.pen(colour("border_strong")))
        painter.drawPath(shape)
        self._paint_captions(painter)
        if self._total:
            self._paint_markers(painter, bar)
        painter.end()

    def _bar_height(self) -> int:
        return round(self.fontMetrics().height() * 1.3)

    def _x(self, size: int) -> float:
        used = self._total - self._available
        share = (used + size) / self._total if self._total else 0.0
        return 0.5 + min(1.0, max(0.0, share)) * (self.width() - 1)

    def _paint_captions(self, painter: QPainter) -> None:
        small = self.small_metrics()
        half = self.width() // 2 - SPACE.s
        used, free = self._captions()
        mode = Qt.TextElideMode.ElideRight
        painter.setPen(self.theme.colour("muted"))
        painter.drawText(QPointF(0, small.ascent()), small.elidedText(used, mode, half))
        words = small.elidedText(free, mode, half)
        painter.setPen(self.theme.colour("accent"))
        painter.drawText(
            QPointF(self.width() - small.horizontalAdvance(words), small.ascent()), words
        )

    def _paint_markers(self, painter: QPainter, bar: QRectF) -> None:
        colour, small = self.theme.colour, self.small_metrics()
        regions = []
        step = small.height() + 2
        for at, marker in enumerate(self._markers):
            fits = marker.bytes <= self._available
            role = "accent" if fits else "bad"
            x = round(self._x(marker.bytes)) - 0.5
            # The largest is written first: leader lines of smaller ones pass left of its words.
            row = len(self._markers) - 1 - at
            middle = bar.bottom() + SPACE.s + row * step + step / 2
            words = self._words(marker)
            room = self.width() - SPACE.l
            words = small.elidedText(words, Qt.TextElideMode.ElideMiddle, room)
            width = small.horizontalAdvance(words)
            flipped = x + SPACE.m + width > self.width()
            painter.setPen(self.pen(colour(role), 2.4 if marker.label == self.hovered else 1.4))
            painter.drawLine(QPointF(x, bar.top()), QPointF(x, middle))
            end = x - SPACE.s if flipped else x + SPACE.s
            painter.drawLine(QPointF(x, middle), QPointF(end, middle))
            left = max(0.0, end - SPACE.xs - width) if flipped else end + SPACE.xs
            painter.setPen(colour("text" if fits else "bad"))
            base = middle + (small.ascent() - small.descent()) / 2
            painter.drawText(QPointF(left, base), words)
            box = QRectF(left, middle - step / 2, width, step)
            regions.append((box, marker.label, self._words(marker)))
        self.set_regions(regions)

    def _words(self, marker: MemoryMarker) -> str:
        return f"{one_line(marker.label)} · {self._write(marker.bytes)}"

    def _captions(self) -> tuple[str, str]:
        used = f"{self._used_word} {self._write(self._total - self._available)}".strip()
        return used, f"{self._available_word} {self._write(self._available)}".strip()

    def _describe(self) -> None:
        parts = [*self._captions(), *(self._words(marker) for marker in self._markers)]
        self.setAccessibleDescription("; ".join(parts))
        self.set_regions(())
        self.updateGeometry()
        self.update()
