# SPDX-License-Identifier: Apache-2.0
"""Per-example scores of all models as one table, and what happens to holes in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from selector.decide.text_metrics import Floats
from selector.errors import BadSetting, DataEmpty, DataUnreadable
from selector.hub.candidate import Reason

Missing = Literal["wrong", "exclude"]
"""What a missing score counts as: the worst one, or its example is left out for every model."""


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """Scores without holes."""

    values: Floats
    """Shape (n, models)."""
    bounds: tuple[float, float]
    """The worst and the best score an example can have."""
    kept: NDArray[np.int64]
    """Positions of the examples that are left, shape (n,)."""
    caveats: tuple[Reason, ...]


def check_missing(missing: str) -> Missing:
    """The same, when it is one. Raises BadSetting for anything but ``wrong`` and ``exclude``."""
    if missing not in get_args(Missing):
        raise BadSetting(setting="missing", value=missing, allowed="wrong, exclude")
    return cast("Missing", missing)


def score_table(
    names: Sequence[str],
    scores: Mapping[str, Sequence[float | None] | Floats],
    missing: Missing,
    bounds: tuple[float, float] | None,
) -> ScoreTable:
    """All scores, in the order of ``names``.

    Args:
        names: the models.
        scores: by model, one number (or bool) for each example; None and NaN are missing ones.
        missing: see Missing.
        bounds: None takes 0 and 1, or what was seen when that goes beyond them.

    Raises:
        BadSetting: models with different numbers of examples, or scores out of bounds.
        DataEmpty: no example, or none is left.
        DataUnreadable: a score is no number, or infinite.
    """
    check_missing(missing)
    columns = [_column(name, scores[name]) for name in names]
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        told = ", ".join(f"{n}: {len(c)}" for n, c in zip(names, columns, strict=True))
        raise BadSetting(setting="scores", value=told[:200], allowed="as many for every model")
    values = np.column_stack(columns)
    if not len(values):
        raise DataEmpty(name="scores")
    holes = np.isnan(values)
    caveats: list[Reason] = []
    kept = np.arange(len(values), dtype=np.int64)
    if missing == "exclude" and holes.any():
        full = ~holes.any(axis=1)
        facts: dict[str, Any] = {"count": int((~full).sum()), "n": len(values)}
        caveats.append(Reason("caveat.excluded_examples", facts))
        values, kept, holes = values[full], kept[full], holes[full]
        if not len(values):
            raise DataEmpty(name="scores")
    low, high = bounds or _bounds(values)
    if (
        not low < high
        or np.nanmin(values, initial=high) < low
        or np.nanmax(values, initial=low) > high
    ):
        raise BadSetting(setting="bounds", value=f"{low} … {high}", allowed="around every score")
    if bounds is None and (low, high) != (0.0, 1.0):
        caveats.append(Reason("caveat.unusual_bounds", {"low": low, "high": high}))
    for i, name in enumerate(names):
        if count := int(holes[:, i].sum()):
            facts = {"ref": name, "count": count, "n": len(values)}
            caveats.append(Reason("caveat.missing_scores", facts))
    return ScoreTable(np.where(holes, low, values), (low, high), kept, tuple(caveats))


def _bounds(values: Floats) -> tuple[float, float]:
    low, high = float(np.nanmin(values, initial=0.0)), float(np.nanmax(values, initial=1.0))
    return low, high


def _column(name: str, scores: Any) -> Floats:
    try:
        column = np.array([np.nan if x is None else x for x in scores], dtype=np.float64)
    except (TypeError, ValueError):
        raise DataUnreadable(name=str(name), reason="not_numbers", value=str(scores)[:40]) from None
    if column.ndim != 1 or np.isinf(column).any():
        raise DataUnreadable(name=str(name), reason="not_numbers", value=str(scores)[:40])
    return column
