# SPDX-License-Identifier: Apache-2.0
"""Where models differ: confusion matrices and the examples worth looking at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from selector.decide.metrics import Metric, Outputs, top_label
from selector.decide.span_metrics import label_key
from selector.decide.text_metrics import Floats, normalise
from selector.tasks.outputs import Labels, Number, Output, Passage, Similarity, Spans, Text

MAX_LABELS = 100
"""Rows of a confusion matrix; the rest share the last one."""
MAX_DISAGREEMENTS = 500
OTHER = "…"
"""The row and column of everything beyond."""
_FAR = 0.1
"""Two models disagree on a similarity when its rank differs by more than this share."""


def confusion_labels(labels: Sequence[str], answers: Sequence[Outputs]) -> tuple[str, ...]:
    """The user's labels, most frequent first when they must be cut, and OTHER where needed."""
    counts = Counter(labels)
    if len(counts) > MAX_LABELS:
        return (*(x for x, _ in counts.most_common(MAX_LABELS - 1)), OTHER)
    known = tuple(sorted(counts))
    outside = any(top_label(o) not in counts for outputs in answers for o in outputs)
    return (*known, OTHER) if outside else known


def confusion(outputs: Outputs, labels: Sequence[str], names: Sequence[str]) -> list[list[int]]:
    """Counts by true label (row) and said label (column), both in the order of ``names``."""
    index = {name: i for i, name in enumerate(names)}
    last = len(names) - 1
    matrix = [[0] * len(names) for _ in names]
    for output, label in zip(outputs, labels, strict=True):
        said = top_label(output)
        column = last if said is None else index.get(said, last)
        matrix[index.get(label, last)][column] += 1
    return matrix


def disagreements(
    metric: Metric, answers: Sequence[Outputs], tables: Sequence[Floats]
) -> tuple[int, ...]:
    """Indices of examples where models differ, most contested first, at most MAX_DISAGREEMENTS.

    Labels and texts: by the number of different answers, then by the spread of their quality.
    Similarities: by the spread of their ranks. Vectors: by whether the neighbour was right.
    """
    if len(answers) < 2:
        return ()
    if metric.weighted is not None or metric.kind in {"similarity", "number"}:
        spread = _rank_spread(answers)
        variety = (spread > _FAR).astype(float)
    else:
        quality = np.array([metric.score(table) for table in tables])
        spread = quality.max(axis=0) - quality.min(axis=0)
        if metric.kind == "vector":
            variety = (spread > 0).astype(float)
        else:
            keys = [[_key(output) for output in outputs] for outputs in answers]
            variety = np.array([len(set(said)) - 1.0 for said in zip(*keys, strict=True)])
    order = sorted(np.flatnonzero(variety > 0), key=lambda i: (-variety[i], -spread[i], i))
    return tuple(int(i) for i in order[:MAX_DISAGREEMENTS])


def _key(output: Output | None) -> str | None:
    match output:
        case Labels():
            return "; ".join(sorted(output.holding)) if output.several else top_label(output)
        case Text(text, _):
            return normalise(text)
        case Passage():
            return normalise(output.text)
        case Spans(spans):
            return "; ".join(sorted(f"{label_key(x.label)}: {x.start}-{x.end}" for x in spans))
        case _:
            return None


def _value(output: Output | None) -> float:
    match output:
        case Similarity(score):
            return score
        case Number(value):
            return value
    return 0.0


def _rank_spread(answers: Sequence[Outputs]) -> Floats:
    ranks = []
    for outputs in answers:
        said = np.array([_value(output) for output in outputs])
        ranks.append(np.unique(said, return_inverse=True)[1] / max(1, len(np.unique(said)) - 1))
    stacked = np.array(ranks)
    return np.asarray(stacked.max(axis=0) - stacked.min(axis=0))
