# SPDX-License-Identifier: Apache-2.0
"""Two categories: from which sureness on to say the rarer one. Tuned on one half, judged on the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from selector.decide.calibration import FEWEST, Bools, halves
from selector.decide.calibration_facts import Cut
from selector.decide.metrics import Metric, Outputs
from selector.decide.statistics import interval, posterior
from selector.decide.text_metrics import Floats
from selector.tasks.outputs import Labels, ScoredLabel

_THRESHOLDS = 100


def best_cut(
    chosen: Metric, outputs: Outputs, labels: Sequence[str], groups: Sequence[int], seed: int = 0
) -> Cut | None:
    """The threshold that scores best on one half; None unless there are two categories and a sureness.

    Args:
        chosen: the metric to be best in.
        outputs: of one contestant, in the user's words.
        labels: the right answers.
        groups: equal numbers belong together and never fall into different halves.
        seed: of the halves and the draws.
    """
    names = sorted(set(labels))
    if len(names) != 2 or len(labels) < FEWEST:
        return None
    counts = Counter(labels)
    positive = min(names, key=lambda name: (counts[name], name))
    other = names[0] if positive == names[1] else names[1]
    chance = _chances(outputs, positive, other)
    if chance is None:
        return None
    half = halves(np.asarray(groups, dtype=np.int64), seed)
    where = np.flatnonzero(half)
    thresholds = np.unique(np.quantile(chance[where], np.arange(1, _THRESHOLDS) / _THRESHOLDS))
    tried = [float(x) for x in thresholds if 0 < x < 1] + [0.5]

    def table(rows: Sequence[int], threshold: float) -> Floats:
        said = [_said(chance[i], threshold, positive, other) for i in rows]
        return chosen.statistics(said, [labels[i] for i in rows], names)

    best = max(
        tried,
        key=lambda x: (float(chosen.score(table(where.tolist(), x).sum(axis=0))), -abs(x - 0.5)),
    )
    aside = np.flatnonzero(~half).tolist()
    together = [groups[i] for i in aside]
    joint = posterior(chosen, [table(aside, 0.5), table(aside, best)], together, seed=seed)
    gap = float(joint.scores[1] - joint.scores[0])
    low, high = interval(joint.compared[:, 1] - joint.compared[:, 0], gap)
    return Cut(
        positive=positive,
        threshold=best,
        metric=chosen.id,
        before=float(joint.scores[0]),
        after=float(joint.scores[1]),
        difference=(low, gap, high),
        n=len(aside),
    )


def _chances(outputs: Outputs, positive: str, other: str) -> Floats | None:
    """How sure each answer is of ``positive``; None when an answer is neither, or there is no sureness."""
    found = []
    for output in outputs:
        if not isinstance(output, Labels) or not output.labels:
            return None
        top = output.labels[0]
        if top.label not in {positive, other} or not 0 <= top.score <= 1:
            return None
        found.append(top.score if top.label == positive else 1 - top.score)
    chances = np.array(found, dtype=np.float64)
    certain: Bools = np.isin(chances, (0.0, 1.0))
    return None if certain.all() else chances


def _said(chance: float, threshold: float, positive: str, other: str) -> Labels:
    return Labels((ScoredLabel(positive if chance >= threshold else other, 1.0),))
