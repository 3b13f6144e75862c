# SPDX-License-Identifier: Apache-2.0
"""The rail on the left: the five steps, a line on what is under way, and room for switches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from ui.theme.theme import Theme
from ui.theme.tokens import SPACE
from ui.widgets.elided_label import ElidedLabel
from ui.widgets.step_button import StepButton, StepState

_SIGNS_WIDE = 33


@dataclass(frozen=True, slots=True)
class Step:
    """What a step is called and which icon it has."""

    title: str
    icon: str


class StepRail(QWidget):
    """Steps are numbered from 0 here and from 1 on the screen.

    Signals:
        step_chosen: the user wants to see this step; never sent for a blocked one.
    """

    step_chosen = Signal(int)

    def __init__(
        self, theme: Theme, steps: Sequence[Step], name: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setProperty("rail", True)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.header = QVBoxLayout()
        self.footer = QVBoxLayout()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(SPACE.s, SPACE.l, SPACE.s, SPACE.m)
        self._column.setSpacing(SPACE.xs)
        self._column.addLayout(self.header)
        self._buttons: list[StepButton] = []
        for index, step in enumerate(steps):
            button = StepButton(theme, index + 1, step.title, step.icon, self)
            button.clicked.connect(self._clicked)
            self._buttons.append(button)
            self._column.addWidget(button)
        self._column.addStretch(1)
        self.busy = QWidget()
        self._busy_text = ElidedLabel("", "small", Qt.TextElideMode.ElideRight)
        self._busy_bar = QProgressBar()
        self._busy_bar.setTextVisible(False)
        busy = QVBoxLayout(self.busy)
        busy.setContentsMargins(SPACE.s, SPACE.s, SPACE.s, SPACE.s)
        busy.setSpacing(SPACE.xs)
        busy.addWidget(self._busy_text)
        busy.addWidget(self._busy_bar)
        self.busy.hide()
        self._column.addWidget(self.busy)
        self.footer.setContentsMargins(SPACE.s, SPACE.xs, SPACE.s, 0)
        self.footer.setSpacing(SPACE.s)
        self._column.addLayout(self.footer)

    def button(self, index: int) -> StepButton:
        """The button of a step."""
        return self._buttons[index]

    def set_step(
        self,
        index: int,
        state: StepState,
        summary: str = "",
        *,
        reason: str = "",
        state_word: str = "",
        done: bool | None = None,
    ) -> None:
        """Say where a step stands; ``done`` marks a current step as finished once left."""
        button = self._buttons[index]
        button.set_state(state, summary, reason, state_word)
        if done is not None:
            button.done = done

    def add_header(self, widget: QWidget) -> None:
        """Put something above the steps: the name of the program, a choice of projects."""
        self.header.addWidget(widget)
        self.header.setContentsMargins(SPACE.s, 0, SPACE.s, SPACE.m)
        self.header.setSpacing(SPACE.s)

    def add_footer(self, widget: QWidget) -> None:
        """Put a switch or a choice at the foot."""
        self.footer.addWidget(widget)

    def set_progress(self, text: str, fraction: float | None = None) -> None:
        """One line on all that is under way; no text hides it, no fraction shows only movement."""
        self._busy_text.setText(text)
        self._busy_bar.setAccessibleName(text)
        self.busy.setVisible(bool(text))
        if fraction is None or fraction != fraction:
            self._busy_bar.setRange(0, 0)
        else:
            self._busy_bar.setRange(0, 1000)
            self._busy_bar.setValue(round(1000 * min(1.0, max(0.0, fraction))))

    def sizeHint(self) -> QSize:
        """As wide as the widest title and about as many signs as a summary has."""
        titles = max((b.sizeHint().width() for b in self._buttons), default=0)
        width = max(titles, self.fontMetrics().averageCharWidth() * _SIGNS_WIDE)
        foot = max(self.footer.sizeHint().width(), self.header.sizeHint().width())
        return QSize(max(width, foot) + 2 * SPACE.s, super().sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Up, Down, Home and End move between the steps."""
        here = next((i for i, b in enumerate(self._buttons) if b.hasFocus()), None)
        last = len(self._buttons) - 1
        moves = {
            Qt.Key.Key_Up: max(0, (here or 0) - 1),
            Qt.Key.Key_Down: min(last, (here or 0) + 1),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: last,
        }
        target = moves.get(Qt.Key(event.key()))
        if here is None or target is None:
            super().keyPressEvent(event)
            return
        self._buttons[target].setFocus(Qt.FocusReason.TabFocusReason)

    def changeEvent(self, event: QEvent) -> None:
        """Another font needs another width."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()

    def _clicked(self) -> None:
        button = self.sender()
        if isinstance(button, StepButton) and button.state != "blocked":
            self.step_chosen.emit(self._buttons.index(button))
