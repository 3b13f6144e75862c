# SPDX-License-Identifier: Apache-2.0
"""How long the person waits for the next question: a step at 1,000 inputs and 90 models."""

from __future__ import annotations

import time

import numpy as np

from selector.decide.labels import LabelQueue
from tests.benchmarks.decide.collections import synthetic
from tests.benchmarks.decide.report import Line

INPUTS = 1000
MODELS = 90


def measure(steps: int, seed: int) -> list[Line]:
    """Median and longest step (answer, then next), in milliseconds."""
    rng = np.random.default_rng(seed)
    right = synthetic(seed)[0].right[:INPUTS]
    right = right[:, rng.integers(0, right.shape[1], MODELS)] ^ (
        rng.random((INPUTS, MODELS)) < 0.02
    )
    truth = rng.integers(0, 77, INPUTS)
    said = np.where(right, truth[:, None], rng.integers(0, 77, right.shape))
    names = [f"model {i}" for i in range(MODELS)]
    queue = LabelQueue(
        {m: said[:, i] for i, m in enumerate(names)},
        {m: i for i, m in enumerate(names)},
        margin=0.005,
        seed=seed,
        stop=False,
    )
    times = []
    index = queue.next()
    while index is not None and len(times) < steps:
        start = time.perf_counter()
        queue.answer(index, truth[index])
        index = queue.next()
        times.append(1000 * (time.perf_counter() - start))
    group = f"step, {INPUTS} × {MODELS}"
    return [
        Line(group, "Petit", "median ms", float(np.median(times)), "< 50"),
        Line(group, "Petit", "longest ms", float(np.max(times))),
    ]
