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
from typing import Literal

Quantity = Literal["memory", "speed"]

_ENGINE_SD: Mapping[str, float] = {"memory": 0.04, "speed": 0.20}
_FAMILY_SD: Mapping[str, float] = {"memory": 0.03, "speed": 0.15}
_NOISE_SD: Mapping[str, float] = {"memory": 0.02, "speed": 0.10}
_LARGEST: Mapping[str, float] = {"memory": math.log(1.25), "speed": math.log(4.0)}
"""What one run may say at most: a machine that was busy must not move everything."""
_LEFT_SD = 0.08
"""Deviation between models of one family that no number of runs removes."""


@dataclass(frozen=True, slots=True)
class Run:
    """One real run: what was measured over what was predicted (without any correction)."""

    quantity: Quantity
    engine: str
    family: str
    ratio: float


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
class _Known:
    engines: Mapping[tuple[str, str], tuple[float, float]] = field(default_factory=dict)
    families: Mapping[tuple[str, str, str], tuple[float, float, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Anchors:
    """What runs have taught so far. Made by ``learn``."""

    known: _Known = field(default_factory=_Known)

    def memory(self, engine: str, family: str) -> Shift:
        """Correction of peak memory."""
        return self._shift("memory", engine, family)

    def speed(self, engine: str, family: str) -> Shift:
        """Correction of speed (a factor above 1: faster than predicted)."""
        return self._shift("speed", engine, family)

    def runs(self, engine: str, family: str) -> int:
        """Runs of this family with this engine that a prediction of its speed rests on."""
        found = self.known.families.get(("speed", engine, family))
        return found[2] if found else 0

    def _shift(self, quantity: Quantity, engine: str, family: str) -> Shift:
        common = self.known.engines.get((quantity, engine))
        if common is None:
            return Shift()
        mean, variance = common
        own = self.known.families.get((quantity, engine, family))
        if own is None:
            variance += _FAMILY_SD[quantity] ** 2
            return Shift(math.exp(mean), math.sqrt(variance))
        return Shift(math.exp(mean + own[0]), math.sqrt(variance + own[1]), own[2])


NONE = Anchors()


def learn(runs: Iterable[Run]) -> Anchors:
    """Everything that ``runs`` say; ratios that are not positive and finite are left out."""
    groups: dict[tuple[str, str], dict[str, list[float]]] = {}
    for run in runs:
        if run.ratio > 0 and math.isfinite(run.ratio):
            limit = _LARGEST[run.quantity]
            value = min(max(math.log(run.ratio), -limit), limit)
            families = groups.setdefault((run.quantity, run.engine), {})
            families.setdefault(run.family, []).append(value)
    engines: dict[tuple[str, str], tuple[float, float]] = {}
    members: dict[tuple[str, str, str], tuple[float, float, int]] = {}
    for (quantity, engine), families in groups.items():
        common, between, noise = (
            table[quantity] ** 2 for table in (_ENGINE_SD, _FAMILY_SD, _NOISE_SD)
        )
        # Each family's mean tells of the engine with the family's own deviation on top of the noise.
        weights = {name: 1 / (between + noise / len(values)) for name, values in families.items()}
        precision = 1 / common + sum(weights.values())
        mean = sum(weights[n] * sum(v) / len(v) for n, v in families.items()) / precision
        engines[quantity, engine] = mean, 1 / precision
        for name, values in families.items():
            share = between / (between + noise / len(values))
            own = share * (sum(values) / len(values) - mean)
            members[quantity, engine, name] = own, between * (1 - share), len(values)
    return Anchors(_Known(engines, members))
