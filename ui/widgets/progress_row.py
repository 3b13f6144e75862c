# SPDX-License-Identifier: Apache-2.0
"""Something under way: its name, a thin bar, what is done so far, and a button to stop it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from ui.theme.tokens import SPACE, Tone
from ui.widgets.elided_label import ElidedLabel
from ui.widgets.plain import restyle

_STEPS = 1000


class ProgressRow(QWidget):
    """A row for a download or a run.

    Signals:
        cancel_asked: the user wants it stopped.
    """

    cancel_asked = Signal()

    def __init__(self, label: str, cancel: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._label = ElidedLabel(label)
        self._detail = ElidedLabel("", "small", Qt.TextElideMode.ElideRight)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, _STEPS)
        self.bar.setAccessibleName(label)
        self.button = QPushButton(cancel.replace("&", "&&"))
        self.button.setProperty("kind", "quiet")
        self.button.setAccessibleName(f"{cancel}: {label}")
        self.button.clicked.connect(self._ask)
        text = QVBoxLayout()
        text.setSpacing(SPACE.xs)
        text.addWidget(self._label)
        text.addWidget(self.bar)
        text.addWidget(self._detail)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, SPACE.xs, 0, SPACE.xs)
        row.setSpacing(SPACE.m)
        row.addLayout(text, 1)
        row.addWidget(self.button)

    @property
    def detail(self) -> str:
        """The small line."""
        return self._detail.text()

    def set_progress(self, done: float, total: float | None, detail: str = "") -> None:
        """How far it is; without a usable ``total`` the bar only shows that something happens."""
        if total is None or not 0 < total < float("inf") or done != done:
            self.bar.setRange(0, 0)
        else:
            self.bar.setRange(0, _STEPS)
            self.bar.setValue(round(_STEPS * min(1.0, max(0.0, done / total))))
        self._say(detail)

    def set_ended(self, detail: str, tone: Tone = "ok") -> None:
        """It is over: the bar stands still and the button goes."""
        full = tone == "ok"
        value = _STEPS if full or self.bar.maximum() == 0 else self.bar.value()
        self.bar.setRange(0, _STEPS)
        self.bar.setValue(value)
        self.bar.setProperty("tone", tone)
        self._detail.setProperty("role", tone if tone in {"ok", "warn", "bad"} else "small")
        restyle(self)
        self.button.hide()
        self._say(detail)

    def set_stopping(self, detail: str) -> None:
        """The user asked to stop it and it has not ended yet."""
        self.button.setEnabled(False)
        self._say(detail)

    def _say(self, detail: str) -> None:
        self._detail.setText(detail)
        self.bar.setAccessibleDescription(detail)

    def _ask(self) -> None:
        self.cancel_asked.emit()
