# SPDX-License-Identifier: Apache-2.0
"""Paints an answer in a cell: the answer, its probability as a bar, and a mark where models differ."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QApplication,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
)

from ui.models.shown_answer import AnswerRole, ShownAnswer, label_number
from ui.theme.theme import Theme

PAD = 10
GAP = 6
BAR = 4
MARK_PAD = 5
MARK_GAP = 4
MORE = 26


class AnswerDelegate(QStyledItemDelegate):
    """For columns whose cells hold a ShownAnswer."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def row_height(self, metrics: QFontMetrics) -> int:
        """Room for two lines of text with air around them."""
        return max(40, 2 * metrics.lineSpacing() + BAR + 2 * GAP)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Two lines high."""
        hint = super().sizeHint(option, index)
        return QSize(hint.width(), self.row_height(option.fontMetrics))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Background and focus as the style does, then the answer."""
        found = index.data(AnswerRole.ANSWER)
        if not isinstance(found, ShownAnswer):
            super().paint(painter, option, index)
            return
        plain = QStyleOptionViewItem(option)
        self.initStyleOption(plain, index)
        plain.text = ""
        style = option.widget.style() if option.widget else QApplication.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, plain, painter, option.widget)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(option.rect).adjusted(PAD, GAP, -PAD, -GAP)
        if found.kind == "answer" and found.marks:
            self._marks(painter, area, found, option.font)
        elif found.kind == "answer":
            self._answer(painter, area, found, option.font)
        elif found.kind == "failed":
            painter.setPen(QColor(self._theme.tokens.bad))
            painter.setClipRect(area)
            wrapped = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(area, int(wrapped), found.text)
        else:
            painter.setPen(QColor(self._muted))
            self._line(painter, area, found.text, option.font, Qt.AlignmentFlag.AlignVCenter)
        painter.restore()

    @property
    def _muted(self) -> str:
        return self._theme.tokens.muted

    def _answer(self, painter: QPainter, area: QRectF, found: ShownAnswer, font: QFont) -> None:
        tokens = self._theme.tokens
        mark = self._mark(found)
        text_font = QFont(font)
        text_font.setUnderline(found.differs)
        line = QFontMetrics(font).lineSpacing()
        both = bool(found.note) or found.share is not None
        top = area.top() + (0 if both else (area.height() - line) / 2)
        text_area = QRectF(area.left(), top, area.width(), line)
        if mark:
            name, role = mark
            side = round(line * 0.9)
            ratio = painter.device().devicePixelRatioF()
            image = self._theme.pixmap(name, role, side, ratio)
            painter.drawPixmap(
                round(area.left()), round(top + (line - side) / 2), side, side, image
            )
            text_area.setLeft(area.left() + side + GAP)
        painter.setPen(QColor(tokens.text))
        self._line(painter, text_area, found.text, text_font, Qt.AlignmentFlag.AlignVCenter)
        below = QRectF(area.left(), top + line + 2, area.width(), line)
        if found.note:
            painter.setPen(QColor(tokens.muted))
            if found.share is None:
                self._line(painter, below, found.note, font, Qt.AlignmentFlag.AlignVCenter)
            else:
                width = QFontMetrics(font).horizontalAdvance("100,0 %") + GAP
                number = QRectF(below.right() - width, below.top(), width, below.height())
                right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                self._line(painter, number, found.note, font, right)
                below.setRight(number.left())
        if found.share is not None:
            self._bar(painter, below, found.share)

    def _marks(self, painter: QPainter, area: QRectF, found: ShownAnswer, font: QFont) -> None:
        """Pieces of text in the colour of what they are, on two lines; the tip holds what finds no room."""
        tokens = self._theme.tokens
        metrics = QFontMetrics(font)
        height = (area.height() - MARK_GAP) / 2
        painter.setFont(font)
        painter.setClipRect(area)
        x, y = area.left(), area.top()
        needed = sum(
            metrics.horizontalAdvance(f"{text}  {name}") + 2 * MARK_PAD + MARK_GAP
            for text, name in found.marks
        )
        if needed <= area.width():
            y += (area.height() - height) / 2
        for number, (text, name) in enumerate(found.marks):
            short = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, int(area.width() * 0.6))
            both = f"{short}  {name}"
            width = min(metrics.horizontalAdvance(both) + 2 * MARK_PAD, area.width())
            last = y >= area.center().y()
            if x > area.left() and x + width > area.right():
                if last:
                    painter.setPen(QColor(tokens.muted))
                    more = QRectF(area.right() - MORE, y, MORE, height)
                    painter.fillRect(more, QColor(tokens.surface))
                    painter.drawText(
                        more, int(Qt.AlignmentFlag.AlignCenter), f"+{len(found.marks) - number}"
                    )
                    return
                x, y = area.left(), y + height + MARK_GAP
            colour = QColor(tokens.series[label_number(name) % len(tokens.series)])
            ground = QColor(colour)
            ground.setAlphaF(0.16)
            pill = QRectF(x, y, width, height)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(ground)
            painter.drawRoundedRect(pill, BAR, BAR)
            inside = pill.adjusted(MARK_PAD, 0, -MARK_PAD, 0)
            painter.setPen(QColor(tokens.text))
            painter.drawText(inside, int(Qt.AlignmentFlag.AlignVCenter), short)
            painter.setPen(colour)
            inside.setLeft(inside.left() + metrics.horizontalAdvance(f"{short}  "))
            painter.drawText(inside, int(Qt.AlignmentFlag.AlignVCenter), name)
            x += width + MARK_GAP

    @staticmethod
    def _mark(found: ShownAnswer) -> tuple[str, str] | None:
        if found.right is not None:
            return ("check", "ok") if found.right else ("x", "bad")
        return ("triangle-alert", "warn") if found.differs else None

    def _bar(self, painter: QPainter, area: QRectF, share: float) -> None:
        tokens = self._theme.tokens
        bar = QRectF(area.left(), area.center().y() - BAR / 2, area.width(), BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.border))
        painter.drawRoundedRect(bar, BAR / 2, BAR / 2)
        bar.setWidth(max(BAR, bar.width() * share))
        painter.setBrush(QColor(tokens.accent))
        painter.drawRoundedRect(bar, BAR / 2, BAR / 2)

    @staticmethod
    def _line(
        painter: QPainter, area: QRectF, text: str, font: QFont, alignment: Qt.AlignmentFlag
    ) -> None:
        painter.setFont(font)
        one = " ".join(text.split())
        elided = QFontMetrics(font).elidedText(one, Qt.TextElideMode.ElideRight, int(area.width()))
        painter.drawText(area, int(alignment | Qt.AlignmentFlag.AlignVCenter), elided)
