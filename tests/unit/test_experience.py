# SPDX-License-Identifier: Apache-2.0
"""Real runs teach predictions: what counts, what is kept, and for which machine."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from selector import registry
from selector.fit.predict import predict_speed
from selector.fit.workload import Workload
from selector.machine.facts import Experience
from selector.store.database import Database
from selector.store.experience import recall_experience, remember_experience
from selector.tasks.outputs import Text
from selector.trial.experience import experience_of, workload_of
from selector.trial.measurement import Measurement, Timing
from tests.unit.test_fit import BERT, CLASSIFY, MACHINE, M, model

FACTS = model(BERT, 109 * M)
INPUTS = ["a sentence of about forty letters, as usual"] * 10


def row(**more: Any) -> Measurement:
    known = {"latency": Timing(0.05, 0.06, 10), "memory_peak_bytes": 780 * M}
    return Measurement("a/b", "torch", "fp32", (), **{**known, **more})


def learned(measured: Measurement, block: int = 1) -> dict[str, Experience]:
    found = experience_of(measured, FACTS, registry.task(CLASSIFY), MACHINE, INPUTS, block)
    return {each.quantity: each for each in found}


def test_a_run_that_took_twice_as_long_makes_the_next_prediction_slower() -> None:
    task = registry.task(CLASSIFY)
    before = predict_speed(FACTS, task, MACHINE, "fp32")
    assert before is not None
    slow = learned(row(latency=Timing(2 / before.expected, 1.0, 10)))["speed"]
    assert slow.family == "bert"
    assert math.exp(slow.mean_log) == pytest.approx(0.5, rel=0.4)
    after = predict_speed(FACTS, task, replace(MACHINE, experience=(slow,)), "fp32")
    assert after is not None
    assert after.expected < 0.9 * before.expected
    assert after.high / after.low < before.high / before.low


@pytest.mark.parametrize(
    "unfair",
    [{"shared": True}, {"latency": None}, {"latency": Timing(0.05, 0.05, 2)}],
)
def test_unfair_timings_teach_nothing_of_speed(unfair: dict[str, Any]) -> None:
    assert set(learned(row(**unfair))) == {"memory"}


@pytest.mark.parametrize("failed", [{"error": {"code": "x"}}, {"item_errors": {0: {"code": "x"}}}])
def test_what_failed_teaches_nothing(failed: dict[str, Any]) -> None:
    assert not learned(row(**failed))


def test_what_was_learned_is_not_learned_twice() -> None:
    once = learned(row())["speed"]
    used = replace(MACHINE, experience=(once,) * 1)
    again = experience_of(row(), FACTS, registry.task(CLASSIFY), used, INPUTS, 1)
    assert once in again


def test_the_size_of_the_work_is_read_from_inputs_and_answers() -> None:
    assert workload_of(INPUTS, [], 1).items == 1
    assert workload_of(INPUTS, [], 64).items == 10
    assert workload_of(INPUTS, [Text("x", 30), Text("y", 50)], 64) == Workload(1, 12, 40)
    assert workload_of([""], [], 1).tokens >= 1
    assert workload_of(["x" * 10**6], [], 64).tokens == 512


def test_runs_of_a_machine_are_kept_together_and_apart_from_another(tmp_path: Path) -> None:
    with Database(tmp_path / "x.db") as database:
        for value in (0.1, 0.3):
            remember_experience(database, Experience("speed", "torch", "bert", 1, value), "here")
        remember_experience(database, Experience("memory", "onnx", "bert", 1, 0.0), "there")
        (found,) = recall_experience(database, "here")
        assert (found.runs, found.mean_log) == (2, pytest.approx(0.2))
        assert [each.engine for each in recall_experience(database, "there")] == ["onnx"]


def test_old_runs_fade(tmp_path: Path) -> None:
    with Database(tmp_path / "x.db") as database:
        remember_experience(database, Experience("speed", "torch", "bert", 10_000, 1.0), "here")
        for _ in range(300):
            remember_experience(database, Experience("speed", "torch", "bert", 1, 0.0), "here")
        (found,) = recall_experience(database, "here")
        assert found.mean_log < 0.4
