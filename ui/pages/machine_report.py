# SPDX-License-Identifier: Apache-2.0
"""What the machine page says of a computer, as lines of text: for its tiles and for the clipboard."""

from __future__ import annotations

from selector.machine.facts import Accelerator, Machine
from selector.wording import Wording


def cores(machine: Machine, wording: Wording) -> str:
    """Cores, and threads where they differ."""
    cpu = machine.cpu
    text = wording.text("machine.cores", n=cpu.physical_cores)
    if cpu.logical_cores != cpu.physical_cores:
        text += f" · {wording.text('machine.threads', n=cpu.logical_cores)}"
    return text


def accelerator_note(accelerator: Accelerator, wording: Wording) -> str:
    """Memory of an accelerator, or why it cannot be used."""
    if accelerator.problem:
        return wording.text("machine.gpu_problem", problem=accelerator.problem)
    if accelerator.memory_total_bytes is None:
        return accelerator.kind.upper()
    return wording.text(
        "machine.gpu_memory",
        free=accelerator.memory_free_bytes,
        total=accelerator.memory_total_bytes,
    )


def rates(machine: Machine, wording: Wording) -> str:
    """What calibration measured."""
    measured = machine.calibration
    if measured is None:
        return wording.text("machine.rates_none")
    return wording.text(
        "machine.rates_done",
        read=measured.read_bytes_per_s,
        gemm=wording.number(measured.gemm_flop_per_s / 1e9, 2),
        noise=measured.noise,
        when=measured.measured_at[:10],
    )


def report(machine: Machine, wording: Wording) -> str:
    """Everything, as plain text to paste elsewhere; no path and no name of the user in it."""
    text = wording.text
    lines = [
        text("machine.report.title"),
        f"{text('machine.system')}: {machine.os}",
        f"{text('machine.cpu')}: {machine.cpu.name}, {cores(machine, wording)}",
    ]
    if machine.cpu.features:
        lines.append(text("machine.features", features=machine.cpu.features))
    free = wording.bytes(machine.memory.available_bytes)
    total = text("machine.memory_of", total=machine.memory.total_bytes)
    lines.append(f"{text('machine.memory')}: {free} {total}")
    lines.extend(
        f"{text('machine.gpu')}: {item.name}, {accelerator_note(item, wording)}"
        for item in machine.accelerators
    )
    if not machine.accelerators:
        lines.append(f"{text('machine.gpu')}: {text('machine.gpu_none')}")
    lines.append(f"{text('machine.disk')}: {wording.bytes(machine.disk.free_bytes)}")
    lines.append(f"{text('machine.rates')}: {rates(machine, wording)}")
    lines.extend(f"? {item}" for item in machine.unknown)
    return "\n".join(lines)
