# SPDX-License-Identifier: Apache-2.0
"""One line of text that is shortened where there is little room, with the whole in its tool tip."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from ui.widgets.plain import plain_tooltip

_LEAST_SIGNS = 6


class ElidedLabel(QLabel):
    """A label that never clips: it elides, in the middle unless told otherwise."""

    def __init__(
        self,
        text: str = "",
        role: str = "",
        mode: Qt.TextElideMode = Qt.TextElideMode.ElideMiddle,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._mode = mode
        self._tip = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        if role:
            self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show other text; line breaks become spaces."""
        super().setText(" ".join(text.split()))
        self._explain()

    def set_tip(self, tip: str) -> None:
        """A tool tip of its own; without one the whole text is shown when it is shortened."""
        self._tip = tip
        self._explain()

    @property
    def shown_text(self) -> str:
        """What is drawn now."""
        return self.fontMetrics().elidedText(self.text(), self._mode, self.contentsRect().width())

    @property
    def elided(self) -> bool:
        """Whether the text is shortened now."""
        return self.shown_text != self.text()

    def sizeHint(self) -> QSize:
        """Room for the whole text."""
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self.text()) + 2, self._line_height())

    def minimumSizeHint(self) -> QSize:
        """Room for a few signs."""
        metrics = self.fontMetrics()
        least = metrics.averageCharWidth() * min(_LEAST_SIGNS, len(self.text()))
        return QSize(least, self._line_height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """What fits changed."""
        super().resizeEvent(event)
        self._explain()

    def changeEvent(self, event: QEvent) -> None:
        """Another font fits other text."""
        super().changeEvent(event)
        if event.type() in {QEvent.Type.FontChange, QEvent.Type.StyleChange}:
            self.updateGeometry()
            self._explain()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what fits."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        flags = self.alignment() | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.drawText(self.contentsRect(), flags, self.shown_text)
        painter.end()

    def _line_height(self) -> int:
        return max(self.fontMetrics().height(), super().sizeHint().height())

    def _explain(self) -> None:
        tip = self._tip or (self.text() if self.elided else "")
        self.setToolTip(plain_tooltip(tip))
