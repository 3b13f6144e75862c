# SPDX-License-Identifier: Apache-2.0
"""What others do, on the same draws: random labels, the naive rule, Model Selector."""

from __future__ import annotations

import numpy as np

from selector.decide.verdict import decide
from tests.benchmarks.decide.collections import Draw


def random_best(run: Draw, labels: int, rng: np.random.Generator) -> list[int]:
    """The model with most right answers after each of so many random labels."""
    order = rng.permutation(len(run.truth))[:labels]
    right = run.right[order].cumsum(axis=0) + rng.random(run.right.shape[1]) * 0.1
    picks = right.argmax(axis=1).tolist()
    return picks + picks[-1:] * (labels - len(picks))


def model_selector(
    run: Draw, labels: int, rng: np.random.Generator, epsilon: float = 0.46
) -> list[int]:
    """Model Selector (Okanovic et al. 2025), its default epsilon: least expected entropy of the best.

    Written from the paper's description: weights grow by (1 - epsilon) / epsilon with each right
    answer; the label asked is the one after which they are expected to be the surest, all classes
    equally likely; the answer is the model with most right answers.
    """
    gain = (1 - epsilon) / epsilon
    n, models = run.said.shape
    votes = [run.said == label for label in np.unique(run.said)]
    right, asked, picks = np.zeros(models), np.zeros(n, dtype=bool), []
    for _ in range(min(labels, n)):
        weight = gain ** (right - right.max())
        weight /= weight.sum()
        log = np.log(weight)
        entropy = np.zeros(n)
        for vote in votes:
            total = 1 + (gain - 1) * (vote @ weight)
            energy = (weight @ log) + vote @ (weight * ((gain - 1) * log + gain * np.log(gain)))
            entropy += np.log(total) - energy / total
        entropy[asked] = np.inf
        index = int(rng.choice(np.flatnonzero(entropy <= entropy.min() + 1e-12)))
        asked[index] = True
        right += run.said[index] == run.truth[index]
        picks.append(int(rng.choice(np.flatnonzero(right == right.max()))))
    return picks + picks[-1:] * (labels - len(picks))


def naive(scores: np.ndarray, margin: float, n: int = 100) -> int:
    """The smallest model whose mean on the first n examples is within the margin of the best mean."""
    means = scores[:n].mean(axis=0)
    return int(np.flatnonzero(means >= means.max() - margin - 1e-12)[0])


def random_certificate(
    run: Draw, margin: float, labels: int, rng: np.random.Generator
) -> tuple[int | None, int]:
    """Random labels, looked at every five from twenty on, until the posterior is sure."""
    order = rng.permutation(len(run.truth))[:labels]
    models = run.right.shape[1]
    names = [str(i) for i in range(models)]
    for count in range(20, len(order) + 1, 5):
        scores = {m: run.right[order[:count], i].astype(float) for i, m in enumerate(names)}
        done = decide(scores, {m: i for i, m in enumerate(names)}, margin, draws=500)
        if done.choice is not None:
            return int(done.choice), count
    return None, len(order)
