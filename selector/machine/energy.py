# SPDX-License-Identifier: Apache-2.0
"""Energy that the processor's own counters say was used: RAPL, where Linux lets this user read it.

Many systems keep the counters for the administrator; then there is no figure, and nothing is made up.
The counters are those of Intel's and AMD's packages (https://docs.kernel.org/power/powercap/powercap.html).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/sys/class/powercap")
_PACKAGE = re.compile(r"intel-rapl:\d+")
_MICRO = 1e-6
IDLE_S = 1.0


@dataclass(frozen=True, slots=True)
class Counters:
    """One reading: of each package its microjoules, and where its counter begins anew."""

    at_s: float
    packages: Mapping[str, tuple[int, int]]


def read_counters(
    root: Path = ROOT, clock: Callable[[], float] = time.monotonic
) -> Counters | None:
    """The counters now; None where there are none or they may not be read."""
    found: dict[str, tuple[int, int]] = {}
    try:
        zones = [zone for zone in root.iterdir() if _PACKAGE.fullmatch(zone.name)]
        for zone in zones:
            if not (zone / "name").read_text().startswith("package"):
                continue
            used, around = (
                int((zone / name).read_text()) for name in ("energy_uj", "max_energy_range_uj")
            )
            found[zone.name] = (used, around)
    except (OSError, ValueError):
        return None
    return Counters(clock(), found) if found else None


def joules(before: Counters | None, after: Counters | None) -> float | None:
    """Energy between two readings, each counter gone round once at the most."""
    if before is None or after is None or set(before.packages) != set(after.packages):
        return None
    total = 0
    for name, (start, around) in before.packages.items():
        used = after.packages[name][0] - start
        total += used if used >= 0 else used + around
    return total * _MICRO


def idle_watts(root: Path = ROOT, seconds: float = IDLE_S) -> float | None:
    """Power while this process waits; takes ``seconds``, and no time where nothing can be read."""
    before = read_counters(root)
    if before is None:
        return None
    time.sleep(seconds)
    after = read_counters(root)
    used = joules(before, after)
    return None if used is None or after is None else used / (after.at_s - before.at_s)
