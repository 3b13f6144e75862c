# SPDX-License-Identifier: Apache-2.0
"""Whether times can be trusted: enough rounds, nobody else at work, the machine at its usual speed.

What other programs used is what the system's processors did while a contestant had its turn, less the
contestant's own processor time. A turn whose threads found fewer free processors than they asked for by more
than TAKEN is a busy one. The same inputs that take very different times in different rounds are unsteady,
whatever the reason (a virtual machine's neighbours are in no count of ours).
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import psutil

from selector.machine.facts import Power

ROUNDS = 5
"""Turns that each contestant should have before its times are published."""
EXTRA_S = 10.0
"""How long the repetitions may take that are there for the times alone."""
TAKEN = 0.15
UNSTEADY = 0.25
_LEAST_S = 0.2
"""Below this much measured time the system's counters, which tick every 10 ms, say nothing."""
_LEAST_RUN_S = 0.01


def system_busy_s() -> float:
    """Processor seconds that the whole system has worked since it started."""
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    # Linux counts a guest's time in user's as well.
    guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
    return float(sum(times) - idle - guests)


@dataclass(slots=True)
class Spent:
    """What the timed turns of one contestant took."""

    rounds: int = 0
    wall_s: float = 0.0
    cpu_s: float = 0.0
    others_s: float = 0.0
    threads: int = 1
    repeated: dict[int, list[float]] = field(default_factory=dict)
    """Seconds of each round on the same inputs, by the first input's position."""

    def add(self, first: int, wall_s: float, cpu_s: float, system_s: float) -> None:
        """One turn; ``system_s`` is what ``system_busy_s`` grew by meanwhile."""
        self.rounds += 1
        self.wall_s += wall_s
        self.cpu_s += cpu_s
        self.others_s += system_s - cpu_s
        self.repeated.setdefault(first, []).append(wall_s)

    def busy(self, processors: int) -> bool:
        """Whether other programs took processors that this contestant's threads wanted."""
        if self.wall_s < _LEAST_S:
            return False
        free = processors * self.wall_s - max(0.0, self.others_s)
        return free < (1 - TAKEN) * min(self.threads, processors) * self.wall_s

    def unsteady(self) -> bool:
        """Whether a usual run took much longer than the fastest on the same inputs."""
        ratios = [
            statistics.median(each) / min(each) - 1
            for each in self.repeated.values()
            if len(each) >= 3 and min(each) >= _LEAST_RUN_S
        ]
        return bool(ratios) and statistics.median(ratios) > UNSTEADY


def notes_on(spent: Spent, power: Sequence[Power], *, shared: bool) -> tuple[str, ...]:
    """Keys of the catalogue, what weighs most first; empty for times that can be taken as they are.

    ``power``: what the machine ran on before and after.
    """
    if not spent.rounds:
        return ()
    found: Mapping[str, bool] = {
        "timing.shared": shared,
        "timing.busy": spent.busy(psutil.cpu_count() or 1),
        "timing.unsteady": spent.unsteady(),
        "timing.hot": any(each.hot for each in power),
        "timing.battery": any(each.source == "battery" for each in power),
        "timing.saving": any(_saves(each.mode) for each in power),
        "timing.few": spent.rounds < ROUNDS,
    }
    return tuple(note for note, holds in found.items() if holds)


AGAIN = frozenset({"timing.shared", "timing.busy", "timing.unsteady"})
"""Notes that say: these times are noisy, run it again."""


def _saves(mode: str) -> bool:
    """Whether a power mode's name asks for less than full speed.

    The governor ``powersave`` does not: it is how today's Intel processors run at every speed.
    """
    return any(word in mode.lower() for word in ("low-power", "low power", "saver"))
