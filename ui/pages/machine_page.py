# SPDX-License-Identifier: Apache-2.0
"""Step 1: what this computer is, what fits into its memory, how fast it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from selector.desk.machine_text import by_hand, report
from selector.errors import PetitError
from selector.machine.facts import Machine
from selector.machine.outdated import Outdated
from selector.store.projects import Project
from ui.background import Job
from ui.dialogs.machine_dialog import MachineDialog
from ui.messages import show_error
from ui.pages.labels import card, copyable, label
from ui.pages.machine_speed import MachineSpeed
from ui.pages.machine_tiles import MachineTiles
from ui.services import Services
from ui.widgets.memory_chart import MemoryChart, MemoryMarker
from ui.widgets.message_banner import MessageBanner

RUNTIME_BYTES = 450_000_000
BYTES_PER_PARAMETER = 4
SIZES = (5_000_000, 100_000_000, 500_000_000, 1_000_000_000)
COPIED_MS = 2000
STALE_MS = 60_000
"""Free memory changes; after this long a visit looks again."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look at the computer gave."""

    machine: Machine
    engines: list[dict[str, Any]]
    again: tuple[Outdated, ...]


class MachinePage(QWidget):
    """What this computer can run."""

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        text = services.wording.text
        self.title = text("machine.title")
        self._seen: Looked | None = None
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
        self.speed = MachineSpeed(services.wording)
        self.speed.asked.connect(self._calibrate)
        self.speed.cancel_asked.connect(self.cancel)
        self.set_by_hand = label("", "warn")
        self.set_by_hand.hide()
        self.correct = QPushButton(text("machine.set_button"))
        self.correct.setEnabled(False)
        self.correct.clicked.connect(self._correct)
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
                lambda _cancelled, _progress: self._look(),
                on_done=self._show,
                on_error=self._failed,
                on_cancelled=self._looked,
            )

    def cancel(self) -> None:
        """Stop measuring."""
        if self._calibrating:
            self._calibrating.cancel()
            self.speed.progress.set_stopping(self._services.wording.text("machine.stopping"))

    # -- machine ------------------------------------------------------------------------------------

    def _look(self) -> Looked:
        desk = self._services.desk
        return self._of(desk.machine())

    def _of(self, machine: Machine) -> Looked:
        desk = self._services.desk
        return Looked(machine, desk.engines(), desk.worth_measuring_again(machine))

    def _show(self, seen: Looked) -> None:
        self._looking = None
        self._fresh.start()
        self._seen = seen
        machine = seen.machine
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
        self.speed.show_machine(machine, seen.again)
        self.set_by_hand.setText(by_hand(machine, words))
        self.set_by_hand.setVisible(bool(machine.overridden))
        self.correct.setEnabled(True)
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
        self.speed.begin()

        def measure(cancelled: Callable[[], bool], progress: Callable[[Any], None]) -> Looked:
            return self._of(self._services.desk.calibrate(progress, cancelled))

        self._calibrating = self._services.background.run(
            "calibration",
            measure,
            on_done=self._calibrated,
            on_progress=self._show_progress,
            on_error=self._not_calibrated,
            on_cancelled=self._calibration_ended,
        )

    def _show_progress(self, shares: list[float]) -> None:
        self.speed.progress.set_progress(shares[-1], 1.0)

    def _calibrated(self, seen: Looked) -> None:
        self._calibration_ended()
        self._show(seen)

    def _not_calibrated(self, error: PetitError) -> None:
        self._calibration_ended()
        self._failed(error)

    def _calibration_ended(self) -> None:
        self._calibrating = None
        self.speed.end()

    # -- buttons ------------------------------------------------------------------------------------

    def _copy(self) -> None:
        if seen := self._seen:
            lines = report(seen.machine, seen.engines, seen.again, self._services.wording)
            QGuiApplication.clipboard().setText("\n".join(lines))
            self.copy.setText(self._services.wording.text("machine.copied"))
            self._copied.start()

    def _not_copied(self) -> None:
        self.copy.setText(self._services.wording.text("machine.copy"))

    def _correct(self) -> None:
        if self._seen is None:
            return
        desk, words = self._services.desk, self._services.wording
        dialog = MachineDialog(words, self._seen.machine, desk.set_figures(), self)
        dialog.accepted.connect(lambda: self._set(dialog.values))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _set(self, values: dict[str, int | str | None]) -> None:
        def keep(_cancelled: Callable[[], bool], _progress: Callable[[Any], None]) -> Looked:
            self._services.desk.set_by_hand(values)
            return self._look()

        self._looking = self._services.background.run(
            "machine", keep, on_done=self._show, on_error=self._failed, on_cancelled=self._looked
        )

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
        column.addWidget(self.speed)
        column.addWidget(self.set_by_hand)
        column.addWidget(self.unknown_button)
        column.addWidget(self.unknown)
        column.addStretch(1)
        bottom = QHBoxLayout()
        bottom.addWidget(self.copy)
        bottom.addWidget(self.correct)
        bottom.addStretch(1)
        bottom.addWidget(self.next)
        column.addLayout(bottom)
