# SPDX-License-Identifier: Apache-2.0
"""The race: false claims, decisions, and the share of evaluations it takes."""

from __future__ import annotations

import numpy as np

from selector.decide.race import Race
from tests.benchmarks.decide.baselines import naive
from tests.benchmarks.decide.collections import Collection
from tests.benchmarks.decide.report import Line, share

EXAMPLES = 600
MODELS = 5
WITHIN = 0.12
FEWEST = 300
"""Collections with fewer examples say too little about the truth that claims are held against."""


def raced(scores: np.ndarray, margin: float, seed: int, strict: bool) -> tuple[int | None, float]:
    """The model claimed and the share of evaluations that were run."""
    names = [f"model {i}" for i in range(scores.shape[1])]
    costs = {m: i for i, m in enumerate(names)}
    race = Race(names, costs, margin=margin, seed=seed, n=len(scores), strict=strict)
    while indices := race.next():
        for model in race.running:
            column = scores[:, names.index(model)]
            for index in indices:
                race.record(model, index, column[index])
    choice = race.decision.choice
    return None if choice is None else names.index(choice), 1 - race.saved


def measure(collections: list[Collection], runs: int, seed: int) -> list[Line]:
    """Examples are drawn with replacement: claims are about the collection they come from."""
    lines = []
    for margin in (0.05, 0.02):
        found: dict[str, list[tuple[bool, bool, bool, float]]] = {}
        for collection in collections:
            if len(collection.right) < FEWEST:
                continue
            accuracy = collection.right.mean(axis=0)
            near = np.flatnonzero(accuracy >= accuracy.max() - WITHIN)
            for repeat in range(runs):
                rng = np.random.default_rng([seed, repeat, len(collection.right)])
                chosen = rng.choice(near, min(MODELS, len(near)), replace=False)
                good = accuracy[chosen] >= accuracy[chosen].max() - margin - 1e-9
                rows = rng.integers(0, len(collection.right), EXAMPLES)
                scores = collection.right[np.ix_(rows, chosen)].astype(float)
                for method, (pick, run) in (
                    ("Petit", raced(scores, margin, repeat, strict=False)),
                    ("Petit, strict", raced(scores, margin, repeat, strict=True)),
                    ("naive, 100 examples", (naive(scores, margin), 100 / EXAMPLES)),
                ):
                    wrong = pick is not None and not bool(good[pick])
                    exact = pick == int(np.flatnonzero(good)[0])
                    found.setdefault(method, []).append((wrong, exact, pick is not None, run))
        group = f"race, {MODELS} models, {margin:.0%}"
        for method, rows_of in found.items():
            wrongs, exacts, decisions, shares = zip(*rows_of, strict=True)
            main = method == "Petit"
            first = main and margin == 0.05
            lines += [
                share(
                    group, method, "false claims", wrongs, "≤ 0.05, upper ≤ 0.06" if main else ""
                ),
                share(group, method, "true smallest", exacts),
                share(group, method, "decided", decisions, "≥ 0.95" if first else ""),
                Line(
                    group, method, "evaluations", float(np.mean(shares)), "≤ 0.45" if first else ""
                ),
            ]
    return lines
