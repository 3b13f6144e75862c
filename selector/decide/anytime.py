# SPDX-License-Identifier: Apache-2.0
"""Strict mode: e-processes, valid however often one looks and whenever one stops.

For each ordered pair of models a bettor plays against "a is more than the margin behind b"; its wealth
is a non-negative supermartingale when that is true, so it exceeds ``1 / alpha`` with probability at
most ``alpha`` at any time (Ville 1939; betting: Waudby-Smith and Ramdas 2024). The bets are a fixed
mixture, so that nothing has to be tuned. It needs twice the examples of the posterior, or more.
"""

from __future__ import annotations

import numpy as np

from selector.decide.choice import Choice
from selector.decide.text_metrics import Floats

BETS = np.array([0.02, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 0.97])
"""Shares of the most that may be bet."""


class Wealth:
    """The wealth of every bettor against "model a is more than ``margin`` behind model b"."""

    def __init__(self, models: int, margin: float, span: float = 1.0) -> None:
        """``span`` is the best minus the worst score that an example can have."""
        self._middle = (1 - margin / span) / 2
        self._span = span
        shape = (len(BETS), models, models)
        # The bet for a ("it is near enough"), and the mirrored one against it ("it is not").
        self._near, self._far = np.zeros(shape), np.zeros(shape)
        self._best_near, self._best_far = np.zeros(shape[1:]), np.zeros(shape[1:])

    def see(self, scores: Floats) -> None:
        """Play one example: scores of all models, shape (models,)."""
        x = ((scores[:, None] - scores[None, :]) / self._span + 1) / 2
        bets = BETS[:, None, None]
        self._near += np.log1p(bets / self._middle * (x - self._middle))
        # The mirrored bettor sees 1 - x, whose mean is at most 1 - middle when a is near enough.
        mirrored = 1 - self._middle
        self._far += np.log1p(bets / mirrored * ((1 - x) - mirrored))
        self._best_near = np.maximum(self._best_near, _mixture(self._near))
        self._best_far = np.maximum(self._best_far, _mixture(self._far))

    def choice(self, confidence: float) -> Choice:
        """The claim that the wealth allows, in the order of the models (smallest first).

        A model is claimed good enough when it has won against every rival (an intersection-union
        test, corrected for the number of models that might be claimed), and ruled out when one
        rival's mirrored bettor has won. ``probabilities`` hold 1 for certified, 0 for ruled out and
        0.5 for open ones: an e-process gives no probability.
        """
        models = len(self._best_near)
        alpha = 1 - confidence
        certain = np.log(models / alpha)
        beyond = np.log(max(1, models * (models - 1)) / alpha)
        rivals = ~np.eye(models, dtype=bool)
        enough = np.where(rivals, self._best_near, np.inf).min(axis=1) >= certain
        out = np.where(rivals, self._best_far, -np.inf).max(axis=1) >= beyond
        alive = [i for i in range(models) if not out[i]]
        chances = tuple(1.0 if enough[i] else 0.0 if out[i] else 0.5 for i in range(models))
        if alive and enough[alive[0]]:
            return Choice(True, alive[0], tuple(range(alive[0])), (), chances)
        certified = [i for i in alive if enough[i]]
        means = self._near[-1].sum(axis=1)
        position = certified[0] if certified else int(np.argmax(np.where(out, -np.inf, means)))
        return Choice(
            decided=False,
            position=position,
            ruled_out=tuple(i for i in range(position) if out[i]),
            open=tuple(i for i in range(position + 1) if not out[i] and not enough[i]),
            probabilities=chances,
        )


def _mixture(logs: Floats) -> Floats:
    """Log of the mean over bets of ``exp(logs)``."""
    top = logs.max(axis=0)
    return np.asarray(top + np.log(np.exp(logs - top).mean(axis=0)))


def strict_choice(values: Floats, span: float, margin: float, confidence: float) -> Choice:
    """Play all examples, shape (n, models), in the order given and claim what may be claimed."""
    wealth = Wealth(values.shape[1], margin, span)
    for row in values:
        wealth.see(row)
    return wealth.choice(confidence)
