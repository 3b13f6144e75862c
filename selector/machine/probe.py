# SPDX-License-Identifier: Apache-2.0
"""Inspects this computer within two seconds; imports no machine-learning runtime.

What answers at once is read first; drivers' and system's tools share what is left of the time, side by side.
"""

from __future__ import annotations

import platform
import shutil
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import replace
from pathlib import Path

from selector.machine.accelerators import probe_accelerators
from selector.machine.cgroups import Limits, limits
from selector.machine.cpu import probe_cpu
from selector.machine.facts import Accelerator, Calibration, Disk, Machine, Power
from selector.machine.memory import probe_memory
from selector.machine.power import probe_power
from selector.machine.surroundings import surroundings
from selector.machine.tool_output import TIMEOUT_S, ToolProblem, ask

PATIENCE_S = 1.8
"""For everything together: a person waits for it."""


def _existing(path: Path) -> Path:
    """``path`` or its nearest parent that exists: the cache folder may not be there yet."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def _system() -> str:
    if platform.system() == "Linux":
        try:
            release = platform.freedesktop_os_release()
            return f"{release.get('PRETTY_NAME', 'Linux')} ({platform.machine()})"
        except OSError:
            return f"Linux ({platform.machine()})"
    if platform.system() == "Darwin":
        return f"macOS {platform.mac_ver()[0]} ({platform.machine()})"
    return f"{platform.system()} {platform.release()} ({platform.machine()})"


def probe(cache: Path, calibration: Calibration | None = None) -> Machine:
    """This computer now. ``cache`` is the folder whose disk will hold models.

    Never fails: what cannot be found out is named in ``Machine.unknown``.
    """
    ends = time.monotonic() + PATIENCE_S
    unknown: list[str] = []
    around = surroundings()
    allowed = limits() if platform.system() == "Linux" else Limits()
    memory = probe_memory(unknown, allowed)
    cpu = probe_cpu(unknown, allowed)

    def asked(command: Sequence[str]) -> str:
        left = ends - time.monotonic()
        if left <= 0:
            raise ToolProblem("not asked: no time left")
        return ask(command, min(TIMEOUT_S, left))

    # Threads that hang in a disk or a driver are left behind, not waited for.
    pool = ThreadPoolExecutor(3, thread_name_prefix="probe")
    contained = around not in {"", "wsl"}
    found: list[str] = []
    try:
        free = pool.submit(lambda: shutil.disk_usage(_existing(cache)).free)
        cards = pool.submit(
            lambda: probe_accelerators(found, asked, contained=contained, cpu_name=cpu.name)
        )
        powered = pool.submit(lambda: probe_power(found))
        disk, accelerators, power, hot = 0, tuple[Accelerator, ...](), Power(), False
        try:
            disk = free.result(max(0.0, ends - time.monotonic()))
        except OSError as error:
            unknown.append(f"disk: {error}")
        except TooLate:
            unknown.append("disk: no answer")
        try:
            accelerators, hot = cards.result(max(0.0, ends - time.monotonic()) + 0.1)
        except TooLate:
            unknown.append("gpu: no answer")
        try:
            power = powered.result(max(0.0, ends - time.monotonic()))
        except TooLate:
            unknown.append("power: no answer")
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return Machine(
        os=_system(),
        cpu=cpu,
        memory=memory,
        accelerators=accelerators,
        disk=Disk(str(cache), disk),
        calibration=calibration,
        unknown=(*unknown, *tuple(found)),
        power=replace(power, hot=True) if hot else power,
        surroundings=around,
    )


def fingerprint(machine: Machine) -> str:
    """What a calibration is valid for: the same processor with the same cores."""
    cpu = machine.cpu
    return f"{cpu.name}|{cpu.physical_cores}|{cpu.logical_cores}|{','.join(cpu.features)}"
