# SPDX-License-Identifier: Apache-2.0
"""An evaluation of scores that were given elsewhere."""

from __future__ import annotations

import math
from dataclasses import replace

from selector.decide.axes import costs
from selector.decide.predictions import Predictions
from selector.decide.rules import Rules
from selector.decide.scores import check_missing
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
    return Evaluation(
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


def has_scores(found: Predictions) -> bool:
    """Whether the file brings at least one score."""
    scores = found.scores or {}
    return any(not math.isnan(x) for column in scores.values() for x in column)
