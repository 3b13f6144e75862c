# SPDX-License-Identifier: Apache-2.0
"""Blind votes of a simulated person with 20 % wrong votes on four contestants.

The person's taste: output m of item i is worth ``strength_m + noise_im``; the better one is preferred,
near equals are a tie. Strengths are spread as far as those of assistants on a public list of
instructions are: win rates of the best lie between 60 and 90 %.
"""

from __future__ import annotations

import numpy as np

from selector.decide.bradley_terry import fit
from selector.decide.votes import VoteQueue
from tests.benchmarks.decide.report import Line, share

ITEMS = 400
MODELS = 4
BUDGET = 80
WRONG = 0.2
NEAR = 0.3
"""Difference of worth below which two outputs are a tie."""
WITHIN = 0.05


def _taste(rng: np.random.Generator) -> np.ndarray:
    return rng.normal(0, 1.5, MODELS) + rng.normal(0, 1, (ITEMS, MODELS))


def _rates(worth: np.ndarray) -> np.ndarray:
    difference = worth[:, :, None] - worth[:, None, :]
    won = np.where(np.abs(difference) < NEAR, 0.5, difference > 0).mean(axis=0)
    return np.asarray((won.sum(axis=1) - 0.5) / (MODELS - 1))


def _said(difference: float, rng: np.random.Generator) -> str:
    if abs(difference) < NEAR:
        return "tie"
    wrong = rng.random() < WRONG
    return "left" if (difference > 0) != wrong else "right"


def asked(worth: np.ndarray, seed: int, rng: np.random.Generator) -> tuple[int, bool, int]:
    """The pick, whether the queue stopped by itself, and the votes."""
    names = [f"model {i}" for i in range(MODELS)]
    queue = VoteQueue(names, ITEMS, seed=seed, budget=BUDGET)
    while (shown := queue.next()) is not None:
        item, left, right = shown
        difference = worth[item, names.index(left)] - worth[item, names.index(right)]
        queue.vote(_said(float(difference), rng))
    choice = queue.decision.choice
    return names.index(choice or queue.best), choice is not None, queue.votes


def uniform(worth: np.ndarray, rng: np.random.Generator) -> int:
    """The baseline: random pairs until the budget is spent, then the strongest."""
    wins = np.zeros((MODELS, MODELS))
    for _ in range(BUDGET):
        a, b = rng.choice(MODELS, 2, replace=False)
        item = rng.integers(ITEMS)
        won = {"left": 1.0, "right": 0.0, "tie": 0.5}[_said(worth[item, a] - worth[item, b], rng)]
        wins[a, b] += won
        wins[b, a] += 1 - won
    return int(np.argmax(fit(wins)[0]))


def measure(runs: int, seed: int) -> list[Line]:
    """All figures of the votes."""
    ours, theirs, wrong, stopped, votes = [], [], [], [], []
    for repeat in range(runs):
        rng = np.random.default_rng([seed, repeat])
        worth = _taste(rng)
        rates = _rates(worth)
        good = rates >= rates.max() - WITHIN
        pick, ended, count = asked(worth, repeat, rng)
        ours.append(bool(good[pick]))
        wrong.append(ended and not good[pick])
        stopped.append(ended)
        votes.append(count)
        theirs.append(bool(good[uniform(worth, rng)]))
    group = f"votes, {MODELS} models, {WRONG:.0%} wrong, {BUDGET}"
    return [
        share(group, "Petit", "within 5 pt of the best", ours, "≥ 0.95"),
        share(group, "Petit", "wrong stops", wrong, "≤ 0.02"),
        share(group, "Petit", "stopped before the budget", stopped),
        Line(group, "Petit", "median votes", float(np.median(votes))),
        share(group, "uniform pairs", "within 5 pt of the best", theirs),
    ]
