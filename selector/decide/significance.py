# SPDX-License-Identifier: Apache-2.0
"""Classical tests, shown on demand beside the posterior; they decide nothing here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats

from selector.decide.text_metrics import Floats

INTERVAL = 0.95
_CHUNK = 2_000_000
"""Signs held at a time."""


def wilson(successes: int, n: int, share: float = INTERVAL) -> tuple[float, float]:
    """Wilson's score interval of a proportion."""
    found = stats.binomtest(successes, n).proportion_ci(share, method="wilson")
    return float(found.low), float(found.high)


def mcnemar(right_a: Sequence[bool], right_b: Sequence[bool]) -> float:
    """Exact two-sided McNemar p-value: are a and b right equally often? 1.0 when they never differ."""
    pairs = list(zip(right_a, right_b, strict=True))
    only_a = sum(a and not b for a, b in pairs)
    only_b = sum(b and not a for a, b in pairs)
    if only_a + only_b == 0:
        return 1.0
    return float(stats.binomtest(only_a, only_a + only_b, 0.5).pvalue)


def paired_permutation(a: Floats, b: Floats, resamples: int = 9999, seed: int = 0) -> float:
    """Two-sided p-value of equal means when the signs of the differences are shuffled.

    Args:
        a: quality of each example under the first model, shape (n,).
        b: under the second model, shape (n,).
        resamples: sign patterns drawn; the observed one is counted too (Phipson and Smyth 2010).
        seed: of the random generator.
    """
    difference = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    observed = abs(difference.sum())
    rng = np.random.default_rng(seed)
    step = max(1, _CHUNK // max(1, len(difference)))
    hits = 0
    for start in range(0, resamples, step):
        shape = (min(step, resamples - start), len(difference))
        signs = rng.integers(0, 2, shape, dtype=np.int8) * 2 - 1
        # A hair of tolerance: equal sums in another order differ in the last bit.
        hits += int((np.abs(signs @ difference) >= observed - 1e-12).sum())
    return (hits + 1) / (resamples + 1)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """P-values corrected for their number by Holm's step-down method (1979), in the order given.

    Raises:
        ValueError: one is not between 0 and 1.
    """
    p = np.asarray(p_values, dtype=np.float64)
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("p-values lie between 0 and 1")
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(stepped, 1.0)
    return tuple(float(x) for x in corrected)
