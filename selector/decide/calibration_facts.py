# SPDX-License-Identifier: Apache-2.0
"""Whether a model is as sure as it is right, as plain data that the window may import (no numpy here)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast, get_args

Held = Literal["yes", "no", "unclear"]
"""Whether what was tuned holds on the examples kept aside, with 95 % confidence."""


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers given with about the same sureness."""

    sure: float
    """Mean sureness, from 0 to 1."""
    right: float
    """Share that is right."""
    low: float
    high: float
    """95 % interval of ``right`` (Wilson)."""
    n: int


@dataclass(frozen=True, slots=True)
class AbstainPoint:
    """What happens when answers less sure than ``threshold`` are left out."""

    threshold: float
    coverage: float
    """Share of examples that still get an answer."""
    right: float
    """Share of those answers that is right."""
    low: float
    high: float
    """95 % interval of ``right`` (Wilson)."""
    n: int
    """Answers."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """The lowest threshold that reaches ``target`` on one half, checked on the other."""

    target: float
    """Wanted share of right answers."""
    threshold: float | None
    """None: no threshold reaches it on the half it was tuned on."""
    checked: AbstainPoint | None
    """On the half kept aside."""
    held: Held
    n: int
    """Examples kept aside."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Of two categories: from which sureness on to say ``positive``, tuned on one half, checked on the other."""

    positive: str
    threshold: float
    metric: str
    before: float
    after: float
    """Scores on the half kept aside, without and with the threshold."""
    difference: tuple[float, float, float]
    """Low, expected, high of ``after - before`` (95 %)."""
    n: int
    """Examples kept aside."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """One contestant's sureness against what it gets right."""

    ref: str
    n: int
    """Answers that carry a sureness."""
    error: float
    """Expected calibration error: mean distance of sureness and share right over ``bins``."""
    low: float
    high: float
    """95 % interval of ``error``."""
    by_chance: float
    """The error that so many answers would show on average if sureness were exactly right."""
    surer: float
    """Mean sureness less share right: above 0 it is surer than it should be."""
    bins: tuple[Bin, ...]
    curve: tuple[AbstainPoint, ...]
    """From all answers on, threshold by threshold."""
    tuned: tuple[Tuned, ...] = ()
    cut: Cut | None = None

    def to_json(self) -> dict[str, Any]:
        """Every field."""
        return asdict(self)


def calibration_from_json(data: Mapping[str, Any]) -> Calibration:
    """The inverse of Calibration.to_json. Raises KeyError, TypeError or ValueError."""
    numbers = {x: float(data[x]) for x in ("error", "low", "high", "by_chance", "surer")}
    return Calibration(
        ref=str(data["ref"]),
        n=int(data["n"]),
        bins=tuple(
            Bin(**{x: float(each[x]) for x in ("sure", "right", "low", "high")}, n=int(each["n"]))
            for each in data["bins"]
        ),
        curve=tuple(_point(each) for each in data["curve"]),
        tuned=tuple(_tuned(each) for each in data["tuned"]),
        cut=None if data["cut"] is None else _cut(data["cut"]),
        **numbers,
    )


def _point(data: Mapping[str, Any]) -> AbstainPoint:
    names = ("threshold", "coverage", "right", "low", "high")
    return AbstainPoint(**{x: float(data[x]) for x in names}, n=int(data["n"]))


def _tuned(data: Mapping[str, Any]) -> Tuned:
    if data["held"] not in get_args(Held):
        raise ValueError(f"unknown outcome {data['held']!r}")
    return Tuned(
        target=float(data["target"]),
        threshold=None if data["threshold"] is None else float(data["threshold"]),
        checked=None if data["checked"] is None else _point(data["checked"]),
        held=cast("Held", data["held"]),
        n=int(data["n"]),
    )


def _cut(data: Mapping[str, Any]) -> Cut:
    low, middle, high = data["difference"]
    return Cut(
        positive=str(data["positive"]),
        threshold=float(data["threshold"]),
        metric=str(data["metric"]),
        before=float(data["before"]),
        after=float(data["after"]),
        difference=(float(low), float(middle), float(high)),
        n=int(data["n"]),
    )
