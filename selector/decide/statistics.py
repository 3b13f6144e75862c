# SPDX-License-Identifier: Apache-2.0
"""The joint posterior of all scores: a Bayesian bootstrap over the examples (Rubin 1981).

Each draw gives every example a random weight, the same for all models, so that models are compared
in pairs whatever the metric. Examples whose statistics are equal for every model share one Gamma
weight, which is the same law as the sum of their single weights and far cheaper.

Two things keep few examples from looking like certainty:

* *levels* (the interval of one score) get one pseudo-example with the best value and one with the
  worst; for an accuracy that is the Beta(right + 1, wrong + 1) posterior;
* *comparisons* get one pseudo-example for each model that it alone gets right: one win and one loss
  for every pair. With no disagreement in ``n`` examples the difference follows a Laplace law of
  scale ``1 / (n + 2)`` instead of being exactly 0. The shrinking of differences that real extra
  examples would bring is left out: it would quietly widen the user's margin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from selector.decide.metrics import Metric
from selector.decide.text_metrics import Floats

DRAWS = 2000
INTERVAL = 0.95
"""Probability inside every interval shown."""
_CHUNK = 2_000_000
"""Weights held at a time: 16 MB."""
_MANY = 5000
_DENSE = 0.2
"""Share of non-zero numbers below which a table is worth storing sparsely."""
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Posterior:
    """What the examples say about all models at once."""

    scores: Floats
    """Observed scores, shape (models,)."""
    levels: Floats
    """Draws of each score for its own interval, shape (draws, models)."""
    compared: Floats
    """Joint draws for comparing models, shape (draws, models)."""
    n: int
    """Independent examples: repeated inputs count once."""


def posterior(
    metric: Metric,
    tables: Sequence[Floats],
    clusters: Sequence[int] | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Posterior:
    """Draw the joint posterior of the scores of all models.

    The order of the examples does not matter: equal tables in another order give equal draws.

    Args:
        metric: how sums become scores.
        tables: for each model, statistics of shape (n, k).
        clusters: for each example the number of its cluster; examples of one cluster (repeated
            inputs) share a weight. Ignored for a metric that is not made of sums.
        draws: how many draws.
        seed: of the random generator.
    """
    if clusters is not None and metric.weighted is None:
        tables = [_add_up(table, clusters) for table in tables]
    n = len(tables[0])
    if metric.weighted is not None and n > _MANY:
        draws = max(200, draws // 2)  # ranking anew in every draw is what takes the time
    uniques, joint, counts = _groups(tables)
    own, extra = np.random.SeedSequence(seed).spawn(2)
    rng = np.random.default_rng(own)
    drawn = np.empty((draws, len(tables)))
    picked = [_lean(metric, rows, joint[:, model]) for model, rows in enumerate(uniques)]
    step = max(1, _CHUNK // len(counts))
    single = bool((counts == 1).all())
    for start in range(0, draws, step):
        shape = (min(step, draws - start), len(counts))
        weights = rng.standard_exponential(shape) if single else rng.standard_gamma(counts, shape)
        weights /= weights.sum(axis=1, keepdims=True)
        for model, rows in enumerate(picked):
            drawn[start : start + shape[0], model] = _score(metric, rows, weights)
    even = (counts / counts.sum())[None, :]
    scores = [_score(metric, rows, even)[0] for rows in picked]
    return _with_pseudo(metric.bounds, np.array(scores), drawn, n, np.random.default_rng(extra))


def posterior_of_means(
    values: Floats,
    bounds: tuple[float, float] = (0.0, 1.0),
    clusters: Sequence[int] | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Posterior:
    """The same joint posterior where every score is a mean, in one matrix product for all models.

    Args:
        values: quality of each example under each model, shape (n, models).
        bounds: the worst and the best quality an example can have.
        clusters: for each example the number of its cluster; one weight a cluster.
        draws: how many draws.
        seed: of the random generator.
    """
    sums = np.column_stack([values, np.ones(len(values))])
    if clusters is not None:
        sums = _add_up(sums, clusters)
    n, models = len(sums), values.shape[1]
    # Equal rows share a weight and rows are sorted, so that the order of examples cannot matter.
    rows, counts = np.unique(sums, axis=0, return_counts=True)
    own, extra = np.random.SeedSequence(seed).spawn(2)
    rng = np.random.default_rng(own)
    drawn = np.empty((draws, models))
    step = max(1, _CHUNK // len(counts))
    single = bool((counts == 1).all())
    for start in range(0, draws, step):
        shape = (min(step, draws - start), len(counts))
        weights = rng.standard_exponential(shape) if single else rng.standard_gamma(counts, shape)
        summed = weights @ rows
        drawn[start : start + shape[0]] = summed[:, :-1] / summed[:, -1:]
    total = counts @ rows
    rng = np.random.default_rng(extra)
    return _with_pseudo(bounds, total[:-1] / total[-1], drawn, n, rng)


def _lean(metric: Metric, rows: Floats, where: Ints) -> Any:
    """``rows[where]``, transposed and sparse when most of it is zero (counts of many classes)."""
    if metric.weighted is None and np.count_nonzero(rows) < _DENSE * rows.size:
        return sparse.csr_array(rows)[where].T.tocsr()
    return rows[where]


def _score(metric: Metric, rows: Any, weights: Floats) -> Floats:
    if metric.weighted is not None:
        return metric.weighted(rows, weights)
    if sparse.issparse(rows):
        return metric.score((rows @ weights.T).T)
    return metric.score(weights @ rows)


def _with_pseudo(
    bounds: tuple[float, float],
    scores: Floats,
    drawn: Floats,
    n: int,
    rng: np.random.Generator,
) -> Posterior:
    low, high = bounds
    win, loss = rng.standard_exponential((2, len(drawn), 1))
    total = rng.standard_gamma(n, (len(drawn), 1))
    levels = (total * drawn + win * high + loss * low) / (total + win + loss)
    alone = rng.standard_exponential(drawn.shape)
    compared = drawn + (high - low) * alone / (n + 2)
    return Posterior(scores, levels, compared, n)


def _add_up(table: Floats, clusters: Sequence[int]) -> Floats:
    inverse = np.unique(np.asarray(clusters), return_inverse=True)[1]
    added = np.zeros((int(inverse.max()) + 1, table.shape[1]))
    np.add.at(added, inverse, table)
    return added


def _groups(tables: Sequence[Floats]) -> tuple[list[Floats], Ints, Ints]:
    """Equal rows once.

    Returns:
        The distinct rows of each model; for each distinct joint row its row number in each model,
        shape (groups, models); how many examples each joint row stands for, shape (groups,).
    """
    uniques, codes = [], []
    for table in tables:
        packed = [row.tobytes() for row in np.ascontiguousarray(table)]
        # Sorted by content, so that the order of the examples cannot matter.
        place = {row: i for i, row in enumerate(sorted(set(packed)))}
        distinct = np.frombuffer(b"".join(place), dtype=table.dtype)
        uniques.append(distinct.reshape(len(place), table.shape[1]))
        codes.append([place[row] for row in packed])
    joint, counts = np.unique(np.array(codes, dtype=np.int64).T, axis=0, return_counts=True)
    return uniques, joint, counts


def interval(draws: Floats, centre: float, share: float = INTERVAL) -> tuple[float, float]:
    """The central interval of ``draws`` (shape (draws,)), widened to hold ``centre``."""
    low, high = np.quantile(draws, [(1 - share) / 2, (1 + share) / 2])
    return min(float(low), centre), max(float(high), centre)


def deficits(joint: Posterior) -> Floats:
    """How far each model is behind the best one in each draw: shape (draws, models), from 0 up."""
    return np.asarray(joint.compared.max(axis=1, keepdims=True) - joint.compared)


def good_enough(behind: Floats, margin: float) -> Floats:
    """P(score >= best of all - margin) of each model, shape (models,), from ``deficits``."""
    return np.asarray((behind <= margin).mean(axis=0))
