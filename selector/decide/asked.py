# SPDX-License-Identifier: Apache-2.0
"""What sessions of labels and votes share: who takes part with which answers, and the evaluation.

No numpy: the desk builds the evaluation from the state that the calculator gave.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from selector.decide.axes import costs
from selector.decide.codec import (
    contestant_from_json,
    decision_from_json,
    measurement_from_json,
    score_from_json,
)
from selector.decide.data import Examples
from selector.decide.rules import Rules
from selector.decide.verdict_facts import Basis, Evaluation, Score
from selector.errors import DataEmpty
from selector.hub.candidate import Reason
from selector.tasks.outputs import Labels, Output, Passage, Text
from selector.trial.measurement import Contestant, Measurement

METRICS: Mapping[Basis, str] = {"labels": "accuracy", "votes": "win_rate"}
"""What the scores are: shares of right answers, or mean chances to be preferred."""


@dataclass(frozen=True, slots=True)
class Field:
    """Contestants that answered, and a word about those that did not."""

    answers: Mapping[str, Sequence[Hashable | None]]
    """By reference, what each said about each input: a label or a text; None for nothing."""
    costs: Mapping[str, float | None]
    failed: tuple[Reason, ...]


def field_of(content: Mapping[str, Any], cost: str) -> Field:
    """Who can be asked about, from JSON with ``contestants`` and ``measurements``.

    Raises DataEmpty when no contestant gave an answer that can be judged.
    """
    rows = {x.ref: x for x in map(measurement_from_json, content["measurements"])}
    answers: dict[str, Sequence[Hashable | None]] = {}
    price: dict[str, float | None] = {}
    failed = []
    for contestant in map(contestant_from_json, content["contestants"]):
        row = rows[contestant.ref]
        said = [answer_of(x) for x in row.outputs]
        if row.error is not None or all(x is None for x in said):
            code = (row.error or {}).get("code", "engine.run_failed")
            facts = {"ref": contestant.ref, "error": code}
            failed.append(Reason("caveat.failed_contestant", facts))
            continue
        answers[contestant.ref] = said
        price[contestant.ref] = costs(contestant, row)[cost]
    if not answers:
        raise DataEmpty(name="outputs")
    return Field(answers, price, tuple(failed))


def answer_of(output: Output | None) -> str | None:
    """What can be judged of an output: the first label, or the text with its spaces evened out."""
    match output:
        case Labels():
            return "; ".join(output.holding) or None
        case Text(text, _):
            return " ".join(text.split())
        case Passage():
            return " ".join(output.text.split())
        case _:
            return None


def evaluation_of(
    state: Mapping[str, Any],
    basis: Basis,
    task: str,
    rules: Rules,
    examples: Examples,
    contestants: Sequence[Contestant],
    measurements: Sequence[Measurement],
) -> Evaluation:
    """The evaluation that a session comes to, its basis named; failed contestants last."""
    rows = {row.ref: row for row in measurements}
    entered = {each.ref: each for each in contestants}
    judged = map(score_from_json, state["models"])
    scores = [
        with_costs(score, entered[score.ref], rows[score.ref], rules.cost) for score in judged
    ]
    known = {score.ref for score in scores}
    for ref in (each.ref for each in contestants if each.ref not in known):
        error = rows[ref].error or {"code": "engine.run_failed", "facts": {"reason": "no outputs"}}
        nothing = Score(ref, None, None, None, None, None, None, None, None, error=dict(error))
        scores.append(with_costs(nothing, entered[ref], rows[ref], rules.cost))
    return Evaluation(
        task=task,
        metric=METRICS[basis],
        n=int(state["done"]),
        margin=rules.margin,
        confidence=rules.confidence,
        models=tuple(scores),
        decision=decision_from_json(state["decision"]),
        data_sha256=examples.sha256,
        data_name=examples.name,
        seed=rules.seed,
        cost=rules.cost,
        basis=basis,
        inputs=len(examples.inputs),
    )


def with_costs(
    score: Score, contestant: Contestant, row: Measurement, cost: str = "parameters"
) -> Score:
    """The score with what its contestant costs; ``cost`` is the axis that counts."""
    return replace(
        score,
        parameters=row.parameters or contestant.parameters,
        latency_s=None if row.latency is None else row.latency.median,
        memory_peak_bytes=row.memory_peak_bytes,
        download_bytes=contestant.download_bytes,
        cost=costs(contestant, row)[cost],
    )
