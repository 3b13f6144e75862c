# SPDX-License-Identifier: Apache-2.0
"""What panels that ask a person share: how far it is, skip, undo, stop, and keys for all of it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from selector.desk.asking import Progress, Question
from selector.tasks.base import PAIR_SEPARATOR
from selector.wording import Wording
from ui.pages.announce import announce
from ui.theme.tokens import SPACE
from ui.widgets.flow_layout import FlowLayout
from ui.widgets.plain import plain_label
from ui.widgets.reading_box import ReadingBox


class AskPanel(QFrame):
    """A card with one question; whoever owns the session connects the signals.

    Nothing in it is ever disabled while an answer is on its way: that would move the focus, and with
    it the keys. What is pressed meanwhile is not taken.

    Signals:
        skip_asked, undo_asked, stop_asked: a button or its key.
    """

    skip_asked = Signal()
    undo_asked = Signal()
    stop_asked = Signal()

    def __init__(self, wording: Wording, way: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wording, self._way = wording, way
        self.question: Question | None = None
        self.waiting = False
        """Whether an answer is on its way."""
        self.setProperty("card", True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.heading = plain_label(wording.text(f"ask.{way}.heading"), "section", wrap=True)
        self.count = plain_label("", "muted")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.input = ReadingBox(wording.text("ask.input"))
        self.body = QVBoxLayout()
        self.body.setSpacing(SPACE.s)
        self.note = plain_label("", "muted", wrap=True)
        self.skip = QPushButton(wording.text("ask.skip"))
        self.skip.clicked.connect(lambda: self.take(self.skip_asked))
        self.undo = QPushButton(wording.text("ask.undo"))
        self.undo.clicked.connect(lambda: self.take(self.undo_asked))
        self.stop = QPushButton(wording.text("ask.stop"))
        self.stop.clicked.connect(lambda: self.take(self.stop_asked))
        self.stop.setToolTip(wording.text("ask.stop_tip"))
        self.bind("S", self.skip.click)
        for key in ("U", "Backspace", "Ctrl+Z"):
            self.bind(key, self.undo.click)
        self._lay_out()

    def show_question(self, question: Question, progress: Progress, confidence: float) -> None:
        """Ask; who said what is not shown."""
        self.waiting = False
        self.question = question
        self.input.show_text(question.input.replace(PAIR_SEPARATOR, "\n\n"))
        words = self._wording
        done, budget = progress.done, progress.budget
        self.count.setText(words.text(f"ask.{self._way}.count", done=done, budget=budget))
        self.bar.setRange(0, max(1, budget))
        self.bar.setValue(min(done, budget))
        self.bar.setAccessibleName(self.count.text())
        self.note.setText(self._certificate(progress, confidence))
        self.show_answers(question)
        self.setAccessibleName(f"{self.heading.text()} {question.input[:500]}")

    def show_answers(self, question: Question) -> None:
        """Show what to choose among."""

    def bind(self, key: str, call: Callable[[], object]) -> None:
        """Let a key do what a button does, while the focus is in the panel."""
        shortcut = QShortcut(QKeySequence(key), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(call)

    def take(self, signal: SignalInstance, *what: object) -> None:
        """Tell what was pressed, once for each question."""
        if not self.waiting:
            self.waiting = True
            signal.emit(*what)

    def begin(self) -> None:
        """The panel has just come into view: keys go to it."""
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        announce(self, self.accessibleName())

    def _certificate(self, progress: Progress, confidence: float) -> str:
        """How sure it is already and when it stops, without a name."""
        words, running = self._wording, len(progress.running)
        race = words.text("ask.race", running=running, entered=progress.entered)
        if not progress.done or progress.sure is None:
            first = words.text("ask.rule", confidence=confidence)
        else:
            sure = min(0.999, max(0.001, progress.sure))
            first = words.text("ask.sure", sure=sure, confidence=confidence)
        return f"{race} {first} {words.text('ask.kept')}"

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(SPACE.m)
        head.addWidget(self.heading, 1)
        head.addWidget(self.count, 0, Qt.AlignmentFlag.AlignTop)
        buttons = QWidget()
        flow = FlowLayout(buttons)
        for button in (self.skip, self.undo, self.stop):
            flow.addWidget(button)
        line = QFrame()
        line.setProperty("line", True)
        line.setFixedHeight(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE.l, SPACE.m, SPACE.l, SPACE.m)
        column.setSpacing(SPACE.m)
        column.addLayout(head)
        column.addWidget(self.bar)
        column.addWidget(self.input)
        column.addLayout(self.body)
        column.addWidget(buttons)
        column.addWidget(line)
        column.addWidget(self.note)
