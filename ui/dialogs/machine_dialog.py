# SPDX-License-Identifier: Apache-2.0
"""Figures of this computer that the user sets by hand."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from selector.errors import BadSetting
from selector.machine.facts import Machine
from selector.machine.overrides import NAMES, checked
from selector.wording import Wording
from ui.pages.labels import label

_NUMBERS = ("cores", "threads")


class MachineDialog(QDialog):
    """``values`` are right once it was accepted: None for a figure to be found again."""

    def __init__(
        self,
        wording: Wording,
        machine: Machine,
        kept: Mapping[str, int | str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._wording = wording
        text = wording.text
        self.setWindowTitle(text("machine.set_title"))
        self.values: dict[str, int | str | None] = {}
        self.fields: dict[str, QLineEdit] = {}
        self.problem = label("", "bad")
        self.problem.hide()
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        found = _found(machine, wording)
        for name in NAMES:
            field = QLineEdit()
            field.setPlaceholderText(found.get(name) or self._hint(name))
            field.setAccessibleName(text(f"machine.set.{name}"))
            if name in kept:
                field.setText(_typed(name, kept[name], wording))
            self.fields[name] = field
            form.addRow(text(f"machine.set.{name}"), field)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.clear = buttons.addButton(
            text("machine.set_clear"), QDialogButtonBox.ButtonRole.ResetRole
        )
        self.apply = buttons.addButton(
            text("machine.set_apply"), QDialogButtonBox.ButtonRole.AcceptRole
        )
        self.apply.setDefault(True)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(text("machine.cancel"))
        self.clear.clicked.connect(self._clear)
        buttons.accepted.connect(self._accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        column.addWidget(label(text("machine.set_title"), "title"))
        column.addWidget(label(text("machine.set_intro"), "muted"))
        column.addLayout(form)
        column.addWidget(self.problem)
        column.addStretch(1)
        column.addWidget(buttons)
        self.resize(self.fontMetrics().averageCharWidth() * 76, self.sizeHint().height())

    def _hint(self, name: str) -> str:
        if name == "gpu":
            return ""
        return self._wording.text(f"machine.set_hint_{'number' if name in _NUMBERS else 'size'}")

    def _clear(self) -> None:
        for field in self.fields.values():
            field.clear()

    def _accept(self) -> None:
        values: dict[str, int | str | None] = {}
        for name, field in self.fields.items():
            said = field.text().replace("\u202f", "").replace("\u00a0", " ").strip()
            try:
                values[name] = checked(name, said) if said else None
            except BadSetting:
                self.problem.setText(self._wording.text("machine.set_wrong", value=said))
                self.problem.show()
                field.setFocus()
                field.selectAll()
                return
        self.values = values
        self.accept()


def _found(machine: Machine, wording: Wording) -> dict[str, str]:
    """What each figure is now, for the fields that are empty."""
    cpu, first = machine.cpu, next(iter(machine.accelerators), None)
    sizes: dict[str, int | None] = {
        "memory": machine.memory.total_bytes,
        "memory.free": machine.memory.available_bytes,
        "disk.free": machine.disk.free_bytes,
        "gpu.memory": first.memory_total_bytes if first else None,
        "gpu.free": first.memory_free_bytes if first else None,
    }
    told = {name: wording.bytes(size) for name, size in sizes.items() if size is not None}
    told |= {"cores": str(cpu.physical_cores), "threads": str(cpu.logical_cores)}
    return told | ({"gpu": first.name} if first else {})


def _typed(name: str, value: int | str, wording: Wording) -> str:
    """A value as it can be typed again, to the byte where it is not a round one."""
    if isinstance(value, str) or name in _NUMBERS:
        return str(value)
    said = wording.bytes(value)
    plain = said.replace("\u202f", "").replace("\u00a0", " ")
    try:
        return plain if checked(name, plain) == value else f"{value}"
    except BadSetting:
        return f"{value}"
