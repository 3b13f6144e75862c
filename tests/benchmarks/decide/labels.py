# SPDX-License-Identifier: Apache-2.0
"""Few labels: how soon the certificate comes, how often it is false, also with wrong labels."""

from __future__ import annotations

import numpy as np

from selector.decide.labels import LabelQueue
from tests.benchmarks.decide.baselines import naive, random_certificate
from tests.benchmarks.decide.collections import Collection, Draw, draw, wrong_label
from tests.benchmarks.decide.report import Line, share

MOST_LABELS = 300
MODELS = 5
WITHIN = 0.15


def certified(
    run: Draw, margin: float, noise: float, seed: int, once: bool = False
) -> tuple[int | None, int]:
    """Drive a queue to its end: the model it certifies and the labels it took.

    ``once``: a wrong label is wrong again when the question is repeated.
    """
    models = run.said.shape[1]
    names = [f"model {i}" for i in range(models)]
    queue = LabelQueue(
        {m: run.said[:, i] for i, m in enumerate(names)},
        {m: i for i, m in enumerate(names)},
        margin=margin,
        seed=seed,
    )
    rng = np.random.default_rng(seed)
    classes = int(run.said.max()) + 1
    given: dict[int, int] = {}
    while queue.labels < MOST_LABELS and (index := queue.next()) is not None:
        truth = int(run.truth[index])
        said = wrong_label(truth, classes, rng) if rng.random() < noise else truth
        if once:
            said = given.setdefault(index, said)
        queue.answer(index, said)
    choice = queue.decision.choice
    return None if choice is None else names.index(choice), queue.labels


CASES = ((0.05, 0.0), (0.02, 0.0), (0.05, 0.05), (0.05, 0.1))
"""Margins and shares of wrong labels."""


def measure(
    collections: list[Collection],
    runs: int,
    seed: int,
    cases: tuple[tuple[float, float], ...] = CASES,
) -> list[Line]:
    """All figures of the certificate."""
    lines: list[Line] = []
    for margin, noise in cases:
        found: dict[str, list[tuple[Draw, int | None, int]]] = {}
        for collection in collections:
            for repeat in range(runs):
                rng = np.random.default_rng([seed, repeat, len(collection.right)])
                run = draw(collection, MODELS, WITHIN, rng)
                found.setdefault("Petit", []).append((run, *certified(run, margin, noise, repeat)))
                if noise:
                    kept = certified(run, margin, noise, repeat, once=True)
                    found.setdefault("Petit, same errors", []).append((run, *kept))
                    continue
                sampled = random_certificate(run, margin, MOST_LABELS, rng)
                found.setdefault("random labels", []).append((run, *sampled))
                order = rng.permutation(len(run.truth))
                pick = naive(run.right[order].astype(float), margin)
                found.setdefault("naive, 100 labels", []).append((run, pick, 100))
        lines += _figures(found, margin, noise)
    return lines


def _figures(
    found: dict[str, list[tuple[Draw, int | None, int]]], margin: float, noise: float
) -> list[Line]:
    group = f"labels, {MODELS} models, {margin:.0%}" + (f", {noise:.0%} wrong" if noise else "")
    lines = []
    for method, rows in found.items():
        good = [run.accuracy >= run.accuracy.max() - margin - 1e-9 for run, _, _ in rows]
        claims = [pick for _, pick, _ in rows]
        wrong = [p is not None and not bool(g[p]) for g, p in zip(good, claims, strict=True)]
        exact = [p == int(np.flatnonzero(g)[0]) for g, p in zip(good, claims, strict=True)]
        ours = method.startswith("Petit")
        limit = "≤ 0.05" if noise else "≤ 0.02"
        lines.append(share(group, method, "false claims", wrong, limit if ours else ""))
        first = ours and margin == 0.05 and not noise
        lines.append(share(group, method, "true smallest", exact, "≥ 0.90" if first else ""))
        lines.append(share(group, method, "decided", [p is not None for p in claims]))
        median = float(np.median([count for _, _, count in rows]))
        lines.append(Line(group, method, "median labels", median, "≤ 48" if first else ""))
    return lines
