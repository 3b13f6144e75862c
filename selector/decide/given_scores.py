# SPDX-License-Identifier: Apache-2.0
"""An evaluation of scores that were given elsewhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from selector.decide.axes import costs
from selector.decide.classical import classical
from selector.decide.conclusion import with_caveats
from selector.decide.metrics import Metric, Outputs, mean
from selector.decide.predictions import Predictions
from selector.decide.rules import Rules
from selector.decide.scores import check_missing, score_table
from selector.decide.slices import slices, weak_parts
from selector.decide.text_metrics import Floats
from selector.decide.verdict import decide
from selector.decide.verdict_facts import Decision, Evaluation

METRIC = "score"
"""The id of the metric that a file brings itself."""


def evaluate_scores(task: str, found: Predictions, rules: Rules) -> Evaluation:
    """The same evaluation as of predictions, from the scores in the file. Raises as ``decide`` does."""
    rules.check_odds()
    price = {
        c.ref: costs(c, m)[rules.cost]
        for c, m in zip(found.contestants, found.measurements, strict=True)
    }
    decision: Decision = decide(
        found.scores or {},
        price,
        rules.margin,
        rules.confidence,
        missing=check_missing(rules.failed),
        cost=rules.cost,
        seed=rules.seed,
    )
    sizes = {c.ref: c.parameters for c in found.contestants}
    done = Evaluation(
        task=task,
        metric=METRIC,
        n=decision.n or 0,
        margin=rules.margin,
        confidence=rules.confidence,
        models=tuple(
            replace(x, parameters=sizes[x.ref], cost=price[x.ref]) for x in decision.models
        ),
        decision=replace(decision, models=(), n=None),
        data_sha256=found.examples.sha256,
        data_name=found.examples.name,
        seed=rules.seed,
        cost=rules.cost,
        failed=rules.failed,
    )
    return _by_part(done, found, rules)


def _by_part(done: Evaluation, found: Predictions, rules: Rules) -> Evaluation:
    """With the scores of parts of the examples, and classical tests where they are wanted."""
    refs = tuple(x.ref for x in done.models)
    table = score_table(refs, found.scores or {}, check_missing(rules.failed), None)
    examples = found.examples.only(table.kept.tolist())
    given = Metric(METRIC, "text", _nothing_to_count, mean, table.bounds)
    tables = [np.column_stack([column, np.ones(len(column))]) for column in table.values.T]
    labels = examples.labels or ("",) * len(examples.inputs)
    parts = slices(
        given, refs, tables, examples.inputs, labels, examples.extra, None, rules.margin, rules.seed
    )
    decision = done.decision
    if decision.choice is not None:
        decision = with_caveats(decision, weak_parts(parts, decision.choice))
    tests = classical(given, refs, tables, None, rules.seed) if rules.tests else None
    return replace(done, decision=decision, slices=parts, classical=tests)


def _nothing_to_count(outputs: Outputs, labels: Sequence[str], names: Sequence[str]) -> Floats:
    """Scores are given: there is nothing to judge."""
    del outputs, names
    return np.zeros((len(labels), 2))


def has_scores(found: Predictions) -> bool:
    """Whether the file brings at least one score."""
    scores = found.scores or {}
    return any(not math.isnan(x) for column in scores.values() for x in column)
