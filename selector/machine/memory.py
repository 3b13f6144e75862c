# SPDX-License-Identifier: Apache-2.0
"""Main memory, with the limits of control groups applied: what a model may really use."""

from __future__ import annotations

from pathlib import Path

import psutil

from selector.machine.facts import Memory

# Limit and usage of version 2 and version 1 control groups.
_GROUPS = (
    (
        Path("/sys/fs/cgroup/memory.max"),
        Path("/sys/fs/cgroup/memory.current"),
        Path("/sys/fs/cgroup/memory.stat"),
    ),
    (
        Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
        Path("/sys/fs/cgroup/memory/memory.usage_in_bytes"),
        Path("/sys/fs/cgroup/memory/memory.stat"),
    ),
)


def reclaimable(stat: str) -> int:
    """Bytes of page cache that a control group gives back under pressure, from its memory.stat."""
    for line in stat.splitlines():
        name, _, value = line.partition(" ")
        if name in {"inactive_file", "total_inactive_file"} and value.isdigit():
            return int(value)
    return 0


def limited(memory: Memory, limit: str, used: str, stat: str = "") -> Memory:
    """``memory`` under a control group's ``limit`` with ``used`` bytes taken; "max" means no limit."""
    try:
        cap, taken = int(limit), int(used)
    except ValueError:
        return memory
    if cap <= 0 or cap >= memory.total_bytes:
        return memory
    free = max(0, cap - max(0, taken - reclaimable(stat)))
    return Memory(cap, min(memory.available_bytes, free))


def probe_memory() -> Memory:
    """Memory now."""
    now = psutil.virtual_memory()
    memory = Memory(int(now.total), int(now.available))
    for limit, used, stat in _GROUPS:
        try:
            return limited(memory, limit.read_text(), used.read_text(), stat.read_text())
        except OSError:
            continue
    return memory
