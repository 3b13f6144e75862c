# SPDX-License-Identifier: Apache-2.0
"""Unfinished files: what Petit left, and what other programs left, each with a button to delete."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from selector.hub.leftovers import DAYS_KEPT, Leftover
from selector.wording import Wording
from ui.pages.labels import label


class LibraryLeftovers(QWidget):
    """Hidden as long as there are none.

    Signals:
        sweep_asked: True for the files of other programs, False for Petit's.
    """

    sweep_asked = Signal(bool)

    def __init__(self, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        self.items: tuple[Leftover, ...] = ()
        self._lines: dict[bool, tuple[QWidget, QLabel, QPushButton]] = {}
        for foreign in (False, True):
            tip = wording.text(f"library.leftovers_{self._whose(foreign)}_tip", days=DAYS_KEPT)
            said = label("", "muted")
            said.setToolTip(tip)
            button = QPushButton(wording.text("library.sweep"))
            button.setToolTip(tip)
            button.setProperty("kind", "quiet")
            button.clicked.connect(lambda _=False, f=foreign: self.sweep_asked.emit(f))
            line = QWidget()
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            row.addWidget(said, 1)
            row.addWidget(button)
            column.addWidget(line)
            self._lines[foreign] = (line, said, button)
        self.show_leftovers(())

    @staticmethod
    def _whose(foreign: bool) -> str:
        return "others" if foreign else "ours"

    def button(self, *, foreign: bool) -> QPushButton:
        """The button that deletes."""
        return self._lines[foreign][2]

    def show_leftovers(self, items: Sequence[Leftover]) -> None:
        """Say how much there is of each."""
        self.items = tuple(items)
        for foreign, (line, said, button) in self._lines.items():
            sizes = [item.bytes for item in items if item.ours is not foreign]
            text = self._wording.text(
                f"library.leftovers_{self._whose(foreign)}", n=len(sizes), bytes=sum(sizes)
            )
            said.setText(text)
            button.setAccessibleName(f"{button.text()}: {text}")
            line.setVisible(bool(sizes))
        self.setVisible(bool(items))
