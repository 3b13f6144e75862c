# SPDX-License-Identifier: Apache-2.0
"""How the results that models claim compare, as percentiles among those that claim the same ones. Pure.

Scores of different benchmarks cannot be compared, ranks within one can. A result counts where at least
``SHARED`` of the models found claim it. Claims move a model away from the middle, verified ones further
than its authors' own: ``middle + sum(trust * (rank - middle)) / (sum(trust) + 1)``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from selector.hub.candidate import Candidate
from selector.hub.repository_facts import Claim

SHARED = 5
"""Below this many models a rank says little."""
VERIFIED, OWN = 1.0, 0.5
MIDDLE = 0.5
_LOWER_IS_BETTER = re.compile(
    r"loss|perplexity|ppl|\bw?c?er\b|\bmae\b|\br?mse\b|error|\beer\b|\bfid\b"
)
_SHARE = re.compile(r"accuracy|\bacc|f1|precision|recall|exact|auc|\bem\b")


def _key(claim: Claim) -> tuple[str, str]:
    dataset = re.sub(r"[\s_-]+", "", claim.dataset.rpartition("/")[2].casefold())
    return dataset, re.sub(r"[\s_-]+", " ", claim.metric.casefold())


def _value(claim: Claim, metric: str) -> float:
    value = claim.value
    if _SHARE.search(metric) and 1 < value <= 100:
        value /= 100  # some write 91, some .91
    return -value if _LOWER_IS_BETTER.search(metric) else value


def percentiles(candidates: Sequence[Candidate]) -> list[float | None]:
    """For each candidate its percentile from 0 to 1; None for who claims nothing comparable."""
    columns: dict[tuple[str, str], dict[int, tuple[float, float]]] = defaultdict(dict)
    for number, candidate in enumerate(candidates):
        for claim in candidate.about.claims.value or ():
            key = _key(claim)
            # The first of several with the same name: usually the main configuration.
            trust = VERIFIED if claim.verified else OWN
            columns[key].setdefault(number, (_value(claim, key[1]), trust))
    moved = [0.0] * len(candidates)
    trusted = [0.0] * len(candidates)
    for column in columns.values():
        if len(column) < SHARED:
            continue
        values = [value for value, _ in column.values()]
        for number, (value, trust) in column.items():
            below = sum(other < value for other in values)
            equal = sum(other == value for other in values)
            rank = (below + (equal - 1) / 2) / (len(values) - 1)
            moved[number] += trust * (rank - MIDDLE)
            trusted[number] += trust
    return [
        MIDDLE + move / (trust + 1) if trust else None
        for move, trust in zip(moved, trusted, strict=True)
    ]
