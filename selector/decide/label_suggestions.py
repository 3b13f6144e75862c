# SPDX-License-Identifier: Apache-2.0
"""Which of the user's categories a model may mean by names that are not theirs: offered, never used unasked.

The names are paired so that as many answers as possible are right (an assignment problem), and a pair is only
offered where at least half of the answers with that name belong to that category.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from selector.decide.label_names import LabelMatch
from selector.decide.metrics import Outputs, top_label

FEWEST = 3
"""Answers with a name below which nothing is guessed from them."""
SHARE = 0.5
MOST = 200
"""Names of either side that are looked at."""


def suggest(outputs: Outputs, labels: Sequence[str], match: LabelMatch) -> list[tuple[str, str]]:
    """Pairs of a model's name and the user's, for names that match none by themselves.

    Args:
        outputs: of the model, with its own names where they match nothing.
        labels: the right answers.
        match: what matches already.
    """
    theirs, mine = match.unmatched_model[:MOST], match.unmatched_user[:MOST]
    if not theirs or not mine:
        return []
    row = {name: i for i, name in enumerate(theirs)}
    column = {name: i for i, name in enumerate(mine)}
    together = np.zeros((len(theirs), len(mine)))
    said: Counter[str] = Counter()
    for output, label in zip(outputs, labels, strict=True):
        name = top_label(output)
        if name in row:
            said[name] += 1
            if label in column:
                together[row[name], column[label]] += 1
    found = []
    for i, j in zip(*linear_sum_assignment(together, maximize=True), strict=True):
        count, of = together[i, j], said[theirs[i]]
        if count >= FEWEST and count >= SHARE * of:
            found.append((theirs[i], mine[j]))
    return found
