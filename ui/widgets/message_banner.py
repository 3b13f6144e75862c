# SPDX-License-Identifier: Apache-2.0
"""A message at the place it concerns: what happened, what to do, and details that are folded away."""

from __future__ import annotations

from typing import Final, Literal

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from selector.wording import Wording
from ui.theme.theme import Theme
from ui.theme.tokens import SPACE, Tone
from ui.widgets.icon_label import IconLabel
from ui.widgets.plain import plain_label, restyle

Kind = Literal["info", "success", "warn", "error"]
_LOOKS: Final[dict[str, tuple[str, Tone]]] = {
    "info": ("info", "accent"),
    "success": ("circle-check", "ok"),
    "warn": ("triangle-alert", "warn"),
    "error": ("circle-x", "bad"),
}
_DETAIL_LINES = 7
_LEVEL = 7


class MessageBanner(QFrame):
    """Hidden until there is something to say.

    Signals:
        action_asked: the action button was pressed.
        dismissed: the user closed the banner.
    """

    action_asked = Signal()
    dismissed = Signal()

    def __init__(self, theme: Theme, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._wording = theme, wording
        self._icon = IconLabel(theme, scale=1.1)
        self._text = plain_label("", wrap=True)
        self._hint = plain_label("", "muted", wrap=True)
        for label in (self._text, self._hint):
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.action = QPushButton()
        self.action.clicked.connect(self._ask)
        self.fold = QPushButton(wording.text("widget.details"))
        self.fold.setCheckable(True)
        self.fold.toggled.connect(self._unfold)
        self.copy = QPushButton(wording.text("widget.copy"))
        self.copy.clicked.connect(self._copy)
        for button in (self.fold, self.copy):
            button.setProperty("kind", "quiet")
        self.close_button = QToolButton()
        self.close_button.setProperty("kind", "quiet")
        self.close_button.setAccessibleName(wording.text("widget.dismiss"))
        self.close_button.setToolTip(wording.text("widget.dismiss"))
        self.close_button.clicked.connect(self.dismiss)
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setTabChangesFocus(True)
        self.details.setAccessibleName(wording.text("widget.details"))
        self.details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._lay_out()
        theme.changed.connect(self._look)
        self._look()
        self.hide()

    @property
    def text(self) -> str:
        """The sentence shown."""
        return self._text.text()

    def show_message(
        self, kind: Kind, text: str, hint: str = "", details: str = "", action: str = ""
    ) -> None:
        """Say it; replaces what was said before."""
        icon, tone = _LOOKS.get(kind, _LOOKS["info"])
        self._icon.set_icon(icon, tone)
        self._text.setText(text)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self.details.setPlainText(details)
        self.fold.setChecked(False)
        self.fold.setVisible(bool(details))
        self.copy.setText(self._wording.text("widget.copy"))
        self._unfold(False)
        self.action.setText(action.replace("&", "&&"))
        self.action.setVisible(bool(action))
        self.setAccessibleName(text)
        self.setAccessibleDescription(hint)
        if self.property("banner") != tone:
            self.setProperty("banner", tone)
            restyle(self)
        self.show()

    def dismiss(self) -> None:
        """Hide it because the user wants that."""
        self.hide()
        self.dismissed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes it."""
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
            return
        super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Another font makes the details higher."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "details"):
            self._size_details()

    def _lay_out(self) -> None:
        # The first line stands level with the middle of the closing button.
        words = QVBoxLayout()
        words.setContentsMargins(0, _LEVEL, 0, _LEVEL)
        words.setSpacing(SPACE.xs)
        icon = QVBoxLayout()
        icon.setContentsMargins(0, _LEVEL, 0, 0)
        icon.addWidget(self._icon)
        icon.addStretch(1)
        words.addWidget(self._text)
        words.addWidget(self._hint)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE.s)
        buttons.addWidget(self.action)
        buttons.addWidget(self.fold)
        buttons.addWidget(self.copy)
        buttons.addStretch(1)
        words.addLayout(buttons)
        words.addWidget(self.details)
        words.addStretch(1)
        top = Qt.AlignmentFlag.AlignTop
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACE.l, SPACE.xs, SPACE.s, SPACE.xs)
        row.setSpacing(SPACE.m)
        row.addLayout(icon)
        row.addLayout(words, 1)
        row.addWidget(self.close_button, 0, top)

    def _look(self) -> None:
        self.close_button.setIcon(self._theme.icon("x", "muted"))
        self._set_arrow()
        self._size_details()

    def _set_arrow(self) -> None:
        arrow = "chevron-down" if self.fold.isChecked() else "chevron-right"
        self.fold.setIcon(self._theme.icon(arrow, "text"))

    def _size_details(self) -> None:
        self.details.setFixedHeight(self.details.fontMetrics().height() * _DETAIL_LINES)

    def _unfold(self, unfolded: bool) -> None:
        self.details.setVisible(unfolded)
        self.copy.setVisible(unfolded)
        self._set_arrow()

    def _copy(self) -> None:
        parts = (self._text.text(), self._hint.text(), self.details.toPlainText())
        QGuiApplication.clipboard().setText("\n".join(part for part in parts if part))
        self.copy.setText(self._wording.text("widget.copied"))

    def _ask(self) -> None:
        self.action_asked.emit()
