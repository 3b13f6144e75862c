# SPDX-License-Identifier: Apache-2.0
"""What stands beside the verdict: further metrics, and the score that needs no model at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from selector.decide.contest import Entrant
from selector.decide.metrics import MAX_CLASSES, METRICS, Metric, metrics_for, queries_of
from selector.decide.statistics import Posterior, interval, posterior
from selector.hub.candidate import Reason
from selector.tasks.outputs import Labels, ScoredLabel

HEARD = frozenset({"word-accuracy", "character-accuracy"})
_MANY_TEXTS = 30_000
"""Counting n-grams takes 0.1 ms a text; beyond this nobody waits for a metric beside the main one."""


def other_metrics(
    chosen: Metric,
    alive: Sequence[Entrant],
    labels: Sequence[str],
    names: Sequence[str],
    inputs: Sequence[str],
    clusters: Sequence[int] | None,
    draws: int,
    seed: int,
) -> list[dict[str, tuple[float, float, float]]]:
    """Every other metric for these outputs: id to (low, score, high), one dict a contestant."""
    found: list[dict[str, tuple[float, float, float]]] = [{} for _ in alive]
    for metric_id in metrics_for(chosen.kind):
        if metric_id == chosen.id or (metric_id == "macro-f1" and len(names) > MAX_CLASSES):
            continue
        if metric_id == "chrf" and len(labels) * len(alive) > _MANY_TEXTS:
            continue
        other = METRICS[metric_id]
        if other.by_query is not None and not _ranks(inputs):
            continue
        if other.id.startswith("several") != chosen.id.startswith("several"):
            continue  # of one label each, or of several
        if (other.id in HEARD) != (chosen.id in HEARD) or (
            other.id == "bleu" and chosen.id != "chrf"
        ):
            continue  # what was heard, and translations, have measures of their own
        tables = [other.table(x.answers, labels, names, inputs) for x in alive]
        # Nothing is decided by these: an interval needs no 2,000 draws.
        joint = posterior(other, tables, clusters, max(200, draws // 4), seed)
        for position, entry in enumerate(found):
            value = float(joint.scores[position])
            low, high = interval(joint.levels[:, position], value)
            entry[metric_id] = (low, value, high)
    return found


def _ranks(inputs: Sequence[str]) -> bool:
    """Whether there are several texts for a query, so that an order says something."""
    queries = queries_of(inputs)
    return len(set(queries)) < len(queries)


def all_bad(
    chosen: Metric, labels: Sequence[str], names: Sequence[str], joint: Posterior, best: int
) -> list[Reason]:
    """Warn when even the best contestant is no better than an answer that needs no model."""
    score = float(joint.scores[best])
    label, most = Counter(labels).most_common(1)[0]
    if chosen.kind == "labels" and not chosen.id.startswith("several"):
        always = [Labels((ScoredLabel(label, 1.0),))] * len(labels)
        baseline = float(chosen.score(chosen.statistics(always, labels, names).sum(axis=0)))
        bad = len(names) > 1 and score <= baseline
    elif chosen.kind == "vector":
        baseline = most / len(labels)
        bad = len(names) > 1 and score <= baseline
    else:
        # Texts and numbers have no trivial answer; nothing right, or chance, is the floor.
        baseline, label = 0.0, ""
        bad = score <= 0 or (
            chosen.bounds[0] < 0 and interval(joint.levels[:, best], score)[0] <= 0
        )
    facts = {"score": score, "baseline": baseline, "label": label}
    return [Reason("caveat.all_bad", facts)] if bad else []
