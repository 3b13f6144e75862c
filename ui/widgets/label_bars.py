# SPDX-License-Identifier: Apache-2.0
"""Labels with their scores as bars, highest first: what a classifier said."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ui.theme.theme import Theme
from ui.theme.tokens import SPACE
from ui.widgets.plain import plain_tooltip


@dataclass(frozen=True, slots=True)
class LabelScore:
    """A label and how sure the model is of it, from 0 to 1."""

    label: str
    score: float


class LabelBars(QWidget):
    """Each label has a line of text and a thin bar under it."""

    def __init__(
        self,
        theme: Theme,
        write: Callable[[float], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._theme, self._write = theme, write
        self._rows: tuple[LabelScore, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    @property
    def rows(self) -> tuple[LabelScore, ...]:
        """What is shown, in order."""
        return self._rows

    def set_rows(self, rows: Sequence[LabelScore]) -> None:
        """Show these, highest first; a score that is no number comes last."""
        self._rows = tuple(
            sorted(rows, key=lambda row: -row.score if math.isfinite(row.score) else math.inf)
        )
        lines = (f"{row.label}: {self._written(row)}" for row in self._rows)
        self.setAccessibleDescription("; ".join(lines))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """High enough for all rows."""
        metrics = self.fontMetrics()
        return QSize(metrics.averageCharWidth() * 20, len(self._rows) * self._step())

    def minimumSizeHint(self) -> QSize:
        """Narrow, but never lower than its rows."""
        return QSize(self.fontMetrics().averageCharWidth() * 12, self.sizeHint().height())

    def event(self, event: QEvent) -> bool:
        """The whole label in a tool tip."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            at = event.pos().y() // max(1, self._step())
            if 0 <= at < len(self._rows):
                row = self._rows[at]
                tip = f"{row.label}: {self._written(row)}"
                QToolTip.showText(event.globalPos(), plain_tooltip(tip), self)
                return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows; the first one strong."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics, colour, step = self.fontMetrics(), self._theme.colour, self._step()
        for at, row in enumerate(self._rows):
            top = at * step
            value = self._written(row)
            value_width = metrics.horizontalAdvance(value)
            painter.setPen(colour("text" if at == 0 else "muted"))
            room = max(0, self.width() - value_width - SPACE.s)
            words = metrics.elidedText(
                " ".join(row.label.split()), Qt.TextElideMode.ElideMiddle, room
            )
            base = top + metrics.ascent()
            painter.drawText(0, base, words)
            painter.drawText(self.width() - value_width, base, value)
            track = QRectF(0, top + metrics.height() + 3, self.width(), 5)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour("hover"))
            painter.drawRoundedRect(track, 2.5, 2.5)
            share = min(1.0, max(0.0, row.score)) if math.isfinite(row.score) else 0.0
            if share > 0:
                track.setWidth(max(5.0, track.width() * share))
                painter.setBrush(colour("accent" if at == 0 else "border_strong"))
                painter.drawRoundedRect(track, 2.5, 2.5)
        painter.end()

    def _written(self, row: LabelScore) -> str:
        return self._write(row.score) if math.isfinite(row.score) else "–"

    def _step(self) -> int:
        return self.fontMetrics().height() + 8 + SPACE.s
