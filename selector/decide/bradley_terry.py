# SPDX-License-Identifier: Apache-2.0
"""Strengths from pairwise votes: Bradley and Terry (1952) with a normal prior, as a normal posterior."""

from __future__ import annotations

import numpy as np
from scipy import special

from selector.decide.text_metrics import Floats

PRECISION = 0.5
"""Of the normal prior of each strength, in logits: a standard deviation of 1.4."""
_STEPS = 50


def fit(wins: Floats, precision: float = PRECISION) -> tuple[Floats, Floats]:
    """Laplace's approximation of the posterior of the strengths.

    Args:
        wins: how often model i won against model j, shape (models, models); a tie is half a win each.
        precision: of the prior; it keeps a model that won everything finite, and sets the zero.

    Returns:
        The mode, shape (models,), and the covariance, shape (models, models).
    """
    games = wins + wins.T
    won = wins.sum(axis=1)
    mode = np.zeros(len(wins))
    for _ in range(_STEPS):
        chance = special.expit(mode[:, None] - mode[None, :])
        slope = won - (games * chance).sum(axis=1) - precision * mode
        information = _information(games * chance * (1 - chance), precision)
        step = np.linalg.solve(information, slope)
        # The posterior is concave; a step of more than 2 logits only overshoots.
        mode = mode + step / max(1.0, float(np.abs(step).max()) / 2)
        if np.abs(step).max() < 1e-10:
            break
    chance = special.expit(mode[:, None] - mode[None, :])
    information = _information(games * chance * (1 - chance), precision)
    return mode, np.asarray(np.linalg.inv(information))


def _information(weights: Floats, precision: float) -> Floats:
    found = -weights
    np.fill_diagonal(found, 0.0)
    np.fill_diagonal(found, -found.sum(axis=1) + precision)
    return found


def win_rates(strengths: Floats, settled: Floats | None = None) -> Floats:
    """Every model's mean chance to win against each of the others.

    Args:
        strengths: shape (draws, models), two models or more.
        settled: shape (models, models), for each pair the share of items that need no vote: both gave
            the same, which is half a win each. None: every item needs one.

    Returns:
        Shape (draws, models).
    """
    chance = special.expit(strengths[:, :, None] - strengths[:, None, :])
    if settled is not None:
        chance = settled / 2 + (1 - settled) * chance
    models = strengths.shape[1]
    # Against itself a model has one half, which is no opponent.
    return np.asarray((chance.sum(axis=2) - 0.5) / (models - 1))
