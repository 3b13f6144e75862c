# SPDX-License-Identifier: Apache-2.0
"""Tasks as cards in two columns, best match first; one can be chosen."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QGridLayout,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from selector.tasks.base import PAIR_SEPARATOR, Task
from selector.wording import Wording
from ui.pages.labels import label
from ui.widgets.plain import restyle

COLUMNS = 2


class TaskCard(QFrame):
    """One task: title, purpose, example. A click anywhere chooses it."""

    def __init__(self, task: Task, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.task = task
        language = wording.language
        title, purpose = task.title[language], task.purpose[language]
        self.setProperty("card", True)
        self.button = QRadioButton(title)
        self.button.setProperty("role", "section")
        self.button.setAccessibleName(title)
        self.button.setAccessibleDescription(purpose)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(4)
        column.addWidget(self.button)
        column.addWidget(label(purpose))
        samples = task.sample_inputs.get(language, ())
        if samples:
            example = samples[0].replace(PAIR_SEPARATOR, " / ")
            column.addWidget(label(wording.text("task.example", example=example), "muted"))
        column.addStretch(1)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on the card is a click on its button."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(
            event.position().toPoint()
        ):
            self.button.click()
        super().mouseReleaseEvent(event)


class TaskCards(QWidget):
    """All tasks in the order given.

    Signals:
        chosen: the user chose the task with this id.
    """

    chosen = Signal(str)

    def __init__(self, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        self._cards: dict[str, TaskCard] = {}
        self._group = QButtonGroup(self)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(12)
        for column in range(COLUMNS):
            self._grid.setColumnStretch(column, 1)

    def show_tasks(self, tasks: Sequence[Task]) -> None:
        """Put the cards in this order."""
        for card in self._cards.values():
            self._grid.removeWidget(card)
        for place, task in enumerate(tasks):
            card = self._cards.get(task.id) or self._new_card(task)
            self._grid.addWidget(card, place // COLUMNS, place % COLUMNS)
        order = [self._cards[task.id].button for task in tasks]
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def choose(self, task_id: str | None) -> None:
        """Mark this task as the chosen one, without announcing it."""
        self._group.setExclusive(False)
        for name, card in self._cards.items():
            chosen = name == task_id
            card.button.setChecked(chosen)
            self._mark(card, chosen)
        self._group.setExclusive(True)

    def _new_card(self, task: Task) -> TaskCard:
        card = TaskCard(task, self._wording, self)
        card.button.clicked.connect(lambda: self.chosen.emit(task.id))
        self._group.addButton(card.button)
        self._cards[task.id] = card
        return card

    @staticmethod
    def _mark(card: TaskCard, chosen: bool) -> None:
        if card.property("chosen") != chosen:
            card.setProperty("chosen", chosen)
            restyle(card)
