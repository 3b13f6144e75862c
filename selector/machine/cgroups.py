# SPDX-License-Identifier: Apache-2.0
"""What Linux control groups allow this process: cores, memory and swap, versions 1 and 2, nested.

A limit holds for everything below it, so every group from the process's own up to the root counts, and
the tightest wins. Inside a container the path that /proc names is often the host's and is not there: then
what the container mounts as its root is the group
(https://docs.kernel.org/admin-guide/cgroup-v2.html, https://docs.kernel.org/admin-guide/cgroup-v1/memory.html).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar

T = TypeVar("T")
_MOUNT = "sys/fs/cgroup"
_MAX_TEXT = 65536


@dataclass(frozen=True, slots=True)
class MemoryLimit:
    """One group's: bytes it may hold, holds, and would give back under pressure."""

    limit: int
    used: int
    reclaimable: int

    @property
    def free(self) -> int:
        """Bytes that this group still lets its processes take."""
        return max(0, self.limit - max(0, self.used - self.reclaimable))


@dataclass(frozen=True, slots=True)
class Limits:
    """The tightest of all groups; None where nothing is limited."""

    cores: int | None = None
    memory: MemoryLimit | None = None
    """Of the group with the smallest limit."""
    memory_free: int | None = None
    """Of the group with the least left, which may be another one."""
    swap: int | None = None
    """Bytes of swap alone."""


def limits(root: Path = Path("/")) -> Limits:
    """What holds for this process. ``root`` is the file system to read. Never fails."""
    memories: list[MemoryLimit] = []
    cores: list[int] = []
    swaps: list[int] = []
    for unified, kind, folder in _groups(root):
        if unified:
            cores += _some(quota_cores(_text(folder / "cpu.max")))
            memories += _some(_memory(folder, ("memory.max", "memory.high"), "memory.current"))
            swaps += _some(_whole(_text(folder / "memory.swap.max")))
        elif kind == "memory":
            names = ("memory.limit_in_bytes",)
            found = _memory(folder, names, "memory.usage_in_bytes")
            memories += _some(found)
            both = _whole(_text(folder / "memory.memsw.limit_in_bytes"))
            if found is not None and both is not None:
                swaps.append(max(0, both - found.limit))
        else:
            quota = _text(folder / "cpu.cfs_quota_us").strip()
            period = _text(folder / "cpu.cfs_period_us").strip()
            cores += _some(quota_cores(f"{quota} {period}"))
    return Limits(
        cores=min(cores, default=None),
        memory=min(memories, key=lambda each: each.limit, default=None),
        memory_free=min((each.free for each in memories), default=None),
        swap=min(swaps, default=None),
    )


def _groups(root: Path) -> Iterator[tuple[bool, str, Path]]:
    """Whether version 2, the controller, and a folder: each group and every one above it."""
    mount = root / _MOUNT
    for controllers, path in parse_membership(_text(root / "proc/self/cgroup")):
        for kind in controllers or ("",):
            if kind == "":
                places = [mount, mount / "unified"]
            elif kind == "memory":
                places = [mount / "memory"]
            elif kind == "cpu":
                places = [mount / "cpu", mount / "cpu,cpuacct"]
            else:
                continue
            for place in places:
                if place.is_dir():
                    for above in _upwards(place, path):
                        yield kind == "", kind, above
                    break


def _upwards(place: Path, path: PurePosixPath) -> Iterator[Path]:
    parts = [part for part in path.parts if part not in {"/", "..", "."}]
    for count in range(len(parts), -1, -1):
        folder = place.joinpath(*parts[:count])
        if folder.is_dir():
            yield folder


def parse_membership(text: str) -> list[tuple[tuple[str, ...], PurePosixPath]]:
    """Controllers (none: version 2) and path of each line of /proc/self/cgroup."""
    found = []
    for line in text.splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number.isdecimal() and path.startswith("/"):
            names = tuple(name for name in controllers.split(",") if name)
            found.append((names, PurePosixPath(path)))
    return found


def quota_cores(text: str) -> int | None:
    """Cores allowed by "quota period" in µs, rounded up; None: no limit."""
    parts = text.split()
    try:
        quota, period = int(parts[0]), int(parts[1])
    except (IndexError, ValueError):
        return None
    return max(1, math.ceil(quota / period)) if quota > 0 and period > 0 else None


def reclaimable(stat: str) -> int:
    """Bytes of page cache that a group gives back under pressure, from its memory.stat.

    Version 1 counts only the group's own pages in ``inactive_file``, with ``total_`` its children's too.
    """
    found = {}
    for line in stat.splitlines():
        name, _, value = line.partition(" ")
        if name in {"inactive_file", "total_inactive_file"} and value.isdecimal():
            found[name] = int(value)
    return found.get("total_inactive_file", found.get("inactive_file", 0))


def _memory(folder: Path, names: tuple[str, ...], usage: str) -> MemoryLimit | None:
    caps = [cap for name in names if (cap := _whole(_text(folder / name))) is not None]
    if not caps:
        return None
    used = _whole(_text(folder / usage)) or 0
    return MemoryLimit(min(caps), used, reclaimable(_text(folder / "memory.stat")))


def _whole(text: str) -> int | None:
    """A number of bytes; "max" and version 1's "as much as there is" are no limit."""
    text = text.strip()
    if not text.isdecimal() or not text.isascii() or len(text) > 20:
        return None
    value = int(text)
    return value if value < 2**62 else None


def _some(value: T | None) -> list[T]:
    return [] if value is None else [value]


def _text(path: Path) -> str:
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            return file.read(_MAX_TEXT)
    except OSError:
        return ""
