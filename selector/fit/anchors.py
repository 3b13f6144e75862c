# SPDX-License-Identifier: Apache-2.0
"""Corrects predictions by what real runs on this machine took, shrunk for families with few runs. Pure.

The logarithm of measured over predicted is taken as a sum of what the engine misses everywhere on this
machine, what it misses for one family of models, and noise: three normal distributions with known
deviations. Both means are estimated as a mixed model's best linear predictors (Robinson 1991, "That BLUP
is a good thing"), so that one run moves a prediction a little and many move it all the way.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from selector.machine.facts import Experience

_ENGINE_SD: Mapping[str, float] = {"memory": 0.04, "speed": 0.20}
_FAMILY_SD: Mapping[str, float] = {"memory": 0.03, "speed": 0.15}
_NOISE_SD: Mapping[str, float] = {"memory": 0.02, "speed": 0.10}
LARGEST: Mapping[str, float] = {"memory": math.log(1.25), "speed": math.log(4.0)}
"""What one run may say at most: a machine that was busy must not move everything."""
_LEFT_SD = 0.08
"""Deviation between models of one family that no number of runs removes."""
_LEAST_MEMORY = 0.97
"""Runs may make a peak smaller by this much only: the next inputs may be larger than the last."""


@dataclass(frozen=True, slots=True)
class Shift:
    """How a prediction is corrected: ``factor`` times, with ``sd`` of the logarithm left, from ``runs``."""

    factor: float = 1.0
    sd: float | None = None
    runs: int = 0

    def narrowed(self, spread: float) -> float:
        """The deviation of a corrected prediction; never wider than without correction."""
        return spread if self.sd is None else min(spread, math.hypot(self.sd, _LEFT_SD))


@dataclass(frozen=True, slots=True)
class Anchors:
    """What runs have taught so far. Made by ``learn``."""

    engines: Mapping[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    """Mean and variance of (quantity, engine)."""
    families: Mapping[tuple[str, str, str], tuple[float, float, int]] = field(default_factory=dict)
    """Mean, variance and runs of (quantity, engine, family), beside the engine's."""

    def memory(self, engine: str, family: str) -> Shift:
        """Correction of peak memory."""
        found = self._shift("memory", engine, family)
        return Shift(max(found.factor, _LEAST_MEMORY), found.sd, found.runs)

    def speed(self, engine: str, family: str) -> Shift:
        """Correction of speed (a factor above 1: faster than predicted)."""
        return self._shift("speed", engine, family)

    def _shift(self, quantity: str, engine: str, family: str) -> Shift:
        common = self.engines.get((quantity, engine))
        if common is None:
            return Shift()
        mean, variance = common
        own = self.families.get((quantity, engine, family))
        if own is None:
            return Shift(math.exp(mean), math.sqrt(variance + _FAMILY_SD[quantity] ** 2))
        return Shift(math.exp(mean + own[0]), math.sqrt(variance + own[1]), own[2])


NONE = Anchors()


def learn(experience: Iterable[Experience]) -> Anchors:
    """Everything that runs say; what is not a finite mean of at least one run is left out."""
    groups: dict[tuple[str, str], dict[str, tuple[float, int]]] = {}
    for each in experience:
        limit = LARGEST.get(each.quantity)
        if limit is None or each.runs < 1 or not math.isfinite(each.mean_log):
            continue
        mean = min(max(each.mean_log, -limit), limit)
        groups.setdefault((each.quantity, each.engine), {})[each.family] = mean, each.runs
    engines: dict[tuple[str, str], tuple[float, float]] = {}
    members: dict[tuple[str, str, str], tuple[float, float, int]] = {}
    for (quantity, engine), families in groups.items():
        common, between, noise = (
            table[quantity] ** 2 for table in (_ENGINE_SD, _FAMILY_SD, _NOISE_SD)
        )
        # Each family's mean tells of the engine with the family's own deviation on top of the noise.
        weights = {name: 1 / (between + noise / runs) for name, (_, runs) in families.items()}
        precision = 1 / common + sum(weights.values())
        middle = sum(weights[name] * mean for name, (mean, _) in families.items()) / precision
        engines[quantity, engine] = middle, 1 / precision
        for name, (mean, runs) in families.items():
            share = between / (between + noise / runs)
            members[quantity, engine, name] = share * (mean - middle), between * (1 - share), runs
    return Anchors(engines, members)
