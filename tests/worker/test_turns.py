# SPDX-License-Identifier: Apache-2.0
"""Trials with workers that crash, hang and wait: the others go on, turns are fair."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from selector.errors import (
    BadSetting,
    Cancelled,
    DataColumns,
    DataEmpty,
    NotDownloaded,
    PetitError,
    UnknownTask,
)
from selector.trial.lock import lock_path, machine_turn
from selector.trial.measurement import Contestant, Measurement, Trial, TrialEvent
from selector.trial.plan import plan
from selector.trial.runner import run_trial
from selector.worker.client import WorkerClient
from tests.worker.odd_role import launcher

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in for Python is a script")
GIB = 1 << 30


@pytest.fixture(autouse=True)
def own_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., tuple[tuple[Measurement, ...], list[TrialEvent]]]:
    python = launcher(tmp_path)

    def go(
        names: list[str], inputs: list[str], *, available: int = GIB, **options: Any
    ) -> tuple[tuple[Measurement, ...], list[TrialEvent]]:
        rows = tuple(
            Contestant(
                name, name, "0", "torch", "fp32", str(tmp_path / name), None, 0,
                predicted_memory_bytes=GIB // 4,
            )
            for name in names
        )  # fmt: skip
        trial = Trial("text-generation", tuple(inputs), rows, **options.pop("trial", {}))
        events: list[TrialEvent] = []
        options.setdefault("cancelled", lambda: False)
        measured = run_trial(
            trial,
            available_bytes=available,
            on_event=events.append,
            start_worker=lambda _: WorkerClient("odd", python=python),
            **options,
        )
        return measured, events

    return go


def test_bad_inputs_are_told_and_the_rest_is_measured(run: Any) -> None:
    texts = ["a\0", "my card", "lost \ud83d", "b" * 9_000_000, "c" * 999_999, "d" * 999_999]
    (row,), events = run(["good"], texts, trial={"block": 6})
    assert row.error is None
    assert [output is not None for output in row.outputs] == [False, True, False, False, True, True]
    assert {i: x["facts"]["reason"] for i, x in row.item_errors.items()} == {
        0: "input.nul",
        2: "input.half_character",
        3: "input.too_long",
    }
    assert row.latency.n == 3
    assert sorted(x.index for x in events if x.kind == "unanswered") == [0, 2, 3]


def test_a_contestant_that_could_read_no_input_says_why(run: Any) -> None:
    (row,), events = run(["good"], ["a\0", "\0"])
    assert row.error is not None
    assert row.error["code"] == "input.unusable"
    assert sorted(row.item_errors) == [0, 1]
    assert events[-1].kind == "failed"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("crash", "worker.crashed"),
        ("burst", "worker.crashed"),
        ("hang", "worker.silent"),
        ("fail", "engine.run_failed"),
    ],
)
def test_one_contestant_fails_and_the_others_go_on(run: Any, name: str, code: str) -> None:
    rows, events = run(["good", name, "better"], ["a", "b", "c"], silence_s=0.5)
    assert rows[1].error is not None
    assert rows[1].error["code"] == code
    assert [event.ref for event in events if event.kind == "failed"] == [name]
    for row in (rows[0], rows[2]):
        assert row.error is None
        assert [output.text for output in row.outputs] == ["A", "B", "C"]
        assert row.latency is not None
        assert row.latency.n == 3


def test_a_crash_says_how_it_ended(run: Any) -> None:
    rows, _ = run(["crash"], ["a"])
    assert rows[0].error["facts"]["outcome"] == "SIGSEGV"


def test_the_order_rotates_through_blocks_and_repetitions(run: Any) -> None:
    rows, events = run(["x", "y", "z"], ["a"], trial={"repeat": 3})
    assert [e.ref for e in events if e.kind == "turn"] == list("xyzyzxzxy")
    assert rows[0].latency.n == 3
    assert rows[0].throughput == pytest.approx(4.0)
    assert rows[0].throughput_unit == "tokens/s"
    assert not rows[0].shared
    assert 0 < rows[0].first_result_s < 20


def test_many_inputs_run_in_blocks_and_latency_is_per_input(run: Any) -> None:
    rows, events = run(["x", "y"], [str(i) for i in range(40)])
    assert [(e.ref, e.facts["n"]) for e in events if e.kind == "turn"] == [
        ("x", 32), ("y", 32), ("y", 8), ("x", 8),
    ]  # fmt: skip
    assert rows[1].latency.median == pytest.approx(0.5)


def test_contestants_that_do_not_fit_together_take_turns_in_memory(run: Any) -> None:
    _, events = run(["x", "y"], ["a"], available=GIB // 2)
    kinds = [(e.kind, e.ref) for e in events]
    assert kinds.index(("finished", "x")) < kinds.index(("loading", "y"))
    assert ("waiting", "y") in kinds


@pytest.mark.parametrize("names", [["slow"], ["x", "y", "slow", "z"]])
def test_cancelling_gives_control_back_within_a_fraction_of_a_second(
    run: Any, names: list[str]
) -> None:
    begun: list[float] = []

    def cancelled() -> bool:
        begun.append(time.monotonic())
        return begun[-1] - begun[0] > 1.5

    with pytest.raises(Cancelled):
        run(names, ["a", "b"], cancelled=cancelled)
    first_true = next(at for at in begun if at - begun[0] > 1.5)
    assert time.monotonic() - first_true < 0.5


def test_another_petits_turn_is_waited_for(run: Any) -> None:
    calls = 0

    def cancelled() -> bool:
        nonlocal calls
        calls += 1
        return calls > 3

    with machine_turn(lambda: False, lambda: None) as held:
        assert held
        with pytest.raises(Cancelled):
            run(["x"], ["a"], cancelled=cancelled)


def test_a_turn_that_never_comes_is_taken_and_marked_as_shared(tmp_path: Path) -> None:
    told: list[int] = []
    with (
        machine_turn(lambda: False, lambda: None) as first,
        machine_turn(lambda: False, lambda: told.append(1), patience_s=0.1) as second,
    ):
        assert (first, second, told) == (True, False, [1])
    assert lock_path().parent == tmp_path
    with machine_turn(lambda: False, lambda: None, tmp_path / "no" / "place") as held:
        assert not held


def test_a_plan_is_checked_before_anything_starts(tmp_path: Path) -> None:
    here = Contestant("a/b@0#torch-fp32", "a/b", "0", "torch", "fp32", str(tmp_path), None, 0)
    gone = Contestant("a/c@0#torch-fp32", "a/c", "0", "torch", "fp32", "/no/such", None, 0)
    good = plan("text-classification", ["x", ""], [here, here], repeat=2)
    assert (good.contestants, good.repeat, good.inputs) == ((here,), 2, ("x", ""))
    wrong: list[tuple[type[PetitError], Callable[[], Trial]]] = [
        (UnknownTask, lambda: plan("no-task", ["x"], [here])),
        (DataEmpty, lambda: plan("text-classification", [" "], [here])),
        (DataColumns, lambda: plan("sentence-similarity", ["one text"], [here])),
        (BadSetting, lambda: plan("text-classification", ["x"], [])),
        (BadSetting, lambda: plan("text-classification", ["x"], [here], repeat=-1)),
        (NotDownloaded, lambda: plan("text-classification", ["x"], [gone])),
    ]
    for problem, call in wrong:
        with pytest.raises(problem):
            call()


def test_fair_times_take_five_rounds_and_only_the_first_is_told(run: Any) -> None:
    rows, events = run(["x", "y"], ["a", "b"], trial={"repeat": 0})
    assert [row.rounds for row in rows] == [6, 6]  # three times two inputs
    assert [row.latency.n for row in rows] == [6, 6]
    assert sum(event.kind == "output" for event in events) == 4
    assert sum(event.kind == "turn" for event in events) == 12
    assert "timing.few" not in rows[0].notes
    assert rows[0].to_json()["rounds"] == 6


def test_a_slow_model_is_not_repeated_beyond_patience_and_says_so(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("selector.trial.runner.EXTRA_S", 0.0)
    rows, _ = run(["x"], ["a"], trial={"repeat": 0})
    assert rows[0].rounds == 1
    assert "timing.few" in rows[0].notes
