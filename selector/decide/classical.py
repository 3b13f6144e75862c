# SPDX-License-Identifier: Apache-2.0
"""Classical tests beside the verdict, when they are asked for: every contestant against the best one.

Right or wrong: McNemar's exact test, and Wilson's interval of each share. Other scores: a paired permutation
test. P-values are corrected for their number by Holm's method. They decide nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from selector.decide.classical_facts import Classical, Compared, TestName
from selector.decide.metrics import Metric
from selector.decide.significance import holm, mcnemar, paired_permutation, wilson
from selector.decide.text_metrics import Floats

_SIGNS = 200_000_000
"""Signs drawn at most; beyond, fewer resamples."""


def classical(
    chosen: Metric,
    refs: Sequence[str],
    tables: Sequence[Floats],
    clusters: Sequence[int] | None = None,
    seed: int = 0,
) -> Classical | None:
    """The tests; None for a metric that gives a single example no score (a rank correlation).

    Args:
        chosen: from ``slices.metric_of_parts``.
        refs: the contestants.
        tables: of each, the statistics of ``chosen``, shape (n, k).
        clusters: repeated inputs count once: their first example stands for all.
        seed: of the permutations.
    """
    if chosen.weighted is not None or not tables:
        return None
    scores = [np.asarray(chosen.score(table), dtype=np.float64) for table in tables]
    if clusters is not None:
        first = np.unique(np.asarray(clusters), return_index=True)[1]
        scores = [row[first] for row in scores]
    binary = bool(np.isin(scores, (0.0, 1.0)).all())
    n = len(scores[0])
    best = max(range(len(refs)), key=lambda i: (scores[i].mean(), -i))
    others = [i for i in range(len(refs)) if i != best]
    if binary:
        right = [(row > 0).tolist() for row in scores]
        p_values = [mcnemar(right[i], right[best]) for i in others]
    else:
        resamples = max(999, min(9999, _SIGNS // n))
        p_values = [paired_permutation(scores[i], scores[best], resamples, seed) for i in others]
    corrected = dict(zip(others, zip(p_values, holm(p_values), strict=True), strict=True))
    rows = []
    for i, ref in enumerate(refs):
        p, p_holm = corrected.get(i, (None, None))
        only_mine = only_best = None
        interval = None
        if binary:
            interval = wilson(int(scores[i].sum()), n)
            only_mine = int((scores[i] > scores[best]).sum())
            only_best = int((scores[i] < scores[best]).sum())
        rows.append(Compared(ref, interval, only_mine, only_best, p, p_holm))
    name: TestName = "mcnemar" if binary else "permutation"
    return Classical(name, chosen.id, refs[best], n, tuple(rows))
