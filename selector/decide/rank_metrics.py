# SPDX-License-Identifier: Apache-2.0
"""How well texts are ordered for each query: nDCG and reciprocal rank. Numbers of a query add up over queries."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from selector.decide.text_metrics import Floats
from selector.errors import DataUnreadable

DEPTH = 10
"""Places that count, as in most collections."""
_WORDS = {
    "yes": 1.0, "true": 1.0, "relevant": 1.0, "oui": 1.0, "vrai": 1.0, "pertinent": 1.0,
    "no": 0.0, "false": 0.0, "irrelevant": 0.0, "not relevant": 0.0, "non": 0.0, "faux": 0.0, "non pertinent": 0.0,
}  # fmt: skip


def relevances(labels: Sequence[str]) -> Floats:
    """Grades of 0 and more; yes and no count as 1 and 0.

    Raises:
        DataUnreadable: one is neither.
    """
    grades = []
    for label in labels:
        folded = label.strip().casefold()
        try:
            grade = _WORDS[folded] if folded in _WORDS else float(folded.replace(",", "."))
        except ValueError:
            raise DataUnreadable(reason="not_numbers", value=label[:40]) from None
        if not np.isfinite(grade) or not 0 <= grade <= 100:
            raise DataUnreadable(reason="not_numbers", value=label[:40])
        grades.append(grade)
    return np.array(grades, dtype=np.float64)


def ndcg(scores: Floats, grades: Floats, depth: int = DEPTH) -> float | None:
    """Normalised discounted cumulative gain of one query (Järvelin & Kekäläinen 2002), gains 2^grade - 1.

    Texts of equal score share their places' discounts, as in scikit-learn. None without a relevant text.
    """
    gains = 2.0**grades - 1
    discounts = np.zeros(len(grades))
    places = np.arange(min(depth, len(grades)))
    discounts[: len(places)] = 1 / np.log2(places + 2)
    ideal = float(np.sort(gains)[::-1] @ discounts)
    if ideal <= 0:
        return None
    order = np.argsort(-scores, kind="stable")
    ranked, found = scores[order], 0.0
    start = 0
    while start < len(ranked):
        stop = start + int(np.sum(ranked[start:] == ranked[start]))
        found += float(gains[order[start:stop]].mean() * discounts[start:stop].sum())
        start = stop
    return found / ideal


def reciprocal_rank(scores: Floats, grades: Floats) -> float | None:
    """One over the place of the first relevant text; ties are placed in the middle. None without one."""
    relevant = grades > 0
    if not relevant.any():
        return None
    best = scores[relevant].max()
    others = scores[~relevant]
    place = 1 + int((others > best).sum()) + int((others == best).sum()) / 2
    return float(1 / place)


def by_query(
    said: Floats,
    labels: Sequence[str],
    queries: Sequence[str],
    judge: Callable[[Floats, Floats], float | None],
) -> Floats:
    """(value, 1) on the first row of each query that has a relevant text, zeros elsewhere: shape (n, 2)."""
    grades = relevances(labels)
    rows: dict[str, list[int]] = {}
    for index, query in enumerate(queries):
        rows.setdefault(query, []).append(index)
    table = np.zeros((len(labels), 2))
    for members in rows.values():
        value = judge(said[members], grades[members])
        if value is not None:
            table[members[0]] = value, 1.0
    return table
