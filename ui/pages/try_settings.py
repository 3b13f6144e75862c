# SPDX-License-Identifier: Apache-2.0
"""What a task wants to be told beside its inputs: categories of one's own, or two languages."""

from __future__ import annotations

from PySide6.QtCore import QLocale, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QWidget

from selector.tasks.base import Task
from selector.tasks.language_codes import LANGUAGES
from selector.wording import Wording
from ui.pages.labels import label
from ui.theme.tokens import SPACE

PAIR = ("source", "target")


class TrySettings(QWidget):
    """Hidden for tasks that want nothing.

    Signals:
        run_asked: Enter was pressed.
    """

    run_asked = Signal()

    def __init__(self, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        self._task: Task | None = None
        text = wording.text
        self.categories = QLineEdit()
        self.categories.setAccessibleName(text("try.categories"))
        self.categories.setPlaceholderText(text("try.categories_example"))
        self.categories.returnPressed.connect(self.run_asked)
        self._categories_name = label(text("try.categories"), "muted", wrap=False)
        self._categories_name.setBuddy(self.categories)
        self.languages = {name: self._language_box(name) for name in PAIR}
        self._language_names = {
            name: label(text(f"try.language.{name}"), "muted", wrap=False) for name in PAIR
        }
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE.s)
        row.addWidget(self._categories_name)
        row.addWidget(self.categories, 1)
        for name in PAIR:
            self._language_names[name].setBuddy(self.languages[name])
            row.addWidget(self._language_names[name])
            row.addWidget(self.languages[name])
        row.addStretch(0)
        self.hide()

    def show_task(self, task: Task) -> None:
        """Ask for what this task wants, as it is usually said."""
        self._task = task
        usual = task.default_parameters
        pair = all(name in usual for name in PAIR)
        for shown, widgets in (
            (task.asks_labels, (self._categories_name, self.categories)),
            (pair, (*self._language_names.values(), *self.languages.values())),
        ):
            for widget in widgets:
                widget.setVisible(shown)
        self.setVisible(task.asks_labels or pair)
        if pair:
            # People here most likely want to read the text in their own language.
            own = self._wording.language
            other = "en" if own != "en" else "fr"
            for name, code in zip(PAIR, (other, own), strict=True):
                self.languages[name].setCurrentIndex(LANGUAGES.index(code))

    def labels(self) -> tuple[str, ...]:
        """The user's categories, each once; empty where the task wants none, or none are named."""
        if self._task is None or not self._task.asks_labels:
            return ()
        parts = (part.strip() for part in self.categories.text().split(","))
        return tuple(dict.fromkeys(part for part in parts if part))

    def complete(self) -> bool:
        """Whether everything is said that the task cannot do without."""
        return self._task is None or not self._task.asks_labels or len(self.labels()) > 1

    def values(self) -> dict[str, str]:
        """Parameters of the task by name."""
        if self._task is None or not all(name in self._task.default_parameters for name in PAIR):
            return {}
        return {name: str(box.currentData()) for name, box in self.languages.items()}

    def _language_box(self, name: str) -> QComboBox:
        box = QComboBox()
        box.setAccessibleName(self._wording.text(f"try.language.{name}"))
        for code in LANGUAGES:
            # Qt names the kind of English; of the others it names the language.
            own = "English" if code == "en" else QLocale(code).nativeLanguageName() or code
            box.addItem(f"{own} ({code})", code)
        return box
