# SPDX-License-Identifier: Apache-2.0
"""Is a model as sure as it is right, and what would leaving out unsure answers bring?

The expected calibration error (Naeini et al. 2015) is taken over bins of about equally many answers. It is
above 0 even for a perfect model, the more so the fewer answers there are: that chance level stands beside it,
and its interval is a basic bootstrap's, which takes the same bias out, and begins at 0 where chance explains it.

Whatever is tuned (a threshold) is tuned on one half of the examples and judged on the other: on the half it
was chosen for, a threshold always looks better than it is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from selector.decide.calibration_facts import AbstainPoint, Bin, Calibration, Held, Tuned
from selector.decide.metrics import Outputs
from selector.decide.significance import wilson
from selector.decide.statistics import INTERVAL, interval
from selector.decide.text_metrics import Floats
from selector.tasks.outputs import Labels

FEWEST = 40
"""Answers below which nothing is said of their sureness."""
TARGETS = (0.9, 0.95, 0.98, 0.99)
"""Shares of right answers that thresholds are looked for; those reached anyway are left out."""
MOST_BINS, PER_BIN = 10, 15
POINTS = 20
"""Points of the curve of thresholds."""
FEWEST_ANSWERS = 10
"""Answers that a threshold must leave."""
_DRAWS, _MANY = 1000, 20_000
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


def sureness(outputs: Outputs, labels: Sequence[str]) -> tuple[Ints, Floats, Bools] | None:
    """Positions of the answers, how sure each is and whether it is right; None when none says how sure.

    A model that gives every answer the same sureness (an LLM that names a category) says nothing of it.
    """
    where, sure, right = [], [], []
    for position, (output, label) in enumerate(zip(outputs, labels, strict=True)):
        if isinstance(output, Labels) and output.several:
            return None  # each label has a sureness of its own
        if isinstance(output, Labels) and output.labels:
            top = output.labels[0]
            where.append(position)
            sure.append(top.score)
            right.append(top.label == label)
    values = np.array(sure, dtype=np.float64)
    if len(values) < FEWEST or not np.isfinite(values).all():
        return None
    if values.min() < 0 or values.max() > 1 or np.ptp(values) == 0:
        return None
    return np.array(where, dtype=np.int64), values, np.array(right, dtype=bool)


def calibration(
    ref: str,
    sure: Floats,
    right: Bools,
    groups: Ints,
    targets: Sequence[float] = (),
    seed: int = 0,
) -> Calibration:
    """Everything about one contestant's sureness but its ``cut``.

    Args:
        ref: the contestant.
        sure: of each answer, from 0 to 1, shape (n,).
        right: whether each is, shape (n,).
        groups: equal numbers belong together (repeated inputs) and never fall into different halves.
        targets: wanted shares of right answers; none: those of TARGETS that are not reached anyway.
        seed: of the halves and the draws.
    """
    at = bins_of(sure)
    error, low, high, chance = calibration_error(sure, right, at, seed)
    overall = float(right.mean())
    half = halves(groups, seed)
    wanted = [x for x in sorted(set(targets or TARGETS)) if targets or x > overall]
    return Calibration(
        ref=ref,
        n=len(sure),
        error=error,
        low=low,
        high=high,
        by_chance=chance,
        surer=float(sure.mean()) - overall,
        bins=tuple(_bin(sure[at == b], right[at == b]) for b in np.unique(at)),
        curve=curve(sure, right),
        tuned=tuple(tuned(sure, right, half, target) for target in wanted),
    )


def bins_of(sure: Floats) -> Ints:
    """The bin of each answer, by sureness; about equally many in each, equal ones together."""
    many = max(2, min(MOST_BINS, len(sure) // PER_BIN))
    edges = np.unique(np.quantile(sure, np.arange(1, many) / many))
    return np.searchsorted(edges, sure, side="right").astype(np.int64)


def calibration_error(
    sure: Floats, right: Bools, at: Ints, seed: int = 0
) -> tuple[float, float, float, float]:
    """The error, its 95 % interval, and what chance alone would show.

    Args:
        sure: shape (n,).
        right: shape (n,).
        at: the bin of each answer, from ``bins_of``, shape (n,).
        seed: of the draws.
    """
    codes = np.unique(at, return_inverse=True)[1]
    gaps = np.asarray(right, dtype=np.float64) - sure
    observed = _error(gaps, codes)
    rng = np.random.default_rng(seed)
    draws = _DRAWS if len(sure) <= _MANY else _DRAWS // 5
    resampled, perfect = np.empty(draws), np.empty(draws)
    for draw in range(draws):
        weights = rng.standard_exponential(len(sure))
        weights *= len(sure) / weights.sum()
        resampled[draw] = _error(weights * gaps, codes)
        perfect[draw] = _error((rng.random(len(sure)) < sure) - sure, codes)
    low, high = interval(np.clip(2 * observed - resampled, 0.0, 1.0), observed)
    if observed <= np.quantile(perfect, (1 + INTERVAL) / 2):
        low = 0.0  # a model whose sureness is exactly right shows as much
    return observed, low, high, float(perfect.mean())


def _error(gaps: Floats, codes: Ints) -> float:
    """The error from ``right - sure`` of each answer and its bin, both of shape (n,)."""
    return float(np.abs(np.bincount(codes, gaps)).sum() / len(gaps))


def _bin(sure: Floats, right: Bools) -> Bin:
    low, high = wilson(int(right.sum()), len(right))
    return Bin(float(sure.mean()), float(right.mean()), low, high, len(right))


def curve(sure: Floats, right: Bools) -> tuple[AbstainPoint, ...]:
    """What thresholds leave, from none up; every further point leaves out about as many answers."""
    levels = np.unique(np.quantile(sure, np.arange(1, POINTS) / POINTS, method="higher"))
    points = [at_threshold(sure, right, 0.0)]
    points += [at_threshold(sure, right, float(x)) for x in levels if x > sure.min()]
    return tuple(point for point in points if point.n >= FEWEST_ANSWERS)


def at_threshold(sure: Floats, right: Bools, threshold: float) -> AbstainPoint:
    """What is answered, and how well, when answers below ``threshold`` are left out."""
    kept = right[sure >= threshold]
    low, high = wilson(int(kept.sum()), len(kept)) if len(kept) else (0.0, 1.0)
    share = float(kept.mean()) if len(kept) else 0.0
    return AbstainPoint(threshold, len(kept) / len(sure), share, low, high, len(kept))


def halves(groups: Ints, seed: int) -> Bools:
    """True for the half to tune on, shape (n,); what belongs together stays together."""
    codes = np.unique(groups, return_inverse=True)[1]
    many = int(codes.max()) + 1
    chosen = np.zeros(many, dtype=bool)
    chosen[np.random.default_rng(seed).permutation(many)[: many // 2]] = True
    return np.asarray(chosen[codes])


def tuned(sure: Floats, right: Bools, half: Bools, target: float) -> Tuned:
    """The lowest threshold with ``target`` right on ``half``, judged on the rest."""
    kept_aside = int((~half).sum())
    threshold = _lowest(sure[half], right[half], target)
    if threshold is None:
        return Tuned(target, None, None, "unclear", kept_aside)
    checked = at_threshold(sure[~half], right[~half], threshold)
    held: Held = "unclear"
    if checked.low >= target:
        held = "yes"
    elif checked.high < target:
        held = "no"
    return Tuned(target, threshold, checked, held, kept_aside)


def _lowest(sure: Floats, right: Bools, target: float) -> float | None:
    order = np.argsort(-sure, kind="stable")
    many = np.arange(1, len(order) + 1)
    shares = np.cumsum(right[order]) / many
    # A threshold cannot part answers that are equally sure.
    last = np.append(sure[order][1:] != sure[order][:-1], True)
    reached = np.flatnonzero((shares >= target) & last & (many >= FEWEST_ANSWERS))
    return float(sure[order][reached[-1]]) if len(reached) else None
