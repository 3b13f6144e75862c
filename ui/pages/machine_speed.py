# SPDX-License-Identifier: Apache-2.0
"""How fast this computer is: what was measured, of which engines, and whether to measure again."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from selector.desk.machine_text import engine_rates, engine_table, rates, why_again
from selector.machine.facts import Machine
from selector.machine.outdated import Outdated
from selector.wording import Wording
from ui.pages.labels import card, copyable, label
from ui.widgets.plain import plain_tooltip
from ui.widgets.progress_row import ProgressRow


class MachineSpeed(QWidget):
    """A card.

    Signals:
        asked: measure now.
        cancel_asked: stop measuring.
    """

    asked = Signal()
    cancel_asked = Signal()

    def __init__(self, wording: Wording, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wording = wording
        text = wording.text
        self.rates = copyable(label(text("machine.rates_none")))
        self.again = label("", "warn")
        self.again.hide()
        self.button = QPushButton(text("machine.calibrate"))
        self.button.clicked.connect(self.asked)
        self.engines_button = QToolButton()
        self.engines_button.setText(text("machine.engines_title"))
        self.engines_button.setCheckable(True)
        self.engines_button.hide()
        self.engines = QWidget()
        self.engines.setAccessibleName(text("machine.engines_title"))
        self._table = QGridLayout(self.engines)
        self._table.setContentsMargins(0, 4, 0, 0)
        self._table.setHorizontalSpacing(16)
        self._table.setVerticalSpacing(2)
        self.engines.hide()
        self.engines_button.toggled.connect(self.engines.setVisible)
        self.progress = ProgressRow(text("machine.calibrating"), text("machine.cancel"))
        self.progress.cancel_asked.connect(self.cancel_asked)
        self.progress.hide()
        self._lay_out(card())

    def _lay_out(self, frame: QFrame) -> None:
        around = QVBoxLayout(self)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(frame)
        rows = QVBoxLayout(frame)
        rows.setContentsMargins(16, 12, 16, 12)
        rows.addWidget(label(self._wording.text("machine.rates"), "section"))
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.rates, 1)
        row.addWidget(self.engines_button)
        row.addWidget(self.button)
        rows.addLayout(row)
        rows.addWidget(self.again)
        rows.addWidget(self.engines)
        rows.addWidget(self.progress)

    def show_machine(self, machine: Machine, again: Sequence[Outdated]) -> None:
        """What was measured of it, and why to do so again."""
        words = self._wording
        self.rates.setText(rates(machine, words))
        reasons = why_again(again, words)
        self.again.setText("\n".join(reasons))
        self.again.setVisible(bool(reasons))
        rows = engine_table(machine.calibration, words)
        self._fill(rows)
        self.engines_button.setVisible(bool(rows))
        self.engines.setVisible(bool(rows) and self.engines_button.isChecked())
        self.engines.setToolTip(plain_tooltip("\n".join(engine_rates(machine.calibration, words))))
        self.button.setText(
            words.text("machine.calibrate_again" if machine.calibration else "machine.calibrate")
        )

    def _fill(self, rows: Sequence[Sequence[str]]) -> None:
        while (item := self._table.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        for n, row in enumerate(rows):
            for column, text in enumerate(row):
                cell = label(text, "small" if n == 0 or column > 1 else None, wrap=n == 0)
                side = Qt.AlignmentFlag.AlignLeft if column < 2 else Qt.AlignmentFlag.AlignRight
                cell.setAlignment(side | Qt.AlignmentFlag.AlignBottom)
                self._table.addWidget(cell, n, column)
        self._table.setColumnStretch(len(rows[0]) if rows else 0, 1)

    def begin(self) -> None:
        """Measuring begins."""
        self.button.setEnabled(False)
        self.progress.button.setEnabled(True)
        self.progress.set_progress(0.0, 1.0)
        self.progress.show()

    def end(self) -> None:
        """It is over, one way or the other."""
        self.button.setEnabled(True)
        self.progress.hide()
