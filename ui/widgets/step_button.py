# SPDX-License-Identifier: Apache-2.0
"""One step of the rail: number or mark, title, and a line on where it stands."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from ui.theme.theme import Theme
from ui.theme.tokens import RADIUS, SPACE, TYPE
from ui.widgets.plain import plain_tooltip

StepState = Literal["done", "current", "available", "blocked"]


class StepButton(QAbstractButton):
    """Can always be focused, so that a blocked step can say why; only the rail decides on a click."""

    def __init__(
        self, theme: Theme, number: int, title: str, icon: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme, self._number, self._icon = theme, number, icon
        self._state: StepState = "available"
        self._summary = ""
        self.done = False
        self.setText(title)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme.changed.connect(self.update)

    @property
    def state(self) -> StepState:
        """Where the step stands."""
        return self._state

    @property
    def summary(self) -> str:
        """The line under the title."""
        return self._summary

    def set_state(self, state: StepState, summary: str, reason: str, state_word: str) -> None:
        """Show where the step stands; ``reason`` says why it is blocked."""
        self._state = state
        if state != "current":
            self.done = state == "done"
        self._summary = " ".join((summary or (reason if state == "blocked" else "")).split())
        self.setToolTip(plain_tooltip(reason if state == "blocked" else self._summary))
        self.setCursor(
            Qt.CursorShape.ArrowCursor if state == "blocked" else Qt.CursorShape.PointingHandCursor
        )
        parts = (state_word, summary, reason if state == "blocked" else "")
        self.setAccessibleName(f"{self._number}. {self.text()}")
        self.setAccessibleDescription(". ".join(part for part in parts if part))
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter chooses like Space; arrows are the rail's."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.click()
            return
        if event.key() in {Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End}:
            event.ignore()
            return
        super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        """Two lines of text; the width is that of a title."""
        title, small = QFontMetrics(self._title_font()), QFontMetrics(self._small_font())
        height = title.height() + small.height() + 2 * SPACE.m
        mark = self._mark_side() + 2 * SPACE.m + SPACE.s
        return QSize(mark + title.horizontalAdvance(self.text()) + SPACE.m, height)

    def minimumSizeHint(self) -> QSize:
        """Titles are never shortened."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw ground, mark, title, summary, focus ring."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        current, blocked = self._state == "current", self._state == "blocked"
        colour = self._theme.colour
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        ground = None
        if current:
            ground = colour("accent_soft")
        elif not blocked and (self.underMouse() or self.isDown()):
            ground = colour("hover")
        if ground is not None:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ground)
            painter.drawRoundedRect(box, RADIUS.control, RADIUS.control)
        self._paint_mark(painter, current, blocked)
        self._paint_words(painter, current, blocked)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(colour("accent"), 2))
            painter.drawRoundedRect(box, RADIUS.control, RADIUS.control)
        painter.end()

    def _paint_mark(self, painter: QPainter, current: bool, blocked: bool) -> None:
        colour, side = self._theme.colour, self._mark_side()
        box = QRectF(SPACE.m, (self.height() - side) / 2, side, side)
        painter.setPen(QPen(colour("accent" if current else "border_strong"), 1.2))
        painter.setBrush(colour("accent") if current else Qt.BrushStyle.NoBrush)
        name, role = self._icon, "muted"
        if current:
            role = "on_accent"
        elif self.done:
            name, role = "check", "ok"
            painter.setPen(QPen(colour("ok"), 1.2))
        elif blocked:
            painter.setPen(QPen(colour("border"), 1.2))
        painter.drawEllipse(box)
        inner = round(side * 0.56)
        pixmap = self._theme.pixmap(name, role, inner, self.devicePixelRatioF())
        offset = (side - inner) / 2
        target = QRectF(box.x() + offset, box.y() + offset, inner, inner)
        painter.drawPixmap(target, pixmap, QRectF(pixmap.rect()))

    def _paint_words(self, painter: QPainter, current: bool, blocked: bool) -> None:
        title_font, small_font = self._title_font(), self._small_font()
        title, small = QFontMetrics(title_font), QFontMetrics(small_font)
        left = 2 * SPACE.m + self._mark_side()
        width = max(0, self.width() - left - SPACE.s)
        height = title.height() + (small.height() if self._summary else 0)
        top = (self.height() - height) // 2
        ink: QColor = self._theme.colour("muted" if blocked else "accent" if current else "text")
        painter.setPen(ink)
        painter.setFont(title_font)
        right = Qt.TextElideMode.ElideRight
        words = f"{self._number}  {self.text()}"
        painter.drawText(left, top + title.ascent(), title.elidedText(words, right, width))
        if self._summary:
            painter.setPen(self._theme.colour("muted"))
            painter.setFont(small_font)
            base = top + title.height() + small.ascent()
            painter.drawText(left, base, small.elidedText(self._summary, right, width))

    def _mark_side(self) -> int:
        return round(self.fontMetrics().height() * 1.8)

    def _title_font(self) -> QFont:
        font = QFont(self.font())
        font.setWeight(QFont.Weight.DemiBold)
        return font

    def _small_font(self) -> QFont:
        font = QFont(self.font())
        if font.pointSizeF() > 0:
            font.setPointSizeF(font.pointSizeF() * TYPE.small)
        return font
