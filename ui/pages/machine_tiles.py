# SPDX-License-Identifier: Apache-2.0
"""The machine's numbers worth seeing, as tiles."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QWidget

from selector.machine.facts import Machine
from ui.pages.machine_report import accelerator_note, cores
from ui.services import Services
from ui.widgets.stat_tile import StatTile

COLUMNS = 4


class MachineTiles(QWidget):
    """Processor, memory, graphics, disk."""

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        text, theme = services.wording.text, services.theme
        self.memory = StatTile(theme, text("machine.memory"), "…", "memory-stick")
        self.graphics = StatTile(theme, text("machine.gpu"), "…", "monitor")
        self.processor = StatTile(theme, text("machine.cpu"), "…", "cpu")
        self.disk = StatTile(theme, text("machine.disk"), "…", "hard-drive")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(12)
        tiles = (self.memory, self.processor, self.graphics, self.disk)
        for place, tile in enumerate(tiles):
            grid.addWidget(tile, place // COLUMNS, place % COLUMNS)
            grid.setColumnStretch(place % COLUMNS, 1)

    def show_machine(self, machine: Machine) -> None:
        """Show the numbers."""
        words = self._services.wording
        text = words.text
        cpu, memory = machine.cpu, machine.memory
        self.processor.set_stat(
            text("machine.cpu"),
            cores(machine, words),
            cpu.name,
            text("machine.features", features=cpu.features) if cpu.features else cpu.name,
        )
        self.memory.set_stat(
            text("machine.memory"),
            words.bytes(memory.available_bytes),
            text("machine.memory_of", total=memory.total_bytes),
        )
        if machine.accelerators:
            first = machine.accelerators[0]
            everything = "\n".join(
                f"{x.name}: {accelerator_note(x, words)}" for x in machine.accelerators
            )
            note = accelerator_note(first, words)
            self.graphics.set_stat(text("machine.gpu"), first.name, note, everything)
        else:
            self.graphics.set_stat(
                text("machine.gpu"), text("machine.gpu_none"), text("machine.gpu_none_note")
            )
        self.disk.set_stat(
            text("machine.disk"), words.bytes(machine.disk.free_bytes), text("machine.disk_note")
        )
