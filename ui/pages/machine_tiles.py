# SPDX-License-Identifier: Apache-2.0
"""The machine's numbers worth seeing, as tiles."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from selector.desk.machine_text import accelerator_note, cores, memory, most_useful, swap
from selector.machine.facts import Machine
from ui.services import Services
from ui.widgets.stat_tile import StatTile

TILE_SIGNS = 34
"""Average characters that a tile needs."""


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
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(12)
        self._columns = 0
        self._arrange(4)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Four beside each other, or two where there is little width."""
        super().resizeEvent(event)
        tile = self.fontMetrics().averageCharWidth() * TILE_SIGNS
        self._arrange(4 if event.size().width() >= 4 * tile else 2)

    def _arrange(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        tiles = (self.memory, self.processor, self.graphics, self.disk)
        for place, tile in enumerate(tiles):
            self._grid.addWidget(tile, place // columns, place % columns)
            self._grid.setColumnStretch(place, 1 if place < columns else 0)

    def show_machine(self, machine: Machine) -> None:
        """Show the numbers."""
        words = self._services.wording
        text = words.text
        cpu, now = machine.cpu, machine.memory
        features = [text("machine.features", features=cpu.features)] if cpu.features else []
        self.processor.set_stat(
            text("machine.cpu"),
            text("machine.cores", n=cpu.physical_cores),
            cpu.name,
            "\n".join([f"{cpu.name}, {cores(machine, words)}", *features]),
        )
        self.memory.set_stat(
            text("machine.memory"),
            words.bytes(now.available_bytes),
            text("machine.memory_of", total=now.total_bytes),
            f"{memory(machine, words)}\n{text('machine.swap')}: {swap(machine, words)}",
        )
        if first := most_useful(machine.accelerators):
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
