# SPDX-License-Identifier: Apache-2.0
"""A pool of inputs of which some are labelled, and what those say about the rest.

Only inputs on which the models still in the race differ can change a comparison, so only those are
asked about. They are asked with unequal, known eagerness; an answer then stands for ``1 / pi`` inputs,
``pi`` being the probability that it would have been asked by now (Horvitz and Thompson 1952). What the
unasked rest would say is drawn with a weighted Bayesian bootstrap for finite populations (Lo 1988):
when everything contested has been asked, nothing is left to be uncertain about.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from selector.decide.text_metrics import Floats

Bools = NDArray[np.bool_]
Codes = NDArray[np.int64]
_SURE = 1 - 1e-9


class Eagerness:
    """How probable it is that each input has been asked by now, whatever was answered."""

    def __init__(self, n: int) -> None:
        self._log_not = np.zeros(n)

    def asked(self, values: Floats, open_items: Bools) -> None:
        """One question was drawn among ``open_items`` with probability proportional to ``values``.

        Args:
            values: shape (n,), 0 where nothing is contested. Also of inputs already asked: had they
                not been, they could have been asked now.
            open_items: shape (n,), the inputs that could be drawn.
        """
        total = float(values[open_items].sum())
        with np.errstate(invalid="ignore", divide="ignore"):
            share = values / np.where(open_items, total, total + values)
        share = np.where(values > 0, np.minimum(share, _SURE), 0.0)
        self._log_not += np.log1p(-share)

    def stands_for(self) -> Floats:
        """How many unasked inputs an asked one stands for, ``1 / pi - 1``: shape (n,)."""
        pi = -np.expm1(self._log_not)
        return np.asarray(1 / np.maximum(pi, 1e-12) - 1)


def contested(codes: Codes, models: NDArray[np.int64]) -> Bools:
    """Inputs (shape (n,)) on which at least two of ``models`` answer differently."""
    some = codes[:, models]
    return np.asarray((some != some[:, :1]).any(axis=1))


def disagreement(codes: Codes, weights: Floats) -> Floats:
    """P(two models drawn by ``weights`` answer differently), of each input.

    Args:
        codes: answers as integers from -1 up (-1: none), shape (n, models).
        weights: shape (models,), summing to 1.

    Returns:
        Shape (n,): 1 - sum over distinct answers of (weight of those who give it) squared.
    """
    n, models = codes.shape
    width = int(codes.max(initial=0)) + 2
    if width * n > 4_000_000:  # many distinct texts: number them within each input
        codes, width = within_rows(codes), models
    flat = (codes + 1 + width * np.arange(n)[:, None]).ravel()
    mass = np.bincount(flat, np.broadcast_to(weights, codes.shape).ravel(), n * width)
    return np.asarray(1 - (mass.reshape(n, width) ** 2).sum(axis=1)).clip(0.0)


def within_rows(codes: Codes) -> Codes:
    """The answers of each input numbered from -1 up to models - 2, equal ones alike."""
    order = np.argsort(codes, axis=1, kind="stable")
    ranked = np.take_along_axis(codes, order, axis=1)
    steps = np.concatenate(
        [
            np.zeros((len(codes), 1), dtype=np.int64),
            np.cumsum(np.diff(ranked, axis=1) != 0, axis=1),
        ],
        axis=1,
    )
    found = np.empty_like(codes)
    np.put_along_axis(found, order, steps - 1, axis=1)
    return found


def draws_of_scores(
    right: Floats,
    stands_for: Floats,
    rest: int,
    n: int,
    draws: int,
    rng: np.random.Generator,
    pseudo: float = 1.0,
) -> Floats:
    """Draws of every model's score on the pool, up to what all models share.

    Args:
        right: shape (m, models), whether each model is right on each asked input that is contested.
        stands_for: shape (m,), from ``Eagerness``.
        rest: contested inputs not asked yet.
        n: all inputs of the pool.
        draws: how many.
        rng: the generator.
        pseudo: weight of one pseudo-input for each model which it alone gets right.

    Returns:
        Shape (draws, models).
    """
    m, models = right.shape
    known = right.sum(axis=0)
    if rest == 0:
        return np.broadcast_to(known / n, (draws, models)).copy()
    # Of ``rest + m`` inputs ``m`` are known. This shape gives the drawn mean of the rest the
    # variance of a Polya urn, s2 (1/m + 1/rest), without drawing counts.
    shape = rest / (rest + m)
    # Labels that were volunteered stand for nothing but themselves, also when there are no others.
    base = stands_for / stands_for.mean() if m and stands_for.mean() > 0 else np.zeros(m)
    weights = rng.standard_gamma(np.full(m, shape), (draws, m)) * base
    alone = rng.standard_gamma(shape * pseudo, (draws, models))
    total = weights.sum(axis=1, keepdims=True) + alone.sum(axis=1, keepdims=True)
    return np.asarray((known + rest * (weights @ right + alone) / total) / n)


def relevance(behind: Floats, margin: float) -> Floats:
    """How much each model matters: half P(it is the best), half P(it is the smallest good enough)."""
    draws, models = behind.shape
    best = np.bincount(behind.argmin(axis=1), minlength=models)
    answer = np.bincount((behind <= margin).argmax(axis=1), minlength=models)
    weights = (best + answer) / (2 * draws) + 0.1 / models
    return np.asarray(weights / weights.sum())


def agreement(codes: Codes) -> Floats:
    """How many answers of all models each model shares: shape (models,)."""
    return np.array([(codes == codes[:, [i]]).sum() for i in range(codes.shape[1])], dtype=float)
