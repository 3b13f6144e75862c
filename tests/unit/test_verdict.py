# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from selector.decide.calculator import role
from selector.decide.codec import (
    contestant_from_json,
    contestant_to_json,
    evaluation_from_json,
    measurement_from_json,
    measurement_to_json,
)
from selector.decide.data import Examples
from selector.decide.rules import Rules
from selector.decide.verdict import evaluate
from selector.decide.verdict_facts import Evaluation
from selector.errors import (
    BadSetting,
    Cancelled,
    DataColumns,
    DataUnreadable,
    ProtocolProblem,
    UnknownMetric,
)
from selector.tasks.outputs import Labels, Output, ScoredLabel, Similarity, Text, Vector
from selector.trial.measurement import Contestant, Measurement, Timing

TASK = "text-classification"
NAMES = ("card", "refund", "other")


def examples_of(labels: Sequence[str], inputs: Sequence[str] | None = None) -> Examples:
    texts = inputs or [f"text {i}" for i in range(len(labels))]
    columns = ("text", "label")
    return Examples("a.csv", "0" * 64, tuple(texts), tuple(labels), columns, "text", "label")


def contestant(name: str, millions: int | None) -> Contestant:
    parameters = None if millions is None else millions * 10**6
    ref = f"org/{name}@abc#torch-fp32"
    size = 0 if parameters is None else parameters * 4
    return Contestant(ref, f"org/{name}", "abc", "torch", "fp32", "", parameters, size)


def row(of: Contestant, outputs: Sequence[Output | None], **facts: Any) -> Measurement:
    return Measurement(
        of.ref, of.engine, of.precision, tuple(outputs), parameters=of.parameters, **facts
    )


def says(names: Sequence[str]) -> list[Output | None]:
    return [Labels((ScoredLabel(name, 0.9), ScoredLabel("other", 0.1))) for name in names]


def noisy(truth: Sequence[str], accuracy: float, seed: int) -> list[Output | None]:
    rng = np.random.default_rng(seed)
    wrong = {"card": "refund", "refund": "other", "other": "card"}
    return says([x if rng.random() < accuracy else wrong[x] for x in truth])


def race(
    n: int, *accuracies: float, rules: Rules | None = None, **facts: Any
) -> tuple[Evaluation, list[Contestant]]:
    """Contestants of 10, 20, 40 … million parameters with the given accuracies."""
    truth = [NAMES[i % 3] for i in range(n)]
    entrants = [contestant(f"m{i}", 10 * 2**i) for i in range(len(accuracies))]
    rows = [
        row(c, noisy(truth, a, i), **facts)
        for i, (c, a) in enumerate(zip(entrants, accuracies, strict=True))
    ]
    return evaluate(TASK, examples_of(truth), entrants, rows, rules or Rules()), entrants


def codes(reasons: Sequence[Any]) -> list[str]:
    return [x.code for x in reasons]


def test_the_smallest_good_enough_wins_and_says_why() -> None:
    result, models = race(600, 0.5, 0.88, 0.92, rules=Rules(margin=0.1))
    decision = result.decision
    assert decision.status == "decided"
    assert decision.choice == models[1].ref
    assert decision.runner_up == models[2].ref
    assert decision.more_examples is None
    assert decision.supported_margin is not None
    assert decision.supported_margin <= 0.1
    assert codes(decision.reasons) == ["reason.smallest_good_enough", "reason.ruled_out"]
    assert [x.ref for x in result.models] == [x.ref for x in models]
    for score in result.models:
        assert score.interval is not None
        assert score.score is not None
        assert score.interval[0] <= score.score <= score.interval[1]
        assert score.difference is not None
        assert score.difference[0] <= score.difference[1] <= score.difference[2]
        assert set(score.other_metrics) == {"macro-f1"}
    assert evaluation_from_json(json.loads(json.dumps(result.to_json()))) == result


def test_smaller_by_how_much() -> None:
    truth = [NAMES[i % 3] for i in range(400)]
    small, big = contestant("small", 10), contestant("big", 40)
    answers = noisy(truth, 0.9, 0)
    better = [*says(truth[:40]), *answers[40:]]
    rows = [
        row(big, better, latency=Timing(0.4, 0.5, 9)),
        row(small, answers, latency=Timing(0.1, 0.2, 9)),
    ]
    result = evaluate(TASK, examples_of(truth), [big, small], rows, Rules())
    found = {x.code: x.facts for x in result.decision.reasons}
    assert result.decision.choice == small.ref
    assert found["reason.smallest_good_enough"]["times_smaller"] == pytest.approx(4)
    assert found["reason.faster"]["times"] == pytest.approx(4)
    by_latency = evaluate(TASK, examples_of(truth), [big, small], rows, Rules(cost="latency"))
    assert by_latency.models[0].ref == small.ref


def test_equal_models_give_the_smaller_one_in_any_order() -> None:
    truth = [NAMES[i % 3] for i in range(300)]
    models = [contestant("big", 50), contestant("small", 10), contestant("mid", 20)]
    rows = [row(c, noisy(truth, 0.8, 1)) for c in models]
    one = evaluate(TASK, examples_of(truth), models, rows, Rules())
    two = evaluate(TASK, examples_of(truth), models[::-1], rows, Rules())
    assert one == two
    assert one.decision.choice == models[1].ref
    assert "reason.same_answers" in codes(one.decision.reasons)
    assert one.disagreements == ()


def test_undecided_says_what_would_decide() -> None:
    result, models = race(40, 0.8, 0.85)
    decision = result.decision
    assert (decision.status, decision.choice) == ("undecided", None)
    assert decision.more_examples is not None
    assert decision.more_examples > 0
    first = decision.reasons[0]
    assert first.code == "reason.provisional"
    assert first.facts["ref"] in {x.ref for x in models}
    assert decision.supported_margin is None or decision.supported_margin > 0.05


def test_one_contestant() -> None:
    result, models = race(100, 0.9)
    assert result.decision.choice == models[0].ref
    assert result.decision.runner_up is None
    assert codes(result.decision.reasons) == ["reason.only_one"]
    assert "caveat.one_contestant" in codes(result.decision.caveats)


def test_failed_contestants_are_listed_and_left_out() -> None:
    truth = ["card"] * 30 + ["other"] * 30
    models = [
        contestant("bad", 1),
        contestant("gone", 2),
        contestant("silent", 3),
        contestant("ok", 4),
    ]
    error = {"code": "engine.memory", "facts": {}}
    rows = [
        row(models[0], says(truth), error=error),
        row(models[2], [None] * 60),
        row(models[3], [*says(truth[:-1]), None]),
    ]
    result = evaluate(TASK, examples_of(truth), models, rows, Rules())
    assert [x.ref for x in result.models] == [x.ref for x in models]
    assert [x.score is None for x in result.models] == [True, True, True, False]
    assert result.models[0].error == error
    assert result.decision.choice == models[3].ref
    found = codes(result.decision.caveats)
    assert found.count("caveat.failed_contestant") == 3
    assert "caveat.missing_outputs" in found
    nothing = evaluate(TASK, examples_of(truth), models[:1], rows[:1], Rules())
    assert nothing.decision.choice is None
    assert "caveat.all_failed" in codes(nothing.decision.caveats)
    assert evaluation_from_json(nothing.to_json()) == nothing


def test_caveats() -> None:
    truth = ["card"] * 18 + ["refund"] * 2
    inputs = ["same"] * 2 + [f"t{i}" for i in range(18)]
    models = [contestant("a", 1), contestant("b", None)]
    rows = [
        row(models[0], says(["refund"] * 20), shared=True),
        row(models[1], says(["LABEL_1"] * 20), labels=("LABEL_0", "LABEL_1")),
    ]
    found = {
        x.code: x.facts
        for x in evaluate(TASK, examples_of(truth, inputs), models, rows, Rules()).decision.caveats
    }
    assert set(found) == {
        "caveat.few_examples",
        "caveat.duplicates",
        "caveat.shared_timing",
        "caveat.unknown_cost",
        "caveat.labels_do_not_match",
        "caveat.all_bad",
        "warning.imbalance",
        "caveat.labels_suggested",
    }
    assert found["caveat.labels_do_not_match"]["generic"] is True
    assert found["caveat.labels_do_not_match"]["share"] == 1
    assert found["caveat.all_bad"]["baseline"] == pytest.approx(0.9)


def test_labels_are_brought_together_before_scoring() -> None:
    truth = ["Lost card", "Café"] * 20
    model = contestant("a", 1)
    result = evaluate(
        TASK, examples_of(truth), [model], [row(model, says(["lost_card", "cafe"] * 20))], Rules()
    )
    assert result.models[0].score == 1
    assert result.labels == ("Café", "Lost card")
    assert result.confusion[model.ref] == [[20, 0], [0, 20]]


def test_confusion_and_disagreements() -> None:
    truth = ["card", "refund", "other"] * 10
    a, b = contestant("a", 1), contestant("b", 2)
    said = list(truth)
    said[4], said[7] = "strange", "card"
    result = evaluate(
        TASK, examples_of(truth), [a, b], [row(a, says(truth)), row(b, says(said))], Rules()
    )
    assert result.disagreements == (4, 7)
    assert result.labels == ("card", "other", "refund", "…")
    matrix = result.confusion[b.ref]
    assert sum(map(sum, matrix)) == 30
    assert matrix[2] == [1, 0, 8, 1]
    many = [f"l{i}" for i in range(150)]
    wide = evaluate(TASK, examples_of(many), [a], [row(a, says(many))], Rules())
    assert len(wide.labels) == len(wide.confusion[a.ref]) == 100


@pytest.mark.parametrize(
    ("task", "outputs", "labels", "metric"),
    [
        (
            "sentence-similarity",
            [Similarity(i / 40) for i in range(40)],
            [str(i) for i in range(40)],
            "spearman",
        ),
        (
            "feature-extraction",
            [Vector((1.0, i % 2)) for i in range(40)],
            ["a", "b"] * 20,
            "neighbour-accuracy",
        ),
        (
            "text-generation",
            [Text(f"answer {i}", 2) for i in range(40)],
            [f"Answer {i}" for i in range(40)],
            "token-f1",
        ),
    ],
)
def test_every_kind_of_output(
    task: str, outputs: list[Output], labels: list[str], metric: str
) -> None:
    a, b = contestant("a", 1), contestant("b", 2)
    rows = [row(a, outputs[::-1]), row(b, outputs)]
    result = evaluate(task, examples_of(labels), [a, b], rows, Rules())
    assert result.metric == metric
    assert result.models[1].score == pytest.approx(1)
    assert result.confusion == {}
    assert evaluation_from_json(json.loads(json.dumps(result.to_json()))) == result


@pytest.mark.parametrize(
    "rules",
    [
        Rules(margin=0),
        Rules(margin=1),
        Rules(margin=float("nan")),
        Rules(confidence=0.5),
        Rules(confidence=1),
        Rules(cost="beauty"),
    ],
)
def test_rules_out_of_range(rules: Rules) -> None:
    with pytest.raises(BadSetting):
        race(30, 0.9, rules=rules)


def test_requests_that_make_no_sense() -> None:
    model = contestant("a", 1)
    ok = row(model, says(["card"] * 3))
    with pytest.raises(DataColumns):
        evaluate(TASK, replace(examples_of(["card"] * 3), labels=None), [model], [ok], Rules())
    with pytest.raises(UnknownMetric):
        evaluate(TASK, examples_of(["card"] * 3), [model], [ok], Rules(metric="chrf"))
    with pytest.raises(BadSetting):
        evaluate(TASK, examples_of(["card"] * 2), [model], [ok], Rules())
    with pytest.raises(BadSetting):
        evaluate(TASK, examples_of(["card"] * 3), [model, model], [ok], Rules())


def test_contestants_and_measurements_survive_json() -> None:
    model = replace(contestant("a", 1), files=(("a/b.json", "0" * 64, 3),), licence="mit")
    assert contestant_from_json(json.loads(json.dumps(contestant_to_json(model)))) == model
    measured = row(
        model,
        [*says(["card"]), None],
        latency=Timing(1.0, 2.0, 3),
        throughput=4.0,
        shared=True,
        labels=("a",),
        versions={"torch": "2"},
    )
    assert measurement_from_json(json.loads(json.dumps(measurement_to_json(measured)))) == measured
    assert measurement_from_json(measured.to_json()).latency == measured.latency


class TestCalculator:
    def handle(self, op: str, args: dict[str, Any]) -> dict[str, Any]:
        return role().handle(op, args, lambda _: None, lambda: False)

    def arguments(self, folder: Path) -> dict[str, Any]:
        data = folder / "a.csv"
        data.write_text("text,label\n" + "".join(f"t{i},{NAMES[i % 3]}\n" for i in range(60)))
        model = contestant("a", 1)
        measured = row(model, says([NAMES[i % 3] for i in range(60)]))
        return {
            "task": TASK,
            "rules": {"metric": None, "margin": 0.1, "cost": "memory"},
            "data": {"path": str(data)},
            "contestants": [contestant_to_json(model)],
            "measurements": [measurement_to_json(measured)],
        }

    def test_evaluates_from_a_message_or_a_file(self, tmp_path: Path) -> None:
        args = self.arguments(tmp_path)
        result = evaluation_from_json(self.handle("evaluate", args))
        assert result.models[0].score == 1
        rows = tmp_path / "rows.json"
        rows.write_text(json.dumps({k: args.pop(k) for k in ("contestants", "measurements")}))
        assert evaluation_from_json(self.handle("evaluate", args | {"rows": str(rows)})) == result

    def test_decides_from_predictions(self, tmp_path: Path) -> None:
        path = tmp_path / "p.csv"
        lines = [f"{i},{NAMES[i % 3]},{NAMES[i % 3]},{NAMES[(i + i % 2) % 3]}" for i in range(90)]
        path.write_text("id,label,good,bad\n" + "\n".join(lines))
        args = {"data": {"path": str(path)}, "sizes": {"good": 20, "bad": 10}}
        result = evaluation_from_json(self.handle("predictions", args))
        assert result.decision.choice == "good"
        assert [x.ref for x in result.models] == ["bad", "good"]

    def test_refuses_what_it_cannot_do(self, tmp_path: Path) -> None:
        args = self.arguments(tmp_path)
        with pytest.raises(ProtocolProblem):
            self.handle("dance", args)
        with pytest.raises(ProtocolProblem):
            self.handle("evaluate", {"task": TASK})
        with pytest.raises(BadSetting):
            self.handle("evaluate", args | {"rules": {"margin": "wide"}})
        with pytest.raises(DataUnreadable):
            self.handle("evaluate", args | {"data": args["data"] | {"sha256": "0" * 64}})
        with pytest.raises(Cancelled):
            role().handle("evaluate", args, lambda _: None, lambda: True)
