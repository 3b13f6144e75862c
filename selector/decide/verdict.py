# SPDX-License-Identifier: Apache-2.0
"""The verdict: the smallest contestant that is good enough, or "undecided" and what would decide.

A contestant is good enough when P(score >= best - margin) reaches the confidence, and ruled out when
that probability falls to 1 - confidence. The verdict is decided when the cheapest contestant that is
not ruled out is good enough. Pure.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from selector import registry
from selector.decide import metrics as metric_room
from selector.decide.data import Examples
from selector.decide.labels import fold_label, shared_share
from selector.decide.metrics import Array, predicted
from selector.decide.statistics import good_enough, interval, point, posterior
from selector.decide.verdict_facts import Decision, Evaluation, Score
from selector.errors import BadSetting, DataColumns, UnknownMetric
from selector.hub.candidate import Reason
from selector.trial.measurement import Contestant, Measurement

POWER = 1.96 + 0.84
"""Standard errors between an estimate and its threshold for 80 % power at 95 %."""
MOST_MORE = 100_000
FEW = 50
MAX_CONFUSION = 100
COSTS = ("parameters", "memory", "latency", "download")


@dataclass(frozen=True, slots=True)
class Rules:
    """What the user asks for: margin and confidence as shares, the axis that "small" means."""

    metric: str | None = None
    margin: float = 0.05
    confidence: float = 0.975
    cost: str = "parameters"
    seed: int = 0

    def check(self) -> None:
        """Raises BadSetting."""
        if not 0 < self.margin < 1:
            raise BadSetting(setting="margin", value=self.margin, allowed="0.001 … 0.999")
        if not 0.5 < self.confidence < 1:
            raise BadSetting(setting="confidence", value=self.confidence, allowed="0.501 … 0.999")
        if self.cost not in COSTS:
            raise BadSetting(setting="cost", value=self.cost, allowed=", ".join(COSTS))


def _cost(row: Measurement, contestant: Contestant, axis: str) -> float:
    value = {
        "parameters": row.parameters or contestant.parameters,
        "memory": row.memory_peak_bytes,
        "latency": None if row.latency is None else row.latency.median,
        "download": contestant.download_bytes,
    }[axis]
    return math.inf if value is None else float(value)


def choose(scores: Array, margin: float, confidence: float) -> tuple[int, bool]:
    """Cheapest contestant not ruled out, and whether it is certified.

    ``scores``: posterior (draws, contestants), columns cheapest first.
    """
    chances = good_enough(scores, margin)
    for index, chance in enumerate(chances):
        if chance > 1 - confidence:
            return index, bool(chance >= confidence)
    return int(np.argmax(chances)), False


def more_examples(scores: Array, index: int, margin: float, n: int) -> int | None:
    """How many more examples would probably settle whether ``index`` is good enough.

    From the posterior of its gap to the best: the standard error shrinks with the root of n.
    """
    gap = scores[:, index] - scores.max(axis=1) + margin
    distance, error = abs(float(gap.mean())), float(gap.std())
    if distance <= 0 or error <= 0:
        return None
    needed = n * (POWER * error / distance) ** 2
    more = math.ceil(needed - n)
    return max(more, 10) if more < MOST_MORE else None


def supported_margin(scores: Array, confidence: float) -> float | None:
    """The smallest margin, in half points up to 20, that these examples decide."""
    for step in range(1, 41):
        if choose(scores, step / 200, confidence)[1]:
            return step / 200
    return None


def _confusion(
    outputs: Sequence[object], labels: Sequence[str], names: Sequence[str]
) -> list[list[int]]:
    place = {name: i for i, name in enumerate(names)}
    table = [[0] * (len(names) + 1) for _ in names]
    for output, label in zip(outputs, labels, strict=True):
        column = place.get(predicted(output), len(names))  # type: ignore[arg-type]
        table[place[fold_label(label)]][column] += 1
    return table


def evaluate(
    task_id: str,
    examples: Examples,
    contestants: Sequence[Contestant],
    measurements: Sequence[Measurement],
    rules: Rules,
) -> Evaluation:
    """Score all contestants on ``examples`` and decide.

    Raises BadSetting, UnknownTask, UnknownMetric, DataColumns (no labels).
    """
    rules.check()
    task = registry.task(task_id)
    metric_id = rules.metric or task.metrics[0]
    if metric_id not in task.metrics:
        raise UnknownMetric(metric=metric_id, known=list(task.metrics))
    if examples.labels is None:
        raise DataColumns(name=examples.name, wanted="label", columns=list(examples.columns))
    labels = examples.labels
    pairs = sorted(
        zip(contestants, measurements, strict=True),
        key=lambda pair: _cost(pair[1], pair[0], rules.cost),
    )
    running = [pair for pair in pairs if pair[1].error is None]
    failed = [pair for pair in pairs if pair[1].error is not None]
    posteriors: dict[str, Array] = {}
    points: dict[str, list[float]] = {}
    for name in (metric_id, *(m for m in task.metrics if m != metric_id)) if running else ():
        metric = metric_room.metric(name)
        tables = [metric.statistics(row.outputs, labels) for _, row in running]
        posteriors[name] = posterior(tables, metric.score, rules.seed)
        points[name] = [point(table, metric.score) for table in tables]
    scored = [
        _score(i, pair, metric_id, posteriors, points, rules.margin)
        for i, pair in enumerate(running)
    ]
    scored += [_failed(pair) for pair in failed]
    decision = _decide(scored, posteriors.get(metric_id), examples, running, failed, rules)
    answers = [[predicted(output) for output in row.outputs] for _, row in running]
    contested = sorted(
        (i for i in range(len(labels)) if len({column[i] for column in answers}) > 1),
        key=lambda i: -len({column[i] for column in answers}),
    )
    names = sorted({fold_label(y) for y in labels})
    with_confusion = task.output_kind == "labels" and len(names) <= MAX_CONFUSION
    return Evaluation(
        task=task_id,
        metric=metric_id,
        n=len(labels),
        margin=rules.margin,
        confidence=rules.confidence,
        models=tuple(scored),
        decision=decision,
        data_sha256=examples.sha256,
        data_name=examples.name,
        seed=rules.seed,
        disagreements=tuple(contested[:500]),
        confusion={row.ref: _confusion(row.outputs, labels, names) for _, row in running}
        if with_confusion
        else {},
        labels=tuple(names) if with_confusion else (),
    )


def _score(
    index: int,
    pair: tuple[Contestant, Measurement],
    metric_id: str,
    posteriors: dict[str, Array],
    points: dict[str, list[float]],
    margin: float,
) -> Score:
    contestant, row = pair
    draws = posteriors[metric_id]
    mine = points[metric_id][index]
    expected = mine - max(points[metric_id])
    low, high = interval(draws[:, index] - _rivals(draws, index), expected)
    others = {}
    for name, table in posteriors.items():
        if name != metric_id:
            value = points[name][index]
            bounds = interval(table[:, index], value)
            others[name] = (bounds[0], value, bounds[1])
    return Score(
        ref=row.ref,
        score=mine,
        interval=interval(draws[:, index], mine),
        difference=(low, expected, high),
        good_enough=float(good_enough(draws, margin)[index]),
        parameters=row.parameters,
        latency_s=None if row.latency is None else row.latency.median,
        memory_peak_bytes=row.memory_peak_bytes,
        download_bytes=contestant.download_bytes,
        other_metrics=others,
    )


def _rivals(draws: Array, index: int) -> Array:
    """The contestant that is best at the mean, so that a difference has one clear meaning."""
    best = int(draws.mean(axis=0).argmax())
    if best == index and draws.shape[1] > 1:
        return draws[:, index]
    return draws[:, best]


def _failed(pair: tuple[Contestant, Measurement]) -> Score:
    contestant, row = pair
    return Score(
        ref=row.ref,
        score=None,
        interval=None,
        difference=None,
        good_enough=None,
        parameters=contestant.parameters,
        latency_s=None,
        memory_peak_bytes=row.memory_peak_bytes,
        download_bytes=contestant.download_bytes,
        error=row.error,
    )


def _decide(
    scored: Sequence[Score],
    draws: Array | None,
    examples: Examples,
    running: Sequence[tuple[Contestant, Measurement]],
    failed: Sequence[tuple[Contestant, Measurement]],
    rules: Rules,
) -> Decision:
    caveats = [
        Reason("caveat.failed", {"ref": row.ref, "code": (row.error or {}).get("code")})
        for _, row in failed
    ]
    if draws is None:
        return Decision(None, "undecided", (Reason("reason.nothing_ran"),), tuple(caveats), None)
    labels = examples.labels or ()
    n = len(labels)
    index, certain = choose(draws, rules.margin, rules.confidence)
    chosen = scored[index]
    best = max((s for s in scored if s.score is not None), key=lambda s: s.score or 0.0)
    facts = {
        "ref": chosen.ref,
        "best": best.ref,
        "score": chosen.score,
        "best_score": best.score,
        "probability": chosen.good_enough,
        "margin": rules.margin,
        "low": chosen.difference[0] if chosen.difference else None,
        "high": chosen.difference[2] if chosen.difference else None,
        "times": (best.parameters or 0) / chosen.parameters if chosen.parameters else None,
    }
    reasons = []
    if not certain:
        reasons.append(Reason("reason.undecided", facts))
    elif chosen.ref == best.ref:
        reasons.append(Reason("reason.best_and_smallest" if index == 0 else "reason.best", facts))
    else:
        reasons.append(Reason("reason.smallest_good_enough", facts))
    for smaller in scored[:index]:
        reasons.append(
            Reason(
                "reason.ruled_out",
                {"ref": smaller.ref, "score": smaller.score, "p": smaller.good_enough},
            )
        )
    caveats += _caveats(examples, running, best, n)
    certified = [
        s for i, s in enumerate(scored[: len(running)]) if i != index and (s.good_enough or 0) > 0.5
    ]
    margin = supported_margin(draws, rules.confidence)
    return Decision(
        choice=chosen.ref if certain else None,
        status="decided" if certain else "undecided",
        reasons=tuple(reasons),
        caveats=tuple(caveats),
        more_examples=None if certain else more_examples(draws, index, rules.margin, n),
        runner_up=certified[0].ref if certified else None,
        supported_margin=margin,
    )


def _caveats(
    examples: Examples, running: Sequence[tuple[Contestant, Measurement]], best: Score, n: int
) -> list[Reason]:
    labels = examples.labels or ()
    found = []
    if len(running) == 1:
        found.append(Reason("caveat.one_contestant"))
    if n < FEW:
        found.append(Reason("caveat.few_examples", {"n": n}))
    for _, row in running:
        if row.labels and (share := shared_share(row.labels, labels)) < 1:
            found.append(Reason("caveat.labels_do_not_match", {"ref": row.ref, "share": share}))
    folded = Counter(fold_label(y) for y in labels)
    majority = folded.most_common(1)[0][1] / n if n else 0.0
    is_class = running[0][1].labels != ()
    if is_class and best.score is not None and best.score <= majority:
        found.append(
            Reason("caveat.no_better_than_guessing", {"score": best.score, "majority": majority})
        )
    found += [Reason(f"caveat.{w.code.partition('.')[2]}", w.facts) for w in examples.warnings
              if w.code in {"warning.duplicates", "warning.conflicts"}]  # fmt: skip
    return found
