# SPDX-License-Identifier: Apache-2.0
"""Step 1: what this computer is, what fits into its memory, how fast it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from selector.errors import PetitError
from selector.machine.facts import Machine
from selector.store.projects import Project
from ui.background import Job
from ui.messages import show_error
from ui.pages.labels import card, copyable, label
from ui.pages.machine_report import rates, report
from ui.pages.machine_tiles import MachineTiles
from ui.services import Services
from ui.widgets.memory_chart import MemoryChart, MemoryMarker
from ui.widgets.message_banner import MessageBanner
from ui.widgets.progress_row import ProgressRow

RUNTIME_BYTES = 450_000_000
BYTES_PER_PARAMETER = 4
SIZES = (5_000_000, 100_000_000, 500_000_000, 1_000_000_000)
COPIED_MS = 2000
STALE_MS = 60_000
"""Free memory changes; after this long a visit looks again."""


class MachinePage(QWidget):
    """What this computer can run."""

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        text = services.wording.text
        self.title = text("machine.title")
        self._machine: Machine | None = None
        self._looking: Job | None = None
        self._calibrating: Job | None = None
        self._fresh = QTimer(self)
        self._fresh.setSingleShot(True)
        self._fresh.setInterval(STALE_MS)

        self.tiles = MachineTiles(services)
        self.banner = MessageBanner(services.theme, services.wording)
        self.banner.hide()
        self.chart = MemoryChart(
            services.theme, text("machine.chart_title"), services.wording.bytes
        )
        self.rates = copyable(label(text("machine.rates_none")))
        self.calibrate = QPushButton(text("machine.calibrate"))
        self.calibrate.clicked.connect(self._calibrate)
        self.progress = ProgressRow(text("machine.calibrating"), text("machine.cancel"))
        self.progress.cancel_asked.connect(self.cancel)
        self.progress.hide()
        self.unknown_button = QToolButton()
        self.unknown_button.setCheckable(True)
        self.unknown_button.hide()
        self.unknown = copyable(label("", "muted"))
        self.unknown.hide()
        self.unknown_button.toggled.connect(self.unknown.setVisible)
        self.copy = QPushButton(text("machine.copy"))
        self.copy.setEnabled(False)
        self.copy.clicked.connect(self._copy)
        self._copied = QTimer(self)
        self._copied.setSingleShot(True)
        self._copied.setInterval(COPIED_MS)
        self._copied.timeout.connect(self._not_copied)
        self.next = QPushButton(text("machine.next"))
        self.next.setProperty("kind", "primary")
        self.next.clicked.connect(self._go_on)
        self._lay_out()

    # -- the page's contract ------------------------------------------------------------------------

    def show_project(self, project: Project) -> None:
        """The machine does not depend on the project."""

    def activate(self) -> None:
        """The page became visible: look at the machine, unless that was done just now."""
        if self._looking is None and self._calibrating is None and not self._fresh.isActive():
            self._looking = self._services.background.run(
                "machine",
                lambda _cancelled, _progress: self._services.desk.machine(),
                on_done=self._show_machine,
                on_error=self._failed,
                on_cancelled=self._looked,
            )

    def cancel(self) -> None:
        """Stop measuring."""
        if self._calibrating:
            self._calibrating.cancel()
            self.progress.set_stopping(self._services.wording.text("machine.stopping"))

    # -- machine ------------------------------------------------------------------------------------

    def _show_machine(self, machine: Machine) -> None:
        self._looking = None
        self._fresh.start()
        self._machine = machine
        self.banner.hide()
        words = self._services.wording
        self.tiles.show_machine(machine)
        marks = [
            MemoryMarker(
                words.text("machine.mark", parameters=n), n * BYTES_PER_PARAMETER + RUNTIME_BYTES
            )
            for n in SIZES
        ]
        memory = machine.memory
        self.chart.set_memory(
            memory.total_bytes,
            memory.available_bytes,
            words.text("machine.used"),
            words.text("machine.free"),
        )
        self.chart.set_markers(marks)
        self.rates.setText(rates(machine, words))
        again = "calibrate_again" if machine.calibration else "calibrate"
        self.calibrate.setText(words.text(f"machine.{again}"))
        self.copy.setEnabled(True)
        self.unknown_button.setVisible(bool(machine.unknown))
        self.unknown_button.setText(words.text("machine.unknown", n=len(machine.unknown)))
        self.unknown.setText("\n".join(machine.unknown))
        self.unknown.setVisible(self.unknown_button.isChecked() and bool(machine.unknown))

    def _looked(self) -> None:
        self._looking = None

    def _failed(self, error: PetitError) -> None:
        self._looking = None
        show_error(self.banner, error, self._services.wording)

    # -- calibration --------------------------------------------------------------------------------

    def _calibrate(self) -> None:
        self.calibrate.setEnabled(False)
        self.progress.button.setEnabled(True)
        self.progress.set_progress(0.0, 1.0)
        self.progress.show()

        def measure(cancelled: Callable[[], bool], progress: Callable[[Any], None]) -> Machine:
            return self._services.desk.calibrate(progress, cancelled)

        self._calibrating = self._services.background.run(
            "calibration",
            measure,
            on_done=self._calibrated,
            on_progress=self._show_progress,
            on_error=self._not_calibrated,
            on_cancelled=self._calibration_ended,
        )

    def _show_progress(self, shares: list[float]) -> None:
        self.progress.set_progress(shares[-1], 1.0)

    def _calibrated(self, machine: Machine) -> None:
        self._calibration_ended()
        self._show_machine(machine)

    def _not_calibrated(self, error: PetitError) -> None:
        self._calibration_ended()
        self._failed(error)

    def _calibration_ended(self) -> None:
        self._calibrating = None
        self.calibrate.setEnabled(True)
        self.progress.hide()

    # -- buttons ------------------------------------------------------------------------------------

    def _copy(self) -> None:
        if self._machine:
            QGuiApplication.clipboard().setText(report(self._machine, self._services.wording))
            self.copy.setText(self._services.wording.text("machine.copied"))
            self._copied.start()

    def _not_copied(self) -> None:
        self.copy.setText(self._services.wording.text("machine.copy"))

    def _go_on(self) -> None:
        self._services.go_to(1)

    # -- layout -------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        text = self._services.wording.text
        column = QVBoxLayout(self)
        column.setContentsMargins(32, 24, 32, 24)
        column.setSpacing(12)
        column.addWidget(label(self.title, "title"))
        column.addWidget(label(text("machine.purpose"), "muted"))
        column.addWidget(self.banner)
        column.addWidget(self.tiles)
        memory = card()
        inside = QVBoxLayout(memory)
        inside.setContentsMargins(16, 12, 16, 12)
        inside.addWidget(label(text("machine.chart_title"), "section"))
        inside.addWidget(self.chart)
        inside.addWidget(label(text("machine.chart_note"), "muted"))
        column.addWidget(memory)
        speed = card()
        rows = QVBoxLayout(speed)
        rows.setContentsMargins(16, 12, 16, 12)
        rows.addWidget(label(text("machine.rates"), "section"))
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.rates, 1)
        row.addWidget(self.calibrate)
        rows.addLayout(row)
        rows.addWidget(self.progress)
        column.addWidget(speed)
        column.addWidget(self.unknown_button)
        column.addWidget(self.unknown)
        column.addStretch(1)
        bottom = QHBoxLayout()
        bottom.addWidget(self.copy)
        bottom.addStretch(1)
        bottom.addWidget(self.next)
        column.addLayout(bottom)
