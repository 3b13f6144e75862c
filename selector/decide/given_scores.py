# SPDX-License-Identifier: Apache-2.0
"""An evaluation of scores that were given elsewhere, and predictions without their holes."""

from __future__ import annotations

import math
from dataclasses import replace

from selector.decide.axes import costs
from selector.decide.predictions import Predictions
from selector.decide.rules import Rules
from selector.decide.scores import Missing
from selector.decide.verdict import decide
from selector.decide.verdict_facts import Decision, Evaluation
from selector.errors import DataEmpty
from selector.hub.candidate import Reason

METRIC = "score"
"""The id of the metric that a file brings itself."""


def evaluate_scores(task: str, found: Predictions, rules: Rules, missing: Missing) -> Evaluation:
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
        missing=missing,
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
        models=tuple(replace(x, parameters=sizes[x.ref]) for x in decision.models),
        decision=replace(decision, models=(), n=None),
        data_sha256=found.examples.sha256,
        data_name=found.examples.name,
        seed=rules.seed,
    )


def without_holes(found: Predictions) -> tuple[Predictions, list[Reason]]:
    """Leave out, for every model, the examples that one of them did not answer.

    Raises:
        DataEmpty: none is left.
    """
    n = len(found.examples.inputs)
    whole = [i for i in range(n) if all(m.outputs[i] is not None for m in found.measurements)]
    if not whole:
        raise DataEmpty(name=found.examples.name)
    if len(whole) == n:
        return found, []
    examples = found.examples.only(whole)
    rows = tuple(replace(m, outputs=tuple(m.outputs[i] for i in whole)) for m in found.measurements)
    told = Reason("caveat.excluded_examples", {"count": n - len(whole), "n": n})
    return replace(found, examples=examples, measurements=rows), [told]


def has_scores(found: Predictions) -> bool:
    """Whether the file brings at least one score."""
    scores = found.scores or {}
    return any(not math.isnan(x) for column in scores.values() for x in column)
