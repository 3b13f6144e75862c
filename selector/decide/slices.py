# SPDX-License-Identifier: Apache-2.0
"""Scores on parts of the examples, each with its interval, and which of them really stand out.

Many parts are looked at, so that some look bad by chance alone: whether a part differs from all other
examples is tested (Fisher's exact test for right or wrong, else Mann and Whitney's), and the p-values are
corrected for the number of looks by Holm's method. Intervals are those of each part alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from selector.decide.groupings import Grouping, groupings
from selector.decide.metrics import METRICS, Metric
from selector.decide.significance import holm
from selector.decide.slice_facts import Part, PartScore, Slices, Standing
from selector.decide.statistics import deficits, good_enough, interval, posterior
from selector.decide.text_metrics import Floats
from selector.hub.candidate import Reason

SMALLEST = 10
"""Examples below which a part is not scored: its interval would span everything."""
MOST_PARTS = 120
MOST_TOLD = 3
"""Weak parts that are told beside the verdict; all are in the table."""
ALPHA = 0.05
_DRAWS = 1000
_MANY = 20_000
_STANDINGS: dict[float, Standing] = {-1.0: "below", 0.0: "", 1.0: "above"}
Mask = NDArray[np.bool_]


def metric_of_parts(chosen: Metric) -> Metric:
    """The metric, or accuracy for one that is a mean over classes: a part may lack some of them."""
    return METRICS["accuracy"] if chosen.id == "macro-f1" else chosen


def slices(
    chosen: Metric,
    refs: Sequence[str],
    tables: Sequence[Floats],
    inputs: Sequence[str],
    labels: Sequence[str],
    extra: Sequence[tuple[str, Sequence[str]]],
    clusters: Sequence[int] | None,
    margin: float,
    seed: int = 0,
) -> Slices:
    """Score every part with at least SMALLEST examples.

    Args:
        chosen: from ``metric_of_parts``.
        refs: the contestants.
        tables: of each, the statistics of ``chosen``, shape (n, k).
        inputs: the examples' texts.
        labels: their right answers.
        extra: further columns: name and cells.
        clusters: as for ``posterior``; repeated inputs are one observation.
        margin: how far behind the best a contestant may be.
        seed: of the posterior's draws.
    """
    by_label = chosen.kind in {"labels", "vector"} and not chosen.id.startswith("several")
    ways, skipped = groupings(inputs, labels, extra, by_label=by_label)
    masks: list[tuple[Grouping, str, Mask]] = []
    too_small = 0
    for way in ways:
        values = np.array(way.values, dtype=object)
        for value in way.order:
            mask = np.asarray(values == value, dtype=bool)
            if mask.sum() == len(mask):
                continue
            if mask.sum() < SMALLEST:
                too_small += 1
            elif len(masks) < MOST_PARTS:
                masks.append((way, value, mask))
    quality = _quality(chosen, tables)
    once = _once(clusters, len(labels))
    raw = [_p_value(row, mask, once) for _, _, mask in masks for row in quality]
    known = [x for x in raw if x is not None]
    corrected = iter(holm(known))
    p_values = [None if x is None else next(corrected) for x in raw]
    parts = []
    for at, (way, value, mask) in enumerate(masks):
        own = p_values[at * len(refs) : (at + 1) * len(refs)] if quality else [None] * len(refs)
        scores = _scores(chosen, tables, mask, clusters, margin, seed)
        found = {}
        for model, ref in enumerate(refs):
            standing = _standing(quality[model], mask, own[model]) if quality else ""
            score, low, high, chance = scores[model]
            found[ref] = PartScore(score, low, high, own[model], standing, chance)
        parts.append(Part(way.by, way.column, value, int(mask.sum()), found))
    return Slices(chosen.id, tuple(parts), len(known), too_small, tuple(skipped))


def weak_parts(found: Slices, ref: str) -> list[Reason]:
    """Where the recommended contestant scores below the rest, or fails the margin, beyond chance."""
    told: list[Reason] = []
    for part in found.parts:
        mine = part.scores[ref]
        facts = {"ref": ref, "by": part.by, "column": part.column, "value": part.value, "n": part.n}
        facts |= {"score": mine.score, "low": mine.low, "high": mine.high}
        # Bonferroni: one promise is checked on every part.
        if mine.good_enough < ALPHA / max(1, len(found.parts)):
            told.append(Reason(f"caveat.part_not_good_enough.{part.by}", facts))
        elif mine.standing == "below":
            told.append(Reason(f"caveat.weak_part.{part.by}", facts))
    told.sort(key=lambda each: float(each.facts["score"]))
    if len(told) > MOST_TOLD:
        told[MOST_TOLD:] = [Reason("caveat.more_weak_parts", {"n": len(told) - MOST_TOLD})]
    return told


def _scores(
    chosen: Metric,
    tables: Sequence[Floats],
    mask: Mask,
    clusters: Sequence[int] | None,
    margin: float,
    seed: int,
) -> list[tuple[float, float, float, float]]:
    """Score, low, high and P(good enough) of each contestant on one part."""
    some = None if clusters is None else np.asarray(clusters)[mask].tolist()
    draws = _DRAWS if mask.sum() <= _MANY else _DRAWS // 4
    joint = posterior(chosen, [table[mask] for table in tables], some, draws, seed)
    chances = good_enough(deficits(joint), margin)
    found = []
    for model in range(len(tables)):
        value = float(joint.scores[model])
        low, high = interval(joint.levels[:, model], value)
        found.append((value, low, high, float(chances[model])))
    return found


def _quality(chosen: Metric, tables: Sequence[Floats]) -> list[Floats]:
    """The score of each example alone, shape (n,) a contestant; nothing where it has none."""
    if chosen.weighted is not None:
        return []
    return [chosen.score(table) for table in tables]


def _once(clusters: Sequence[int] | None, n: int) -> Mask:
    """The first example of each cluster: a repeated one is no further observation."""
    first = np.zeros(n, dtype=bool)
    places = np.arange(n) if clusters is None else np.unique(clusters, return_index=True)[1]
    first[places] = True
    return first


def _p_value(quality: Floats, mask: Mask, once: Mask) -> float | None:
    inside, outside = quality[mask & once], quality[~mask & once]
    if not len(inside) or not len(outside):
        return None
    if np.isin(quality, (0.0, 1.0)).all():
        right, others = int(inside.sum()), int(outside.sum())
        table = [[right, len(inside) - right], [others, len(outside) - others]]
        return float(stats.fisher_exact(table).pvalue)
    if np.ptp(quality) == 0:
        return 1.0
    return float(stats.mannwhitneyu(inside, outside, method="asymptotic").pvalue)


def _standing(quality: Floats, mask: Mask, p: float | None) -> Standing:
    if p is None or p >= ALPHA:
        return ""
    return _STANDINGS[float(np.sign(quality[mask].mean() - quality[~mask].mean()))]
