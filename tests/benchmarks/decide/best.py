# SPDX-License-Identifier: Apache-2.0
"""Few labels: how soon ``best`` is within a point of the best of eight."""

from __future__ import annotations

import numpy as np

from selector.decide.labels import LabelQueue
from tests.benchmarks.decide.baselines import model_selector, random_best
from tests.benchmarks.decide.collections import Collection, Draw, draw
from tests.benchmarks.decide.report import Line, share

LABELS = 100
MODELS = 8
WITHIN = 0.15


def ours(run: Draw, seed: int, stop: bool) -> list[int]:
    """``best`` after each label; the last one is kept once the queue has ended."""
    names = [f"model {i}" for i in range(run.said.shape[1])]
    queue = LabelQueue(
        {m: run.said[:, i] for i, m in enumerate(names)},
        {m: i for i, m in enumerate(names)},
        margin=0.01,
        seed=seed,
        stop=stop,
    )
    picks: list[int] = []
    while len(picks) < LABELS and (index := queue.next()) is not None:
        queue.answer(index, int(run.truth[index]))
        # Asking for the best takes a few milliseconds: only where it is looked at.
        looked = len(picks) + 1 in {10, 25, 50, LABELS}
        picks.append(names.index(queue.best) if looked else -1)
    return picks + [names.index(queue.best)] * (LABELS - len(picks))


def measure(collections: list[Collection], runs: int, seed: int) -> list[Line]:
    """P(within one point of the best) after 25, 50 and 100 labels."""
    regret: dict[str, dict[str, list[list[float]]]] = {}
    for collection in collections:
        for repeat in range(runs):
            rng = np.random.default_rng([seed, repeat, len(collection.right)])
            run = draw(collection, MODELS, WITHIN, rng)
            behind = run.accuracy.max() - run.accuracy
            for method, picks in (
                ("Petit, margin 1 %", ours(run, repeat, stop=True)),
                ("Petit, going on", ours(run, repeat, stop=False)),
                ("Model Selector .46", model_selector(run, LABELS, rng)),
                ("random labels", random_best(run, LABELS, rng)),
            ):
                rows = regret.setdefault(method, {}).setdefault(collection.name, [])
                rows.append([float(behind[pick]) for pick in picks])
    lines = []
    for method, by_name in regret.items():
        for labels, target in ((25, "≥ 0.84"), (50, ""), (100, "")):
            hits = [r[labels - 1] <= 0.01 + 1e-9 for rows in by_name.values() for r in rows]
            wanted = target if method.startswith("Petit") else ""
            lines.append(share("best of 8", method, f"within 1 pt at {labels}", hits, wanted))
        worst = min(
            (np.mean([r[-1] <= 0.01 + 1e-9 for r in rows]), name) for name, rows in by_name.items()
        )
        wanted = "≥ 0.85" if method.startswith("Petit") else ""
        what = f"worst at 100: {worst[1]}"
        lines.append(Line("best of 8", method, what, float(worst[0]), wanted))
    return lines
