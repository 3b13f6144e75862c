# SPDX-License-Identifier: Apache-2.0
"""The verdict: the smallest contestant that is good enough, or "undecided" and what would decide.

A contestant is *good enough* when its score is at least the best one's minus the margin. The choice is
the smallest contestant with P(good enough) >= confidence, provided that every smaller one is ruled out
(P <= 1 - confidence, and at most 0.05). Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from selector import registry
from selector.decide.choice import Choice, choose, more_examples, spread_of, supported_margin
from selector.decide.contest import Entrant, caveats, enter, kind_of
from selector.decide.contested import confusion, confusion_labels, disagreements
from selector.decide.data import Examples
from selector.decide.metrics import Metric, metric
from selector.decide.rules import Rules
from selector.decide.side_views import all_bad, other_metrics
from selector.decide.statistics import DRAWS, Posterior, deficits, interval, posterior
from selector.decide.verdict_facts import Decision, Evaluation, Score
from selector.decide.wording import reasons
from selector.errors import DataColumns
from selector.hub.candidate import Reason
from selector.trial.measurement import Contestant, Measurement


def evaluate(
    task_id: str,
    examples: Examples,
    contestants: Sequence[Contestant],
    measurements: Sequence[Measurement],
    rules: Rules,
    draws: int = DRAWS,
) -> Evaluation:
    """Score every contestant on the user's examples and decide.

    Args:
        task_id: the task; its first metric is the default where the task is known.
        examples: labelled; ``measurements[i].outputs[j]`` answers ``examples.inputs[j]``.
        contestants: in any order.
        measurements: one for each contestant by reference, failed ones included, in any order.
        rules: metric, margin, confidence, cost axis, seed.
        draws: of the posterior.

    Raises:
        BadSetting: a rule out of range, or answers to other examples.
        DataColumns: the examples have no labels.
        DataUnreadable: the metric needs numbers and a label is none.
        UnknownMetric: no such metric for these outputs.
    """
    rules.check()
    if examples.labels is None:
        raise DataColumns(name=examples.name, columns=list(examples.columns), wanted="label")
    entrants = enter(contestants, measurements, examples, rules.cost)
    alive = [entrant for entrant in entrants if entrant.error is None]
    chosen = _metric(task_id, rules.metric, alive)
    warned = caveats(entrants, examples, rules.cost)
    base = Evaluation(
        task=task_id,
        metric=chosen.id,
        n=len(examples.inputs),
        margin=rules.margin,
        confidence=rules.confidence,
        models=tuple(_score(entrant) for entrant in entrants),
        decision=_nothing(warned),
        data_sha256=examples.sha256,
        data_name=examples.name,
        seed=rules.seed,
    )
    if not alive:
        return base
    return _judge(base, chosen, examples, alive, warned, rules, draws)


def _metric(task_id: str, metric_id: str | None, alive: Sequence[Entrant]) -> Metric:
    kind = kind_of(alive)
    task = registry.tasks().get(task_id)
    if metric_id is None and task is not None and kind in {None, task.output_kind}:
        metric_id = task.metrics[0]
    return metric(metric_id, kind, task_id)


def _judge(
    base: Evaluation,
    chosen: Metric,
    examples: Examples,
    alive: Sequence[Entrant],
    warned: list[Reason],
    rules: Rules,
    draws: int,
) -> Evaluation:
    labels = examples.labels or ()
    names = tuple(sorted(set(labels)))
    clusters = _clusters(examples.inputs)
    tables = [chosen.statistics(x.answers, labels, names) for x in alive]
    joint = posterior(chosen, tables, clusters, draws, rules.seed)
    behind = deficits(joint)
    choice = choose(behind, rules.margin, rules.confidence)
    best = int(np.argmax(joint.scores))
    warned += all_bad(chosen, labels, names, joint, best)
    others = other_metrics(chosen, alive, labels, names, clusters, draws, rules.seed)
    scores = {
        entrant.ref: _score(entrant, joint, choice, best, position, others[position])
        for position, entrant in enumerate(alive)
    }
    more = None
    if not choice.decided:
        open_models = choice.open or (choice.position,)
        more = more_examples(behind, rules.margin, rules.confidence, joint.n, open_models)
    decision = Decision(
        choice=alive[choice.position].ref if choice.decided else None,
        status="decided" if choice.decided else "undecided",
        reasons=tuple(reasons(alive, scores, choice, best, rules)),
        caveats=tuple(warned),
        more_examples=more,
        runner_up=_runner_up(alive, choice),
        supported_margin=supported_margin(behind, rules.margin, rules.confidence, choice),
    )
    answers = [x.answers for x in alive]
    shown = confusion_labels(labels, answers) if chosen.kind == "labels" else ()
    matrices = {x.ref: confusion(x.answers, labels, shown) for x in alive} if shown else {}
    return replace(
        base,
        models=tuple(scores.get(failed.ref, failed) for failed in base.models),
        decision=decision,
        disagreements=disagreements(chosen, answers, tables),
        confusion=matrices,
        labels=shown,
    )


def _nothing(warned: Sequence[Reason]) -> Decision:
    caveat = Reason("caveat.all_failed")
    return Decision(None, "undecided", (), (caveat, *warned), more_examples=None)


def _clusters(inputs: Sequence[str]) -> list[int] | None:
    """Repeated inputs are one observation; None when there are none."""
    numbers: dict[str, int] = {}
    found = [numbers.setdefault(text, len(numbers)) for text in inputs]
    return None if len(numbers) == len(inputs) else found


def _score(
    entrant: Entrant,
    joint: Posterior | None = None,
    choice: Choice | None = None,
    best: int = 0,
    position: int = 0,
    others: dict[str, tuple[float, float, float]] | None = None,
) -> Score:
    latency = entrant.measurement.latency
    value, bounds, difference, chance = None, None, None, None
    if joint is not None and choice is not None:
        value = float(joint.scores[position])
        bounds = interval(joint.levels[:, position], value)
        gap = value - float(joint.scores[best])
        low, high = interval(spread_of(joint.compared, position, best), gap)
        difference = (low, gap, high)
        chance = choice.probabilities[position]
    return Score(
        ref=entrant.ref,
        score=value,
        interval=bounds,
        difference=difference,
        good_enough=chance,
        parameters=entrant.measurement.parameters or entrant.contestant.parameters,
        latency_s=None if latency is None else latency.median,
        memory_peak_bytes=entrant.measurement.memory_peak_bytes,
        download_bytes=entrant.contestant.download_bytes,
        other_metrics=others or {},
        error=entrant.error,
    )


def _runner_up(alive: Sequence[Entrant], choice: Choice) -> str | None:
    """The other contestant most probably good enough; the smaller one on a tie."""
    rest = [i for i in range(len(alive)) if i != choice.position]
    if not rest:
        return None
    return alive[max(rest, key=lambda i: (choice.probabilities[i], -i))].ref
