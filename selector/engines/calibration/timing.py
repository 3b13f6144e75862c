# SPDX-License-Identifier: Apache-2.0
"""Times one piece of work: the median of five after one that does not count."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from selector.errors import Cancelled

REPEATS = 5
_TURN_S = 0.06
"""A turn lasts about this long, so that the clock's own steps do not matter."""


@dataclass(slots=True)
class Stopwatch:
    """Collects the noise of everything it times. ``progress`` gets the share done (0 to 1)."""

    cancelled: Callable[[], bool]
    progress: Callable[[float], None]
    steps: int
    """How many pieces of work there will be."""
    noise: float = 0.0
    """Largest spread so far: the second slowest of five turns over their median, less one."""
    _done: int = field(default=0)

    def seconds(self, work: Callable[[], object]) -> float:
        """Median seconds of one call. Raises Cancelled."""
        started = time.perf_counter()
        work()
        once = time.perf_counter() - started
        calls = max(1, round(_TURN_S / max(once, 1e-6)))
        turns = []
        for _ in range(REPEATS):
            if self.cancelled():
                raise Cancelled
            started = time.perf_counter()
            for _ in range(calls):
                work()
            turns.append((time.perf_counter() - started) / calls)
        return self.judge(turns)

    def judge(self, turns: list[float]) -> float:
        """The median of ``turns``, whose spread counts as noise; one step further."""
        if self.cancelled():
            raise Cancelled
        middle = statistics.median(turns)
        # Of five turns the slowest is often a hiccup of the system; the next one is not.
        spread = sorted(turns)[-2 if len(turns) > 2 else -1] / middle - 1
        self.noise = max(self.noise, spread)
        self._done += 1
        self.progress(min(1.0, self._done / self.steps))
        return middle
