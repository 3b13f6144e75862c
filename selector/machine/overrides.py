# SPDX-License-Identifier: Apache-2.0
"""Figures of the machine that the user sets by hand: where a probe is wrong, or to plan for another computer.

Written as ``name=value``, sizes as people write them (``16 GB``, ``8GiB``); kept in one small JSON file.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from selector.errors import BadSetting
from selector.machine.facts import Accelerator, Machine

NAMES = ("cores", "threads", "memory", "memory.free", "disk.free", "gpu", "gpu.memory", "gpu.free")
"""``gpu`` is a name; cores and threads are numbers; the others are sizes."""
_ALLOWED = "cores=4, threads=8, memory=16GB, memory.free=8GB, disk.free=50GB, gpu=NAME, gpu.memory=8GB, gpu.free=6GB"
_SIZE = re.compile(r"(\d{1,6}(?:[.,]\d{1,3})?)\s*([kmgt]?)(i?)[bo]?", re.IGNORECASE | re.ASCII)
_MOST_BYTES = 1 << 50
_MOST_CORES = 4096
_MAX_FILE = 10_000


def parse_override(text: str) -> tuple[str, int | str]:
    """Name and value of ``name=value``. Raises BadSetting."""
    name, equals, value = (part.strip() for part in text.partition("="))
    name = name.lower()
    if not equals or name not in NAMES:
        raise BadSetting(setting="--set", value=text[:100], allowed=_ALLOWED)
    return name, checked(name, value)


def checked(name: str, value: object) -> int | str:
    """``value`` as it is kept. Raises BadSetting."""
    problem = BadSetting(setting="--set", value=f"{name}={value}"[:100], allowed=_ALLOWED)
    if name == "gpu":
        if isinstance(value, str) and 0 < len(value) <= 100 and value.isprintable():
            return value
        raise problem
    most = _MOST_CORES if name in {"cores", "threads"} else _MOST_BYTES
    if isinstance(value, str):
        value = _number(value, name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= most:
        raise problem
    return value


def _number(text: str, name: str) -> int | None:
    if name in {"cores", "threads"}:
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None
    found = _SIZE.fullmatch(text)
    if found is None:
        return None
    power = "kmgt".index(found[2].lower()) + 1 if found[2] else 0
    unit: int = (1024 if found[3] else 1000) ** power
    return round(float(found[1].replace(",", ".")) * unit)


def overridden(machine: Machine, values: Mapping[str, int | str]) -> Machine:
    """The machine with what was set by hand; figures that belong together stay possible together."""
    cpu, memory, disk = machine.cpu, machine.memory, machine.disk
    threads = int(values.get("threads", max(cpu.logical_cores, int(values.get("cores", 1)))))
    cores = min(int(values.get("cores", cpu.physical_cores)), threads)
    total = int(values.get("memory", memory.total_bytes))
    # Set alone, the total takes what is in use with it.
    taken = memory.total_bytes - memory.available_bytes
    usual = max(0, total - taken) if "memory" in values else memory.available_bytes
    available = min(int(values.get("memory.free", usual)), total)
    return replace(
        machine,
        cpu=replace(cpu, physical_cores=cores, logical_cores=threads),
        memory=replace(memory, total_bytes=total, available_bytes=available),
        disk=replace(disk, free_bytes=int(values.get("disk.free", disk.free_bytes))),
        accelerators=_accelerators(machine.accelerators, values),
        overridden=tuple(name for name in NAMES if name in values),
    )


def _accelerators(
    found: tuple[Accelerator, ...], values: Mapping[str, int | str]
) -> tuple[Accelerator, ...]:
    if not {"gpu", "gpu.memory", "gpu.free"} & set(values):
        return found
    first = found[0] if found else Accelerator("other", "GPU")
    total = values.get("gpu.memory", first.memory_total_bytes)
    free = values.get("gpu.free", first.memory_free_bytes)
    if isinstance(total, int) and isinstance(free, int):
        free = min(free, total)
    changed = replace(
        first,
        name=str(values.get("gpu", first.name)),
        memory_total_bytes=total if isinstance(total, int) else None,
        memory_free_bytes=free if isinstance(free, int) else None,
        integrated=first.integrated and "gpu.memory" not in values,
    )
    return (changed, *found[1:])


def load_overrides(path: Path) -> dict[str, int | str]:
    """What the file holds; entries that are not as this module writes them are left out. Never fails."""
    try:
        if path.stat().st_size > _MAX_FILE:
            return {}
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    found: dict[str, int | str] = {}
    for name, value in data.items() if isinstance(data, dict) else ():
        try:
            if name in NAMES:
                found[name] = checked(name, value)
        except BadSetting:
            continue
    return found


def save_overrides(path: Path, values: Mapping[str, int | str]) -> None:
    """Write them, or remove the file where there are none. Raises OSError."""
    if not values:
        path.unlink(missing_ok=True)
        return
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    temporary.write_text(json.dumps(dict(values), indent=1), encoding="utf-8")
    temporary.replace(path)
