# SPDX-License-Identifier: Apache-2.0
"""Main memory, with the limits of control groups applied: what a model may really use."""

from __future__ import annotations

import psutil

from selector.machine.cgroups import Limits
from selector.machine.facts import Memory


def limited(memory: Memory, limits: Limits) -> Memory:
    """``memory`` under the control groups' limits; one larger than the computer is no limit."""
    total, available = memory.total_bytes, memory.available_bytes
    tight = limits.memory is not None and 0 < limits.memory.limit < total
    if tight and limits.memory is not None:
        total = limits.memory.limit
        free = limits.memory.free if limits.memory_free is None else limits.memory_free
        available = min(available, free)
    swap = memory.swap_total_bytes
    if limits.swap is not None:
        swap = min(swap, limits.swap)
    return Memory(total, available, swap, min(memory.swap_free_bytes, swap), limited=tight)


def probe_memory(unknown: list[str], limits: Limits) -> Memory:
    """Memory now; swap that cannot be found out is added to ``unknown``."""
    now = psutil.virtual_memory()
    swap = free = 0
    try:
        told = psutil.swap_memory()
        swap, free = int(told.total), int(told.free)
    except (OSError, RuntimeError, ValueError) as error:
        unknown.append(f"swap: {error}")
    return limited(Memory(int(now.total), int(now.available), swap, free), limits)
