# SPDX-License-Identifier: Apache-2.0
"""Results of classical tests, as plain data that the window may import (no numpy here)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast, get_args

TestName = Literal["mcnemar", "permutation"]


@dataclass(frozen=True, slots=True)
class Compared:
    """One contestant against the best one; p-values are None for the best itself."""

    ref: str
    wilson: tuple[float, float] | None
    """95 % interval of its share of right answers; None where scores are not right or wrong."""
    only_mine: int | None
    """Examples that it alone of the two gets right."""
    only_best: int | None
    """Examples that only the best one gets right."""
    p: float | None
    """Two-sided."""
    p_holm: float | None
    """Corrected for the number of contestants."""


@dataclass(frozen=True, slots=True)
class Classical:
    """All of them."""

    test: TestName
    metric: str
    best: str
    n: int
    """Different examples."""
    rows: tuple[Compared, ...]

    def to_json(self) -> dict[str, Any]:
        """Every field."""
        return asdict(self)


def classical_from_json(data: Mapping[str, Any]) -> Classical:
    """The inverse of Classical.to_json. Raises KeyError, TypeError or ValueError."""
    if data["test"] not in get_args(TestName):
        raise ValueError(f"unknown test {data['test']!r}")
    return Classical(
        test=cast("TestName", data["test"]),
        metric=str(data["metric"]),
        best=str(data["best"]),
        n=int(data["n"]),
        rows=tuple(_row(x) for x in data["rows"]),
    )


def _row(data: Mapping[str, Any]) -> Compared:
    interval = data["wilson"]
    counts = {x: None if data[x] is None else int(data[x]) for x in ("only_mine", "only_best")}
    p_values = {x: None if data[x] is None else float(data[x]) for x in ("p", "p_holm")}
    return Compared(
        ref=str(data["ref"]),
        wilson=None if interval is None else (float(interval[0]), float(interval[1])),
        only_mine=counts["only_mine"],
        only_best=counts["only_best"],
        p=p_values["p"],
        p_holm=p_values["p_holm"],
    )
