# SPDX-License-Identifier: Apache-2.0
"""Scores on parts of the examples, as plain data that the window may import (no numpy here)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast, get_args

By = Literal["length", "label", "script", "column"]
"""What examples are parted by: the length of the input, its right answer, its writing, a column."""
Standing = Literal["", "below", "above"]


@dataclass(frozen=True, slots=True)
class PartScore:
    """One contestant on one part."""

    score: float
    low: float
    high: float
    """95 % interval of ``score``, of this part alone."""
    p: float | None
    """P-value of scoring like on all other examples, Holm-corrected for all that was looked at; None:
    the metric allows no such test."""
    standing: Standing
    """Whether it stands out from the other examples after that correction (p < 0.05)."""
    good_enough: float
    """P(score on this part >= best of all on this part - margin)."""


@dataclass(frozen=True, slots=True)
class Part:
    """One slice of the examples."""

    by: By
    column: str
    """The column's name where ``by`` is ``column``, else empty."""
    value: str
    """A label, a script, a value of the column, or a range such as ``12 – 40``."""
    n: int
    scores: Mapping[str, PartScore]
    """By contestant."""


@dataclass(frozen=True, slots=True)
class Slices:
    """All parts, and what was not looked at."""

    metric: str
    """What they are scored by: the evaluation's metric, or accuracy where that says nothing of a part."""
    parts: tuple[Part, ...] = ()
    looks: int = 0
    """Comparisons that the p-values are corrected for."""
    too_small: int = 0
    """Parts with too few examples to be scored."""
    skipped: tuple[str, ...] = ()
    """Columns with too many different values to part by."""

    def to_json(self) -> dict[str, Any]:
        """Every field."""
        return asdict(self)


def slices_from_json(data: Mapping[str, Any]) -> Slices:
    """The inverse of Slices.to_json. Raises KeyError, TypeError or ValueError."""
    return Slices(
        metric=str(data["metric"]),
        parts=tuple(_part(x) for x in data["parts"]),
        looks=int(data["looks"]),
        too_small=int(data["too_small"]),
        skipped=tuple(str(x) for x in data["skipped"]),
    )


def _part(data: Mapping[str, Any]) -> Part:
    if data["by"] not in get_args(By):
        raise ValueError(f"unknown slice {data['by']!r}")
    return Part(
        by=cast("By", data["by"]),
        column=str(data["column"]),
        value=str(data["value"]),
        n=int(data["n"]),
        scores={str(ref): _score(x) for ref, x in data["scores"].items()},
    )


def _score(data: Mapping[str, Any]) -> PartScore:
    if data["standing"] not in get_args(Standing):
        raise ValueError(f"unknown standing {data['standing']!r}")
    return PartScore(
        score=float(data["score"]),
        low=float(data["low"]),
        high=float(data["high"]),
        p=None if data["p"] is None else float(data["p"]),
        standing=cast("Standing", data["standing"]),
        good_enough=float(data["good_enough"]),
    )
