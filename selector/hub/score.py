# SPDX-License-Identifier: Apache-2.0
"""What a candidate's place is made of: components with weights that the user can change, and factors."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from selector.errors import BadSetting

MOST = 100.0


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each component counts, 0 to 100; only their proportions matter.

    The defaults follow the evidence on what predicts that a model is good at a task. Among thousands of
    models, scores on other benchmarks rank them as a new one does with a rank correlation of .78 to .96,
    their size with .3 to .5: so claimed quality counts, though most claim nothing and nobody checked.
    Use by many survives what claims do not, but favours the old and the large, so it counts in half
    decades and no more than smallness, which is what Petit is for. Freshness and documentation only
    tell apart what is otherwise equal.
    """

    fit: float = 10
    """Whether the memory that is free now holds it with room to spare."""
    speed: float = 10
    """Predicted for this machine, in decades: 1 to 1000 texts or 1 to 100 tokens a second."""
    size: float = 20
    """Few parameters, in octaves from four million to sixteen billion."""
    quality: float = 20
    """Results its authors claim, as a percentile among the models found that claim the same ones."""
    adoption: float = 20
    """Downloads of a month, in half decades up to ten million."""
    freshness: float = 3
    """Full for a change within a year, none after four."""
    language: float = 8
    """Whether it declares the language asked for; left out where none is."""
    labels: float = 15
    """Share of the user's own labels that it knows by name; left out where there are none."""
    licence: float = 6
    """Full for permissive, half for copyleft, a quarter for conditions, none for the others."""
    documentation: float = 3
    """How many of six questions its card answers (see DOCUMENTED)."""

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            # Weights come from settings and command lines: anything may be in them.
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise BadSetting(setting=each.name, value=repr(value)[:40], allowed="0 – 100")
            if not (math.isfinite(value) and 0 <= value <= MOST):
                raise BadSetting(setting=each.name, value=value, allowed="0 – 100")

    @classmethod
    def read(cls, text: str) -> Self:
        """The defaults with changes such as ``adoption=0,speed=40``. Raises BadSetting."""
        found: dict[str, float] = {}
        names = [each.name for each in fields(cls)]
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, _, number = part.partition("=")
            if name.strip() not in names:
                raise BadSetting(setting="weights", value=part[:60], allowed=", ".join(names))
            try:
                found[name.strip()] = float(number)
            except ValueError:
                raise BadSetting(setting=name, value=number[:40], allowed="0 – 100") from None
        return replace(cls(), **found)

    @classmethod
    def read_or_default(cls, text: str) -> Self:
        """As ``read``; what cannot be read gives the defaults."""
        try:
            return cls.read(text)
        except BadSetting:
            return cls()

    def __str__(self) -> str:
        """Only what differs from the defaults, as ``read`` reads it."""
        mine, default = asdict(self), asdict(type(self)())
        return ",".join(f"{k}={mine[k]:g}" for k in mine if mine[k] != default[k])


@dataclass(frozen=True, slots=True)
class Component:
    """One part of a score: what it is, in its unit, and what it adds."""

    id: str
    """The name of its weight."""
    value: float | str | None
    """None where it is unknown."""
    unit: str
    share: float
    """0 to 1: how good the value is for its purpose."""
    weight: float
    contribution: float
    """What it adds to the score: ``weight * share / sum of the weights``."""

    def to_json(self) -> dict[str, Any]:
        """Every field."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Factor:
    """What the sum is multiplied by: it does not run here, is made for tests, or has a twin in size."""

    code: str
    value: float

    def to_json(self) -> dict[str, Any]:
        """Every field."""
        return asdict(self)


def component_from_json(data: Any) -> Component:
    """The inverse. Raises KeyError, TypeError or ValueError."""
    value = data["value"]
    if not isinstance(value, str | int | float | None):
        raise TypeError(type(value))
    return Component(
        str(data["id"]),
        value,
        str(data["unit"]),
        float(data["share"]),
        float(data["weight"]),
        float(data["contribution"]),
    )


def factor_from_json(data: Any) -> Factor:
    """The inverse. Raises KeyError, TypeError or ValueError."""
    return Factor(str(data["code"]), float(data["value"]))
