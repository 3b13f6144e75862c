# SPDX-License-Identifier: Apache-2.0
"""A column for one contestant: its name, where it stands, what it answered, what that cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ui.theme.theme import Theme
from ui.theme.tokens import SPACE, Tone
from ui.widgets.chip import Chip
from ui.widgets.elided_label import ElidedLabel
from ui.widgets.label_bars import LabelBars, LabelScore
from ui.widgets.plain import plain_label

_MOST_SIGNS = 200_000
_LINES_HIGH = 6


def _percent(score: float) -> str:
    return f"{score * 100:.0f}\u00a0%"


class OutputCard(QFrame):
    """Shows text as it arrives, or labels with scores, or an error.

    Signals:
        action_asked: the button below an error was pressed.
    """

    action_asked = Signal()

    def __init__(
        self,
        theme: Theme,
        name: str,
        variant: str = "",
        write_score: Callable[[float], str] = _percent,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("card", True)
        right = Qt.TextElideMode.ElideRight
        self._name = ElidedLabel("", "section")
        self._variant = ElidedLabel("", "small", right)
        self.chip = Chip(theme)
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setTabChangesFocus(True)
        self._text.setProperty("bare", True)
        self._text.setFrameShape(QFrame.Shape.NoFrame)
        self._text.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._text.document().setDocumentMargin(SPACE.xs)
        self._text.setMinimumHeight(self.fontMetrics().height() * _LINES_HIGH)
        self._bars = LabelBars(theme, write_score)
        self._error = plain_label("", "bad", wrap=True)
        self._hint = plain_label("", "muted", wrap=True)
        self.button = QPushButton()
        self.button.clicked.connect(self._ask)
        self._footer = ElidedLabel("", "small", right)
        self._pages = QStackedWidget()
        self._text_page = self._text
        self._bars_page = _scrolled(self._bars)
        self._error_page = self._problem()
        for page in (self._text_page, self._bars_page, self._error_page):
            self._pages.addWidget(page)
        self._lay_out()
        self.set_name(name, variant)
        self.set_footer("")
        self.chip.hide()

    @property
    def text(self) -> str:
        """The text that has arrived."""
        return self._text.toPlainText()

    @property
    def name(self) -> str:
        """The name shown."""
        return self._name.text()

    def set_name(self, name: str, variant: str = "") -> None:
        """Show another name, for instance while names are hidden."""
        self._name.setText(name)
        self._variant.setText(variant)
        self._variant.setVisible(bool(variant))
        self._text.setAccessibleName(name)
        self._bars.setAccessibleName(name)
        self.setAccessibleName(" ".join(part for part in (name, variant) if part))

    def set_state(
        self, word: str, tone: Tone = "neutral", icon: str | None = None, tip: str = ""
    ) -> None:
        """Say where the contestant stands; no word hides the pill."""
        self.chip.set_chip(word, tone, icon, tip)
        self.chip.setVisible(bool(word))
        self.setAccessibleDescription(word)

    def set_text(self, text: str) -> None:
        """Replace the text."""
        self._text.setPlainText(text[:_MOST_SIGNS])
        self._pages.setCurrentWidget(self._text_page)

    def append_text(self, text: str) -> None:
        """Add text at the end; the view follows unless the user scrolled up."""
        self._pages.setCurrentWidget(self._text_page)
        room = _MOST_SIGNS - self._text.document().characterCount()
        if room <= 0:
            return
        bar = self._text.verticalScrollBar()
        follows = bar.value() >= bar.maximum() - 1
        cursor = QTextCursor(self._text.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(text[:room])
        if follows:
            bar.setValue(bar.maximum())

    def show_labels(self, rows: Sequence[LabelScore]) -> None:
        """Show labels with their scores instead of text."""
        self._bars.set_rows(rows)
        self._pages.setCurrentWidget(self._bars_page)

    def show_error(self, sentence: str, hint: str = "", action: str = "") -> None:
        """Say what went wrong, what to do, and offer one action."""
        self._error.setText(sentence)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self.button.setText(action.replace("&", "&&"))
        self.button.setVisible(bool(action))
        self._pages.setCurrentWidget(self._error_page)

    def set_footer(self, text: str, tip: str = "") -> None:
        """Time and memory, one line."""
        self._footer.setText(text)
        self._footer.set_tip(tip)

    def clear(self) -> None:
        """Forget the answer and the error; name and footer stay."""
        self._text.clear()
        self._bars.set_rows(())
        self._pages.setCurrentWidget(self._text_page)

    def _problem(self) -> QWidget:
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.s)
        column.addWidget(self._error)
        column.addWidget(self._hint)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        return _scrolled(body)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(SPACE.s)
        names = QVBoxLayout()
        names.setSpacing(2)
        names.addWidget(self._name)
        names.addWidget(self._variant)
        head.addLayout(names, 1)
        head.addWidget(self.chip, 0, Qt.AlignmentFlag.AlignTop)
        line = QFrame()
        line.setProperty("line", True)
        line.setFixedHeight(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.l, SPACE.m, SPACE.l, SPACE.m)
        column.setSpacing(SPACE.s)
        column.addLayout(head)
        column.addWidget(self._pages, 1)
        column.addWidget(line)
        column.addWidget(self._footer)

    def _ask(self) -> None:
        self.action_asked.emit()


def _scrolled(body: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.viewport().setAutoFillBackground(False)
    area.setWidget(body)
    body.setAutoFillBackground(False)
    return area
