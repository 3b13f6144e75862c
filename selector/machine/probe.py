# SPDX-License-Identifier: Apache-2.0
"""Inspects this computer in well under two seconds; imports no machine-learning runtime."""

from __future__ import annotations

import platform
import shutil
from pathlib import Path

from selector.machine.accelerators import probe_accelerators
from selector.machine.cpu import probe_cpu
from selector.machine.facts import Calibration, Disk, Machine
from selector.machine.memory import probe_memory


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
    unknown: list[str] = []
    memory = probe_memory()
    try:
        free = shutil.disk_usage(_existing(cache)).free
    except OSError as error:
        unknown.append(f"disk: {error}")
        free = 0
    return Machine(
        os=_system(),
        cpu=probe_cpu(unknown),
        memory=memory,
        accelerators=probe_accelerators(memory.total_bytes, memory.available_bytes, unknown),
        disk=Disk(str(cache), free),
        calibration=calibration,
        unknown=tuple(unknown),
    )


def fingerprint(machine: Machine) -> str:
    """What a calibration is valid for: the same processor with the same cores."""
    cpu = machine.cpu
    return f"{cpu.name}|{cpu.physical_cores}|{cpu.logical_cores}|{','.join(cpu.features)}"
