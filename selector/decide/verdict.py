# SPDX-License-Identifier: Apache-2.0
"""The verdict: the smallest contestant that is good enough, or "undecided" and what would decide.

A contestant is *good enough* when its score is at least the best one's minus the margin. The choice is
the smallest contestant with P(good enough) >= confidence, provided that every smaller one is ruled out
(P <= 1 - confidence, and at most 0.05). Pure.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from selector import registry
from selector.decide.against_llm import LlmFacts, against_llms
from selector.decide.anytime import strict_choice
from selector.decide.choice import (
    Choice,
    choose,
    more_examples,
    spread_of,
    supported_margin,
    too_few,
    unless_too_few,
)
from selector.decide.conclusion import Evidence, conclude, field
from selector.decide.contest import Entrant, caveats, enter, gives_several, kind_of
from selector.decide.data import Examples
from selector.decide.failed_items import only_answered
from selector.decide.insights import with_insights
from selector.decide.metrics import Metric, metric, queries_of
from selector.decide.rules import Rules
from selector.decide.scores import Missing, score_table
from selector.decide.side_views import all_bad, other_metrics
from selector.decide.statistics import (
    DRAWS,
    Posterior,
    deficits,
    interval,
    posterior,
    posterior_of_means,
)
from selector.decide.text_metrics import Floats
from selector.decide.verdict_facts import Decision, Evaluation, Score
from selector.decide.wording import reasons
from selector.errors import BadSetting, DataColumns
from selector.hub.candidate import Reason
from selector.trial.measurement import Contestant, Measurement


def decide(
    scores: Mapping[str, Sequence[float | None] | Floats],
    costs: Mapping[str, float | None],
    margin: float = 0.05,
    confidence: float = 0.95,
    *,
    missing: Missing = "wrong",
    clusters: Sequence[Hashable] | None = None,
    metric: Metric | None = None,
    bounds: tuple[float, float] | None = None,
    strict: bool = False,
    cost: str = "parameters",
    seed: int = 0,
    draws: int = DRAWS,
) -> Decision:
    """Which is the smallest model that is good enough, from scores alone?

    >>> decide({"small": [1, 0, 1, 1], "large": [1, 1, 1, 1]}, {"small": 1, "large": 7}).status
    'undecided'

    Args:
        scores: for each model its score on each example, all models on the same examples in the same
            order, shape (n,): 0/1 for wrong/right, or any number, higher is better. With ``metric``:
            its statistics, shape (n, k), for scores of a whole corpus.
        costs: for each model what it costs, in any unit, smaller is better; None: not known, last.
        margin: how far behind the best a model may be, in units of the scores: 0.05 is 5 points.
        confidence: P(score >= best - margin) that certifies a model, above 0.5 and below 1.
        missing: what None and NaN count as: ``wrong`` (the worst score) or ``exclude`` (the example
            is left out for every model). The decision's caveats say how many there were.
        clusters: for each example what it belongs to (a document, a customer); examples of one
            cluster are one observation.
        metric: how sums of statistics become a score; None: the mean.
        bounds: the worst and best score of an example; None: 0 and 1, or what was seen beyond them.
        strict: claim only what an anytime-valid test allows (see ``anytime``): examples in the order
            they came in, looked at as often as one likes. Without clusters and metrics only.
        cost: the name of the cost axis, for the reasons.
        seed: of the posterior's draws; equal seeds give equal decisions.
        draws: how many.

    Returns:
        A Decision: ``choice`` (a model, or None while undecided), ``status``, ``models`` (smallest
        first: score, 95 % interval, difference to the best, P(good enough)), ``more_examples`` that
        would probably decide, ``supported_margin`` that these examples can decide.

    Raises:
        BadSetting: an argument out of range, or models that differ in their number of examples.
        DataEmpty: no examples.
        DataUnreadable: a score is no number.
    """
    rules = Rules(None, margin, confidence, cost, seed)
    rules.check_odds()
    if strict and (clusters is not None or metric is not None):
        raise BadSetting(setting="strict", value="clusters, metric", allowed="plain scores")
    entered = field(tuple(scores), costs)
    if metric is not None:
        tables = [np.asarray(scores[name], dtype=np.float64) for name in entered.names]
        joint = posterior(metric, tables, _numbered(clusters), draws, seed)
        seen = Evidence(joint.scores, joint.compared, joint.levels, joint.n)
        return conclude(entered, seen, rules)
    table = score_table(entered.names, scores, missing, bounds)
    if clusters is not None:
        if len(clusters) != len(next(iter(scores.values()))):
            raise BadSetting(setting="clusters", value=len(clusters), allowed="one an example")
        clusters = [clusters[i] for i in table.kept]
    joint = posterior_of_means(table.values, table.bounds, _numbered(clusters), draws, seed)
    seen = Evidence(joint.scores, joint.compared, joint.levels, joint.n)
    span = table.bounds[1] - table.bounds[0]
    if strict:
        choice = strict_choice(table.values, span, margin, confidence)
    else:
        choice = choose(deficits(joint), margin, confidence)
        choice = unless_too_few(choice, joint.n, confidence)
    return conclude(entered, seen, rules, table.caveats, choice)


def _numbered(clusters: Sequence[Hashable] | None) -> list[int] | None:
    if clusters is None:
        return None
    numbers: dict[Hashable, int] = {}
    return [numbers.setdefault(x, len(numbers)) for x in clusters]


def evaluate(
    task_id: str,
    examples: Examples,
    contestants: Sequence[Contestant],
    measurements: Sequence[Measurement],
    rules: Rules,
    draws: int = DRAWS,
    llms: LlmFacts | None = None,
) -> Evaluation:
    """Score every contestant on the user's examples and decide.

    Args:
        task_id: the task; its first metric is the default where the task is known.
        examples: labelled; ``measurements[i].outputs[j]`` answers ``examples.inputs[j]``.
        contestants: in any order.
        measurements: one for each contestant by reference, failed ones included, in any order.
        rules: metric, margin, confidence, cost axis, seed, what a missing answer counts as.
        draws: of the posterior.
        llms: which contestants are LLMs, and what things cost.

    Raises:
        BadSetting: a rule out of range, or answers to other examples.
        NothingAnswered: missing answers are to be left out, and no example is left.
        DataColumns: the examples have no labels.
        DataUnreadable: the metric needs numbers and a label is none.
        UnknownMetric: no such metric for these outputs.
    """
    rules.check()
    if examples.labels is None:
        raise DataColumns(name=examples.name, columns=list(examples.columns), wanted="label")
    n = len(examples.inputs)
    kept: Sequence[int] = range(n)
    if rules.failed == "exclude":
        examples, measurements, kept = only_answered(examples, measurements)
    facts = llms or LlmFacts()
    entrants = enter(contestants, measurements, examples, rules, facts.prices)
    alive = [entrant for entrant in entrants if entrant.error is None]
    chosen = _metric(task_id, rules.metric, alive)
    warned = caveats(entrants, examples, rules.cost)
    if len(kept) < n:
        warned.append(Reason("caveat.excluded_examples", {"count": n - len(kept), "n": n}))
    if rules.label_map:
        shown = [f"{theirs} → {mine}" for theirs, mine in rules.label_map[:10]]
        warned.append(Reason("caveat.labels_mapped", {"shown": shown}))
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
        cost=rules.cost,
        failed=rules.failed,
        label_map=rules.label_map,
    )
    if not alive:
        return base
    done = _judge(base, chosen, examples, alive, warned, rules, draws, facts)
    # Numbers of examples are those in the file.
    return replace(done, disagreements=tuple(kept[i] for i in done.disagreements))


def _metric(task_id: str, metric_id: str | None, alive: Sequence[Entrant]) -> Metric:
    kind = kind_of(alive)
    task = registry.tasks().get(task_id)
    if metric_id is None and kind == "labels" and any(map(gives_several, alive)):
        metric_id = "several-f1"
    elif metric_id is None and task is not None and kind in {None, task.output_kind}:
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
    llms: LlmFacts,
) -> Evaluation:
    labels = examples.labels or ()
    names = tuple(sorted(set(labels)))
    clusters = clusters_of(chosen, examples.inputs)
    tables = [chosen.table(x.answers, labels, names, examples.inputs) for x in alive]
    joint = posterior(chosen, tables, clusters, draws, rules.seed)
    behind = deficits(joint)
    choice = choose(behind, rules.margin, rules.confidence)
    choice = unless_too_few(choice, joint.n, rules.confidence)
    best = int(np.argmax(joint.scores))
    warned += all_bad(chosen, labels, names, joint, best)
    others = other_metrics(
        chosen, alive, labels, names, examples.inputs, clusters, draws, rules.seed
    )
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
        supported_margin=None
        if len(alive) > 1 and too_few(joint.n, rules.confidence)
        else supported_margin(behind, rules.margin, rules.confidence, choice),
    )
    done = replace(
        base,
        models=tuple(scores.get(failed.ref, failed) for failed in base.models),
        decision=decision,
        need_llm=against_llms(llms, alive, scores, joint, choice, rules),
    )
    return with_insights(done, chosen, alive, examples, tables, clusters, rules)


def _nothing(warned: Sequence[Reason]) -> Decision:
    caveat = Reason("caveat.all_failed")
    return Decision(None, "undecided", (), (caveat, *warned), more_examples=None)


def clusters_of(metric: Metric, inputs: Sequence[str]) -> list[int] | None:
    """Repeated inputs are one observation, and so is a query with its texts; None when there are none."""
    units = inputs if metric.by_query is None else queries_of(inputs)
    return None if len(set(units)) == len(units) else _numbered(units)


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
        cost=entrant.cost,
    )


def _runner_up(alive: Sequence[Entrant], choice: Choice) -> str | None:
    """The other contestant most probably good enough; the smaller one on a tie."""
    rest = [i for i in range(len(alive)) if i != choice.position]
    if not rest:
        return None
    return alive[max(rest, key=lambda i: (choice.probabilities[i], -i))].ref
