# SPDX-License-Identifier: Apache-2.0
"""The metrics, by id. Each is a score of weighted sums, so that one posterior serves them all.

``statistics`` turns outputs into ``(n, k)`` numbers that add up over examples; ``score`` turns weighted
sums ``(..., k)`` into scores ``(...)``. A metric that does not add up (a rank correlation) has
``weighted`` instead. An input without an output counts as wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from selector.decide.label_names import split_labels
from selector.decide.rank_metrics import by_query, ndcg, reciprocal_rank
from selector.decide.span_metrics import span_counts
from selector.decide.text_metrics import (
    Floats,
    bleu_counts,
    bleu_score,
    chrf_counts,
    chrf_score,
    edit_counts,
    edit_score,
    exact_match,
    token_f1,
)
from selector.errors import BadSetting, DataUnreadable, UnknownMetric
from selector.tasks.base import PAIR_SEPARATOR, OutputKind
from selector.tasks.outputs import Labels, Number, Output, Passage, Similarity, Spans, Text, Vector

Outputs = Sequence[Output | None]
MAX_CLASSES = 500
"""Macro-F1 keeps three numbers a class and example; beyond this it says nothing readable anyway."""
NEIGHBOUR_POOL = 8000
"""Neighbours are looked for among the first so many examples; all pairs of 20,000 take too long."""
_BLOCK = 512


@dataclass(frozen=True, slots=True)
class Metric:
    """One way to score; higher is better."""

    id: str
    kind: OutputKind
    """The outputs it judges."""
    statistics: Callable[[Outputs, Sequence[str], Sequence[str]], Floats]
    """(outputs, labels, label set) to an array of shape (n, k)."""
    score: Callable[[Floats], Floats]
    """Weighted sums of shape (..., k) to scores of shape (...)."""
    bounds: tuple[float, float] = (0.0, 1.0)
    weighted: Callable[[Floats, Floats], Floats] | None = None
    """(rows of shape (n, k), weights of shape (draws, n) that add up to 1) to scores (draws,)."""
    also: tuple[OutputKind, ...] = ()
    """Other outputs it judges."""
    by_query: Callable[[Outputs, Sequence[str], Sequence[str]], Floats] | None = None
    """Instead of ``statistics``: (outputs, labels, query of each) to rows, one a query that is not 0."""

    def table(
        self,
        outputs: Outputs,
        labels: Sequence[str],
        label_set: Sequence[str],
        inputs: Sequence[str],
    ) -> Floats:
        """The statistics of shape (n, k); queries are the first texts of pairs."""
        if self.by_query is None:
            return self.statistics(outputs, labels, label_set)
        return self.by_query(outputs, labels, queries_of(inputs))


def queries_of(inputs: Sequence[str]) -> list[str]:
    """The first text of each pair."""
    return [text.partition(PAIR_SEPARATOR)[0] for text in inputs]


def metric(metric_id: str | None, kind: OutputKind | None = None, task: str = "") -> Metric:
    """The metric called ``metric_id``; None means the first one for ``kind``.

    Raises:
        UnknownMetric: no such metric, or not one for these outputs.
    """
    known = metrics_for(kind)
    if metric_id is None and known:
        return METRICS[known[0]]
    if metric_id not in known:
        raise UnknownMetric(metric=metric_id, task=task, known=list(known))
    return METRICS[metric_id]


def metrics_for(kind: OutputKind | None) -> tuple[str, ...]:
    """Ids of the metrics for one kind of output, the default first; all for None."""
    return tuple(
        key
        for key, item in METRICS.items()
        if kind is None or item.kind == kind or kind in item.also
    )


def _with_count(values: Sequence[float] | Floats) -> Floats:
    """(value, 1) for each example, so that the mean survives weights and clusters."""
    column = np.asarray(values, dtype=np.float64)
    return np.column_stack([column, np.ones_like(column)])


def mean(sums: Floats) -> Floats:
    """Weighted mean of (value, count) sums: shape (..., 2) to (...)."""
    return np.asarray(sums[..., 0] / np.where(sums[..., 1] > 0, sums[..., 1], 1.0))


def top_label(output: Output | None) -> str | None:
    """The most probable label, or None without one."""
    return output.labels[0].label if isinstance(output, Labels) and output.labels else None


def _accuracy(outputs: Outputs, labels: Sequence[str], label_set: Sequence[str]) -> Floats:
    del label_set
    return _with_count([float(top_label(o) == x) for o, x in zip(outputs, labels, strict=True)])


def _class_counts(outputs: Outputs, labels: Sequence[str], label_set: Sequence[str]) -> Floats:
    """True positives, false positives, false negatives of each class: shape (n, 3 * classes)."""
    if len(label_set) > MAX_CLASSES:
        raise BadSetting(
            setting="metric",
            value="macro-f1",
            labels=len(label_set),
            allowed=f"up to {MAX_CLASSES} labels",
        )
    index = {label: i for i, label in enumerate(label_set)}
    counts = np.zeros((len(labels), 3, len(label_set)))
    for row, (output, label) in enumerate(zip(outputs, labels, strict=True)):
        said = top_label(output)
        if said == label:
            counts[row, 0, index[label]] = 1
        else:
            counts[row, 2, index[label]] = 1
            if said in index:
                counts[row, 1, index[said]] = 1
    return counts.reshape(len(labels), 3 * len(label_set))


def _macro_f1(sums: Floats) -> Floats:
    """Mean over the user's classes of 2 tp / (2 tp + fp + fn); a class without any counts 0."""
    parts = sums.reshape(*sums.shape[:-1], 3, sums.shape[-1] // 3)
    right, wrong, missed = parts[..., 0, :], parts[..., 1, :], parts[..., 2, :]
    below = 2 * right + wrong + missed
    ratio = np.where(below > 0, 2 * right / np.where(below > 0, below, 1.0), 0.0)
    return np.asarray(ratio.mean(axis=-1))


def _several(outputs: Outputs, labels: Sequence[str], label_set: Sequence[str]) -> Floats:
    """Right labels, said and wanted ones, of examples that may have several: shape (n, 3)."""
    del label_set
    rows = np.zeros((len(labels), 3))
    for row, (output, cell) in enumerate(zip(outputs, labels, strict=True)):
        said = set(output.holding) if isinstance(output, Labels) else set()
        wanted = set(split_labels(cell))
        rows[row] = len(said & wanted), len(said), len(wanted)
    return rows


def _all_of_several(outputs: Outputs, labels: Sequence[str], label_set: Sequence[str]) -> Floats:
    del label_set
    pairs = zip(outputs, labels, strict=True)
    right = [isinstance(o, Labels) and set(o.holding) == set(split_labels(x)) for o, x in pairs]
    return _with_count(np.array(right, dtype=np.float64))


def _residuals(outputs: Outputs, labels: Sequence[str], label_set: Sequence[str]) -> Floats:
    """Squared error, the number, its square and 1; a missing estimate counts as the mean of all numbers."""
    del label_set
    wanted = numbers(labels)
    middle = float(wanted.mean()) if len(wanted) else 0.0
    said = np.array([o.value if isinstance(o, Number) else middle for o in outputs])
    return np.column_stack([(said - wanted) ** 2, wanted, wanted**2, np.ones_like(wanted)])


def _r_squared(sums: Floats) -> Floats:
    """1 - squared errors / spread of the numbers, not below -1: shape (..., 4) to (...)."""
    count = np.where(sums[..., 3] > 0, sums[..., 3], 1.0)
    spread = sums[..., 2] - sums[..., 1] ** 2 / count
    usable = spread > 1e-12
    found = 1 - sums[..., 0] / np.where(usable, spread, 1.0)
    return np.asarray(np.where(usable, np.clip(found, -1.0, 1.0), 0.0))


def numbers(labels: Sequence[str]) -> Floats:
    """Labels as numbers; a decimal comma is understood.

    Raises:
        DataUnreadable: one is not a finite number.
    """
    values = []
    for label in labels:
        try:
            values.append(float(label.replace(",", ".")))
        except ValueError:
            raise DataUnreadable(reason="not_numbers", value=label[:40]) from None
    array = np.array(values, dtype=np.float64)
    if not np.isfinite(array).all():
        raise DataUnreadable(reason="not_numbers", value="nan")
    return array


def _said(output: Output | None) -> float:
    match output:
        case Similarity(score):
            return score
        case Number(value):
            return value
    return 0.0


def _pairs(outputs: Outputs, labels: Sequence[str], label_set: Sequence[str]) -> Floats:
    del label_set
    said = [_said(output) for output in outputs]
    return np.column_stack([np.array(said, dtype=np.float64), numbers(labels)])


def weighted_ranks(values: Floats, weights: Floats) -> Floats:
    """Weighted mid-ranks, as shares of the total weight.

    Args:
        values: shape (n,).
        weights: shape (draws, n); each row adds up to 1.

    Returns:
        Shape (draws, n): weight of all smaller values plus half the weight of equal ones.
    """
    unique, inverse = np.unique(values, return_inverse=True)
    if len(unique) == len(values):
        order = np.argsort(values)
        sorted_weights = weights[:, order]
        ranks = np.empty_like(weights)
        ranks[:, order] = np.cumsum(sorted_weights, axis=1) - sorted_weights / 2
        return ranks
    order = np.argsort(inverse, kind="stable")
    starts = np.searchsorted(inverse[order], np.arange(len(unique)))
    tied = np.add.reduceat(weights[:, order], starts, axis=1)
    return np.asarray((np.cumsum(tied, axis=1) - tied / 2)[:, inverse])


def _spearman(rows: Floats, weights: Floats) -> Floats:
    """Weighted correlation of mid-ranks. Their weighted mean is 1/2 by construction."""
    a, b = weighted_ranks(rows[:, 0], weights), weighted_ranks(rows[:, 1], weights)
    joint = np.einsum("dn,dn,dn->d", weights, a, b) - 0.25
    spread = (np.einsum("dn,dn,dn->d", weights, a, a) - 0.25) * (
        np.einsum("dn,dn,dn->d", weights, b, b) - 0.25
    )
    # A model that always says the same number has no ranks: no correlation, not an error.
    usable = spread > 1e-12
    return np.clip(np.where(usable, joint / np.sqrt(np.where(usable, spread, 1.0)), 0.0), -1.0, 1.0)


def _neighbours(outputs: Outputs, labels: Sequence[str], label_set: Sequence[str]) -> Floats:
    """Whether the nearest other example (cosine) has the same label; vectors are taken as fixed."""
    del label_set
    rows = [o.values if isinstance(o, Vector) else None for o in outputs]
    width = max((len(x) for x in rows if x is not None), default=0)
    usable = np.array([x is not None and len(x) == width > 0 for x in rows], dtype=bool)
    right = np.zeros(len(rows))
    where = np.flatnonzero(usable)
    if len(where) < 2:
        return _with_count(right)
    vectors = np.array([rows[i] for i in where], dtype=np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    codes = np.unique(np.array(labels, dtype=object), return_inverse=True)[1][where]
    pool = vectors[:NEIGHBOUR_POOL]
    for start in range(0, len(where), _BLOCK):
        stop = min(start + _BLOCK, len(where))
        cosine = vectors[start:stop] @ pool.T
        own = np.arange(start, min(stop, len(pool)))
        cosine[own - start, own] = -np.inf
        right[where[start:stop]] = codes[cosine.argmax(axis=1)] == codes[start:stop]
    return _with_count(right)


def _texts(
    judge: Callable[[str, str], float],
) -> Callable[[Outputs, Sequence[str], Sequence[str]], Floats]:
    def statistics(outputs: Outputs, labels: Sequence[str], label_set: Sequence[str]) -> Floats:
        del label_set
        pairs = zip(outputs, labels, strict=True)
        return _with_count(
            [judge(o.text, x) if isinstance(o, Text | Passage) else 0.0 for o, x in pairs]
        )

    return statistics


def _ranked(
    judge: Callable[[Floats, Floats], float | None],
) -> Callable[[Outputs, Sequence[str], Sequence[str]], Floats]:
    def statistics(outputs: Outputs, labels: Sequence[str], queries: Sequence[str]) -> Floats:
        scores = [o.score if isinstance(o, Similarity) else -np.inf for o in outputs]
        return by_query(np.array(scores, dtype=np.float64), labels, queries, judge)

    return statistics


def _one_query(
    judge: Callable[[Floats, Floats], float | None],
) -> Callable[[Outputs, Sequence[str], Sequence[str]], Floats]:
    ranked = _ranked(judge)
    return lambda outputs, labels, _: ranked(outputs, labels, [""] * len(labels))


def _heard(characters: bool) -> Callable[[Outputs, Sequence[str], Sequence[str]], Floats]:
    def statistics(outputs: Outputs, labels: Sequence[str], label_set: Sequence[str]) -> Floats:
        del label_set
        texts = [o.text if isinstance(o, Text) else "" for o in outputs]
        return edit_counts(texts, labels, characters)

    return statistics


def _bleu(outputs: Outputs, labels: Sequence[str], label_set: Sequence[str]) -> Floats:
    del label_set
    texts = [o.text if isinstance(o, Text) else "" for o in outputs]
    return bleu_counts(texts, labels)


def _spans(with_labels: bool) -> Callable[[Outputs, Sequence[str], Sequence[str]], Floats]:
    def statistics(outputs: Outputs, labels: Sequence[str], label_set: Sequence[str]) -> Floats:
        del label_set
        pairs = zip(outputs, labels, strict=True)
        counts = [
            span_counts(o if isinstance(o, Spans) else None, x, with_labels) for o, x in pairs
        ]
        return np.array(counts, dtype=np.float64).reshape(len(labels), 3)

    return statistics


def span_f1(sums: Floats) -> Floats:
    """2 right / (marked + wanted), shape (..., 3) to (...); 1 where nothing was to be and was marked."""
    below = sums[..., 1] + sums[..., 2]
    return np.asarray(np.where(below > 0, 2 * sums[..., 0] / np.where(below > 0, below, 1.0), 1.0))


def _chrf(outputs: Outputs, labels: Sequence[str], label_set: Sequence[str]) -> Floats:
    del label_set
    pairs = zip(outputs, labels, strict=True)
    return np.array(
        [chrf_counts(o.text if isinstance(o, Text) else "", x) for o, x in pairs], dtype=np.float64
    )


METRICS: Mapping[str, Metric] = {
    item.id: item
    for item in (
        Metric("accuracy", "labels", _accuracy, mean),
        Metric("macro-f1", "labels", _class_counts, _macro_f1),
        Metric("several-f1", "labels", _several, span_f1),
        Metric("several-exact", "labels", _all_of_several, mean),
        Metric("spearman", "similarity", _pairs, mean, (-1.0, 1.0), _spearman, also=("number",)),
        Metric("r-squared", "number", _residuals, _r_squared, (-1.0, 1.0)),
        Metric("neighbour-accuracy", "vector", _neighbours, mean),
        Metric("ndcg", "similarity", _one_query(ndcg), mean, by_query=_ranked(ndcg)),
        Metric(
            "mrr",
            "similarity",
            _one_query(reciprocal_rank),
            mean,
            by_query=_ranked(reciprocal_rank),
        ),
        Metric("token-f1", "text", _texts(token_f1), mean, also=("passage",)),
        Metric("exact-match", "text", _texts(exact_match), mean, also=("passage",)),
        Metric("chrf", "text", _chrf, chrf_score),
        Metric("bleu", "text", _bleu, bleu_score),
        Metric("word-accuracy", "text", _heard(characters=False), edit_score),
        Metric("character-accuracy", "text", _heard(characters=True), edit_score),
        Metric("span-f1", "spans", _spans(with_labels=True), span_f1),
        Metric("span-place-f1", "spans", _spans(with_labels=False), span_f1),
    )
}
