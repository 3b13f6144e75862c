# SPDX-License-Identifier: Apache-2.0
"""What lies below a verdict: where contestants err, on which parts, and whether they are as sure as right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from selector.decide.calibration import calibration, sureness
from selector.decide.calibration_facts import Calibration
from selector.decide.classical import classical
from selector.decide.conclusion import with_caveats
from selector.decide.contest import Entrant
from selector.decide.contested import confusion, confusion_labels, disagreements
from selector.decide.cut import best_cut
from selector.decide.data import Examples
from selector.decide.metrics import Metric
from selector.decide.rules import Rules
from selector.decide.slices import metric_of_parts, slices, weak_parts
from selector.decide.text_metrics import Floats
from selector.decide.verdict_facts import Evaluation


def with_insights(
    done: Evaluation,
    chosen: Metric,
    alive: Sequence[Entrant],
    examples: Examples,
    tables: Sequence[Floats],
    clusters: Sequence[int] | None,
    rules: Rules,
) -> Evaluation:
    """The evaluation with its errors side by side.

    Args:
        done: scores and decision.
        chosen: the metric.
        alive: contestants that did not fail.
        examples: labelled.
        tables: of each of ``alive``, the statistics of ``chosen``.
        clusters: as for ``statistics.posterior``.
        rules: what was asked.
    """
    labels = examples.labels or ()
    names = tuple(sorted(set(labels)))
    answers = [x.answers for x in alive]
    by_part = metric_of_parts(chosen)
    parted = (
        tables
        if by_part is chosen
        else [by_part.table(x, labels, names, examples.inputs) for x in answers]
    )
    refs = [x.ref for x in alive]
    parts = slices(
        by_part,
        refs,
        parted,
        examples.inputs,
        labels,
        examples.extra,
        clusters,
        rules.margin,
        rules.seed,
    )
    decision = done.decision
    if decision.choice is not None:
        decision = with_caveats(decision, weak_parts(parts, decision.choice))
    shown = confusion_labels(labels, answers) if chosen.id in {"accuracy", "macro-f1"} else ()
    return replace(
        done,
        decision=decision,
        disagreements=disagreements(chosen, answers, tables),
        confusion={x.ref: confusion(x.answers, labels, shown) for x in alive} if shown else {},
        labels=shown,
        slices=parts,
        classical=classical(by_part, refs, parted, clusters, rules.seed) if rules.tests else None,
        calibration=_calibrations(chosen, alive, labels, clusters, rules) if shown else (),
    )


def _calibrations(
    chosen: Metric,
    alive: Sequence[Entrant],
    labels: Sequence[str],
    clusters: Sequence[int] | None,
    rules: Rules,
) -> tuple[Calibration, ...]:
    """Of each contestant that says how sure it is."""
    groups = np.arange(len(labels)) if clusters is None else np.asarray(clusters)
    found = []
    for entrant in alive:
        known = sureness(entrant.answers, labels)
        if known is None:
            continue
        where, sure, right = known
        one = calibration(entrant.ref, sure, right, groups[where], rules.targets, rules.seed)
        cut = best_cut(chosen, entrant.answers, labels, groups.tolist(), rules.seed)
        found.append(replace(one, cut=cut))
    return tuple(found)
