# SPDX-License-Identifier: Apache-2.0
"""A text to read: as high as it needs, up to some lines; then it scrolls."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QSizePolicy, QWidget

from ui.theme.tokens import SPACE

MOST_SIGNS = 200_000


class ReadingBox(QPlainTextEdit):
    """Text from outside, plain, selectable with the mouse; keys stay free for the page around it."""

    def __init__(
        self, name: str, least: int = 1, most: int = 10, parent: QWidget | None = None
    ) -> None:
        """``least`` and ``most``: lines."""
        super().__init__(parent)
        self._least, self._most = least, most
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setAccessibleName(name)
        self.setProperty("reading", True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.document().setDocumentMargin(SPACE.xs)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._wrapped_at = 0
        self.verticalScrollBar().rangeChanged.connect(self._wrap_soon)

    @property
    def text(self) -> str:
        """What is shown."""
        return self.toPlainText()

    def show_text(self, text: str) -> None:
        """Show another text, from its beginning."""
        self.setPlainText(text[:MOST_SIGNS])
        self._fit()

    def lines(self) -> int:
        """How many lines the text takes at this width."""
        # The document of a plain text edit counts its height in lines.
        return max(1, round(self.document().size().height()))

    def minimumSizeHint(self) -> QSize:
        """Narrow is fine, low is not."""
        return QSize(self.fontMetrics().averageCharWidth() * 20, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width needs another height."""
        super().resizeEvent(event)
        self._fit()

    def _wrap_soon(self) -> None:
        """A bar that comes while the box is being resized is not seen by the text's layout."""
        QTimer.singleShot(0, self, self._wrap)

    def _wrap(self) -> None:
        if self._wrapped_at != (width := self.viewport().width()):
            self._wrapped_at = width
            self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
            self.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)

    def _fit(self) -> None:
        shown = min(self._most, max(self._least, self.lines()))
        # The style sheet's border and padding, and the document's own margin.
        around = 2 * (SPACE.xs + SPACE.s)
        height = shown * self.fontMetrics().lineSpacing() + around
        if height != self.minimumHeight() or height != self.maximumHeight():
            self.setFixedHeight(height)
