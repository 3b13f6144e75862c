# SPDX-License-Identifier: Apache-2.0
"""A race over outputs of contestants: who runs what, the evaluation, failures, bad input."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from selector.decide.calculator import Calculator
from selector.decide.codec import contestant_to_json, evaluation_from_json, measurement_to_json
from selector.decide.data import Examples
from selector.decide.racing import Racing
from selector.decide.rules import Rules
from selector.errors import BadSetting, ProtocolProblem
from selector.tasks.outputs import Labels, Output, ScoredLabel, Text, to_json
from selector.trial.measurement import Contestant, Measurement, Timing

N = 600
TASK = "text-classification"
LABELS = ("close", "lost", "rate")
RATES = {"nano": 0.55, "small": 0.9, "base": 0.92, "weak": 0.4}
SIZES = {"nano": 10, "small": 100, "base": 1000, "weak": 5000}


def outputs(n: int = N) -> dict[str, tuple[Output, ...]]:
    rng = np.random.default_rng(1)
    hard = rng.random(n)
    found = {}
    for name, rate in RATES.items():
        wrong = 0.7 * hard + 0.3 * rng.random(n) > rate
        said = [LABELS[(i + bad) % 3] for i, bad in enumerate(wrong)]
        found[name] = tuple(Labels((ScoredLabel(x, 0.9),)) for x in said)
    return found


SAID = outputs()
CONTESTANTS = tuple(Contestant(x, x, "", "torch", "", "", SIZES[x], SIZES[x]) for x in RATES)
EXAMPLES = Examples(
    "mails.csv",
    "0" * 64,
    tuple(f"mail {i}" for i in range(N)),
    tuple(LABELS[i % 3] for i in range(N)),
    ("text", "label"),
    "text",
    "label",
)


def line_up(examples: Examples = EXAMPLES, **rules: object) -> Racing:
    return Racing(TASK, CONTESTANTS, examples, Rules(confidence=0.95, **rules))


def run(racing: Racing, most: int = 10_000, broken: str = "") -> dict[str, set[int]]:
    """Run what the race asks for; who ran what."""
    ran: dict[str, set[int]] = {x: set() for x in RATES}
    while todo := racing.state()["todo"]:
        for ref, indices in todo.items():
            if ref == broken:
                racing.fail(ref)
                continue
            racing.record(ref, {i: SAID[ref][i] for i in indices}, LABELS)
            ran[ref] |= set(indices)
            if sum(map(len, ran.values())) >= most:
                return ran
    return ran


def rows(ran: dict[str, set[int]], broken: str = "") -> list[Measurement]:
    return [
        Measurement(
            ref,
            "torch",
            "",
            tuple(SAID[ref][i] if i in done else None for i in range(N)),
            latency=Timing(0.01, 0.02, len(done)),
            error={"code": "worker.crashed", "facts": {}} if ref == broken else None,
        )
        for ref, done in ran.items()
    ]


def test_the_smallest_good_enough_one_is_known_long_before_everybody_ran_everything() -> None:
    racing = line_up()
    assert list(racing.state()["todo"]) == ["nano", "small", "base", "weak"]  # smallest first
    ran = run(racing)
    found = racing.finish(rows(ran))
    assert found.decision.choice == "small"
    assert found.race.evaluations == sum(map(len, ran.values())) < 0.5 * found.race.total
    assert found.race.total == 4 * N
    assert (found.n, found.inputs) == (len(ran["small"]), N)
    scores = {x.ref: x for x in found.models}
    assert scores["nano"].judged < scores["small"].judged
    assert scores["small"].latency_s == 0.01
    right = [said.labels[0].label == LABELS[i % 3] for i, said in enumerate(SAID["small"])]
    assert scores["small"].interval[0] < np.mean(right) < scores["small"].interval[1]
    assert {x.code for x in found.decision.reasons} >= {"reason.race", "reason.ruled_out"}
    assert set(found.confusion) <= {"small", "base"}
    assert all(SAID["small"][i] != SAID["base"][i] for i in found.disagreements)
    assert evaluation_from_json(json.loads(json.dumps(found.to_json()))) == found


def test_a_race_that_was_stopped_goes_on_to_the_same_end() -> None:
    whole = line_up()
    ran = run(whole)
    again = line_up()
    part = run(again, most=130)
    resumed = line_up()
    for ref in reversed(list(part)):
        resumed.record(ref, {i: SAID[ref][i] for i in sorted(part[ref])}, LABELS)
    assert resumed.state() == again.state()
    rest = run(resumed)
    assert {ref: part[ref] | rest[ref] for ref in ran} == ran
    assert resumed.finish(rows(ran)) == whole.finish(rows(ran))


def test_who_fails_is_out_and_the_others_race_on() -> None:
    racing = line_up()
    ran = run(racing, broken="small")
    found = racing.finish(rows(ran, broken="small"))
    assert found.decision.choice == "base"
    assert found.race.total == 3 * N
    failed = {x.ref: x for x in found.models}["small"]
    assert failed.error == {"code": "worker.crashed", "facts": {}}
    assert failed.score is None
    assert "caveat.failed_contestant" in {x.code for x in found.decision.caveats}


def test_when_all_fail_nothing_is_decided() -> None:
    racing = line_up()
    for name in RATES:
        racing.fail(name)
    assert racing.state()["todo"] == {}
    nothing = [
        replace(x, outputs=(), error={"code": "engine.memory", "facts": {}})
        for x in rows({n: set() for n in RATES})
    ]
    found = racing.finish(nothing)
    assert found.decision.choice is None
    assert "caveat.all_failed" in {x.code for x in found.decision.caveats}


def test_repeated_inputs_are_run_once() -> None:
    half = replace(EXAMPLES, inputs=tuple(f"mail {i % 300}" for i in range(N)))
    racing = line_up(half)
    ran = run(racing)
    assert max(max(x) for x in ran.values()) < 300
    assert racing.finish(rows(ran)).race.total == 4 * 300


def test_an_input_without_an_answer_counts_as_wrong_and_is_not_asked_for_again() -> None:
    racing = line_up()
    todo = racing.state()["todo"]["nano"]
    racing.record("nano", dict.fromkeys(todo), LABELS)
    assert "nano" not in racing.state()["todo"]


@pytest.mark.parametrize(
    ("rules", "setting"),
    [
        ({"metric": "macro-f1"}, "race, metric"),
        ({"cost": "latency"}, "race, cost"),
        ({"cost": "memory"}, "race, cost"),
        ({"failed": "exclude"}, "race, failed"),
        ({"margin": 0.0}, "margin"),
    ],
)
def test_what_cannot_be_raced_is_refused_by_name(rules: dict[str, object], setting: str) -> None:
    with pytest.raises(BadSetting) as told:
        line_up(**rules)
    assert told.value.facts["setting"] == setting
    with pytest.raises(BadSetting):
        line_up().record("nobody", {0: Text("x", 1)})


def test_the_calculator_holds_a_race(tmp_path: Path) -> None:
    data = tmp_path / "mails.csv"
    lines = [f"{x},{y}" for x, y in zip(EXAMPLES.inputs, EXAMPLES.labels, strict=True)]
    data.write_text("text,label\n" + "\n".join(lines) + "\n")
    file = tmp_path / "rows.json"
    role = Calculator()

    def call(op: str, content: object, **args: object) -> dict:
        file.write_text(json.dumps(content))
        return role.handle(op, {**args, "rows": str(file)}, lambda _: None, lambda: False)

    with pytest.raises(ProtocolProblem):
        call("race_fail", {}, ref="nano")
    start = {"contestants": [contestant_to_json(x) for x in CONTESTANTS]}
    rules = {"margin": 0.05, "confidence": 0.95}
    state = call("race_start", start, task=TASK, rules=rules, data={"path": str(data)})
    ran: dict[str, set[int]] = {x: set() for x in RATES}
    while state["todo"]:
        for ref, indices in state["todo"].items():
            given = [[i, to_json(SAID[ref][i])] for i in indices]
            state = call("race_record", {"outputs": given, "labels": list(LABELS)}, ref=ref)
            ran[ref] |= set(indices)
    done = call("race_end", {"measurements": [measurement_to_json(x) for x in rows(ran)]})
    assert done["decision"]["choice"] == "small"
    assert done["race"]["saved"] > 0.5


def test_labels_of_which_several_hold_are_no_race() -> None:
    racing = line_up()
    ref, indices = next(iter(racing.state()["todo"].items()))
    several = Labels((ScoredLabel("close", 0.9), ScoredLabel("lost", 0.8)), several=True)
    with pytest.raises(BadSetting):
        racing.record(ref, dict.fromkeys(indices, several), LABELS)
