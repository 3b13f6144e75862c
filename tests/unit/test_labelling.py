# SPDX-License-Identifier: Apache-2.0
"""A session of labelling: the answers file, and the same questions after a resume."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from selector.decide.calculator import Calculator
from selector.decide.codec import contestant_to_json, measurement_to_json
from selector.desk.answer_file import read_answers, write_answers
from selector.errors import BadSetting, DataColumns, DataUnreadable, ProtocolProblem
from selector.tasks.outputs import Labels, ScoredLabel
from selector.trial.measurement import Contestant, Measurement


def content(n: int = 300) -> tuple[dict[str, Any], list[str]]:
    rng = np.random.default_rng(0)
    truth, hard = rng.integers(0, 3, n), rng.random(n)
    contestants, measurements = [], []
    for name, rate, size in (("small", 0.5, 10), ("large", 0.85, 900), ("broken", 0.0, 50)):
        right = 0.8 * hard + 0.2 * rng.random(n) < rate
        said = np.where(right, truth, (truth + 1) % 3)
        outputs = tuple(Labels((ScoredLabel(f"L{x}", 1.0),)) for x in said)
        error = {"code": "worker.crashed", "facts": {}} if name == "broken" else None
        contestants.append(Contestant(name, name, "", "torch", "", "", size, 0))
        measurements.append(Measurement(name, "torch", "", outputs, parameters=size, error=error))
    rows = {
        "contestants": [contestant_to_json(x) for x in contestants],
        "measurements": [measurement_to_json(x) for x in measurements],
    }
    return rows, [f"L{x}" for x in truth]


class Session:
    def __init__(
        self,
        tmp_path: Path,
        rows: dict[str, Any],
        answers: list[Any] = (),
        budget: int = 100,
        margin: float = 0.05,
    ) -> None:
        path = tmp_path / "rows.json"
        said = [dict(zip(("index", "label", "kind", "margin"), x, strict=False)) for x in answers]
        path.write_text(json.dumps({**rows, "answers": said}))
        self.role = Calculator()
        self.state = self(
            "ask_start",
            basis="labels",
            rows=str(path),
            budget=budget,
            repeats=0.0,
            rules={"confidence": 0.95, "margin": margin},
        )

    def __call__(self, op: str, **args: Any) -> dict[str, Any]:
        self.state = self.role.handle(op, args, lambda _: None, lambda: False)
        return self.state


def test_a_session_ends_with_a_decision_and_resumes_to_the_same_question(tmp_path: Path) -> None:
    rows, truth = content()
    session = Session(tmp_path, rows)
    answers: list[tuple[int, str, str]] = []
    while session.state["next"]:
        question = session.state["next"][0]
        assert len(question["choices"]) == 2
        if len(answers) == 13:
            again = Session(tmp_path, rows, answers)
            shuffled = Session(tmp_path, rows, answers[:10] + answers[10:][::-1])
            assert again.state["next"] == session.state["next"] == shuffled.state["next"]
        answers.append((question["index"], truth[question["index"]], "label"))
        session("ask_answer", index=question["index"], label=truth[question["index"]])
    assert session.state["decision"]["choice"] == "large"
    codes = [x["code"] for x in session.state["decision"]["caveats"]]
    assert "caveat.failed_contestant" in codes
    assert session.state["labels"] == len(answers) < 60


def test_another_margin_decides_from_the_same_labels_and_goes_on_from_there(tmp_path: Path) -> None:
    rows, truth = content()
    session = Session(tmp_path, rows)
    answers: list[tuple[int, str, str, str]] = []
    while session.state["next"]:
        index = session.state["next"][0]["index"]
        answers.append((index, truth[index], "label", "0.05"))
        session("ask_answer", index=index, label=truth[index])
    assert session.state["decision"]["choice"] == "large"
    wide = Session(tmp_path, rows, answers, margin=0.49)
    assert wide.state["decision"]["choice"] == "small"
    answers = answers[:13]
    other = Session(tmp_path, rows, answers, margin=0.2)
    assert other.state["labels"] == 13
    for _ in range(5):
        index = other.state["next"][0]["index"]
        answers.append((index, truth[index], "label", "0.2"))
        other("ask_answer", index=index, label=truth[index])
    again = Session(tmp_path, rows, answers, margin=0.2)
    assert again.state["next"] == other.state["next"] != []


def test_undo_skip_and_none_of_these(tmp_path: Path) -> None:
    rows, _ = content()
    session = Session(tmp_path, rows)
    first = session.state["next"][0]["index"]
    session("ask_answer", index=first, kind="none")
    second = session.state["next"][0]["index"]
    session("ask_answer", index=second, kind="skip")
    session("ask_undo")
    session("ask_undo")
    assert session.state["labels"] == 0
    assert session.state["next"][0]["index"] == first
    with pytest.raises(BadSetting):
        session("ask_answer", index=first, label="x", kind="shrug")
    with pytest.raises(BadSetting):
        session("ask_answer", index=9999, label="x")


def test_the_budget_ends_the_questions_and_says_so(tmp_path: Path) -> None:
    rows, truth = content()
    session = Session(tmp_path, rows, budget=7)
    asked = 0
    while session.state["next"]:
        assert len(session.state["next"]) <= 7 - asked
        index = session.state["next"][0]["index"]
        session("ask_answer", index=index, label=truth[index])
        asked += 1
    assert asked == 7
    assert "caveat.budget_spent" in [x["code"] for x in session.state["decision"]["caveats"]]


def test_a_session_must_be_started(tmp_path: Path) -> None:
    with pytest.raises(ProtocolProblem):
        Calculator().handle("ask_undo", {}, lambda _: None, lambda: False)
    rows, _ = content(10)
    with pytest.raises(BadSetting):
        Session(tmp_path, rows, budget=0)


def test_answers_are_read_back_as_they_were_saved(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "answers.csv"
    assert read_answers(path, 10) == []
    rows = [(3, "lost, card", "label", "0.05"), (4, "", "none", "0.02"), (3, "other", "label", "")]
    write_answers(path, rows)
    assert read_answers(path, 10) == rows
    write_answers(path, [])
    assert read_answers(path, 10) == []
    assert [x.name for x in path.parent.iterdir()] == ["answers.csv"]
    path.write_text("index,label\n2,refund\n4,\n")
    assert read_answers(path, 10) == [(2, "refund", "label", ""), (4, "", "none", "")]


def test_bad_answers_are_named(tmp_path: Path) -> None:
    path = tmp_path / "answers.csv"
    path.write_text("index,label\n12,a\n")
    with pytest.raises(DataUnreadable):
        read_answers(path, 10)
    path.write_text("index,label\nsecond,a\n")
    with pytest.raises(DataUnreadable):
        read_answers(path, 10)
    path.write_text("index,label,margin\n1,a,wide\n")
    with pytest.raises(DataUnreadable):
        read_answers(path, 10)
    path.write_text("row,label\n1,a\n")
    with pytest.raises(DataColumns):
        read_answers(path, 10)
