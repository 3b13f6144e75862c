# SPDX-License-Identifier: Apache-2.0
"""Which bytes of a file are here, when they come in any order. Pure; bytes count from 0."""

from __future__ import annotations

from collections.abc import Iterable


def union(spans: Iterable[tuple[int, int]], size: int) -> list[tuple[int, int]]:
    """``spans`` (start, stop) within ``size``, sorted, overlaps and neighbours joined."""
    joined: list[tuple[int, int]] = []
    for start, stop in sorted(spans):
        start, stop = max(0, start), min(size, stop)
        if start >= stop:
            continue
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], stop))
        else:
            joined.append((start, stop))
    return joined


def prefix(spans: Iterable[tuple[int, int]], size: int) -> int:
    """How many bytes from the first on are here without a hole."""
    here = union(spans, size)
    return here[0][1] if here and here[0][0] == 0 else 0


def total(spans: Iterable[tuple[int, int]], size: int) -> int:
    """How many bytes are here."""
    return sum(stop - start for start, stop in union(spans, size))


def gaps(spans: Iterable[tuple[int, int]], size: int) -> list[tuple[int, int]]:
    """What is missing of ``size`` bytes, in order."""
    missing, at = [], 0
    for start, stop in union(spans, size):
        if start > at:
            missing.append((at, start))
        at = stop
    if at < size:
        missing.append((at, size))
    return missing
