# SPDX-License-Identifier: Apache-2.0
"""A session of votes in the calculator, and what an evaluation made of labels or votes says of itself."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from selector.decide.asked import evaluation_of
from selector.decide.calculator import Calculator
from selector.decide.codec import (
    contestant_to_json,
    evaluation_from_json,
    measurement_to_json,
)
from selector.decide.data import Examples
from selector.decide.document import build, schema
from selector.decide.rules import Rules
from selector.desk.answer_file import VOTES, read_votes, write_answers
from selector.errors import BadSetting, DataEmpty, DataUnreadable
from selector.tasks.outputs import Text
from selector.trial.measurement import Contestant, Measurement, Timing

NOW = datetime(2026, 3, 4, tzinfo=UTC)
N = 60
EXAMPLES = Examples("prompts.txt", "0" * 64, ("a prompt",) * N, None, ("text",), "text", None)


def field(*names: str) -> tuple[list[Contestant], list[Measurement]]:
    contestants, rows = [], []
    for size, name in enumerate(names, 1):
        said = tuple(Text(f"{name} wrote {i}", 4) for i in range(N))
        error = {"code": "worker.crashed", "facts": {}} if name == "broken" else None
        contestants.append(Contestant(name, name, "", "torch", "", "", size * 10, 7))
        rows.append(Measurement(name, "torch", "", said, latency=Timing(0.1, 0.2, N), error=error))
    return contestants, rows


class Session:
    def __init__(self, tmp_path: Path, *names: str, answers: Any = (), budget: int = 60) -> None:
        self.contestants, self.rows = field(*names)
        path = tmp_path / "rows.json"
        content = {
            "contestants": [contestant_to_json(x) for x in self.contestants],
            "measurements": [measurement_to_json(x) for x in self.rows],
            "answers": [dict(zip(VOTES, x, strict=True)) for x in answers],
        }
        path.write_text(json.dumps(content))
        self.role = Calculator()
        rules = {"confidence": 0.95, "margin": 0.1}
        self("ask_start", basis="votes", rows=str(path), budget=budget, repeats=0.0, rules=rules)

    def __call__(self, op: str, **args: Any) -> dict[str, Any]:
        self.state = self.role.handle(op, args, lambda _: None, lambda: False)
        return self.state

    def prefer(self, name: str) -> tuple[int, str, str, str]:
        shown = self.state["next"][0]
        said = "left" if shown["left"] == name else "right" if shown["right"] == name else "tie"
        self("ask_answer", **shown, said=said)
        return shown["index"], shown["left"], shown["right"], said


def test_votes_decide_and_the_evaluation_names_its_basis(tmp_path: Path) -> None:
    session = Session(tmp_path, "small", "large", "broken")
    given = []
    while session.state["next"]:
        given.append(session.prefer("large"))
    assert session.state["decision"]["choice"] == "large"
    assert len(given) < 60
    assert len({left for _, left, _, _ in given}) == 2
    found = evaluation_of(
        session.state, "votes", "text-generation", Rules(), EXAMPLES,
        session.contestants, session.rows,
    )  # fmt: skip
    assert (found.basis, found.metric, found.n, found.inputs) == (
        "votes",
        "win_rate",
        len(given),
        N,
    )
    rates = {x.ref: x for x in found.models}
    assert rates["large"].score > 0.7 > 0.5 > rates["small"].score
    assert rates["small"].judged == len(given)
    assert rates["small"].latency_s == 0.1
    assert rates["broken"].error == {"code": "worker.crashed", "facts": {}}
    assert evaluation_from_json(found.to_json()) == found
    document = build(found, session.rows, session.contestants, None, {}, None, NOW)
    jsonschema.validate(document, dict(schema()))
    assert document["metric"]["basis"] == "votes"


def test_votes_of_models_that_left_are_kept_out_and_others_count(tmp_path: Path) -> None:
    before = Session(tmp_path, "small", "large")
    votes = [before.prefer("large") for _ in range(6)]
    gone = (3, "small", "gone", "left")
    again = Session(tmp_path, "small", "large", answers=[*votes[:3], gone, *votes[3:]])
    assert again.state == before.state
    again("ask_undo")
    assert again.state["votes"] == 5
    shown = again.state["next"][0]
    assert (shown["index"], shown["left"], shown["right"]) == votes[-1][:3]
    more = Session(tmp_path, "small", "large", "larger", answers=votes)
    assert more.state["votes"] == 6
    assert "larger" in {more.state["next"][0]["left"], more.state["next"][0]["right"]}


def test_bad_sessions_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadSetting):
        Session(tmp_path, "alone")
    with pytest.raises(DataEmpty):
        Session(tmp_path, "broken")
    with pytest.raises(BadSetting):
        Session(tmp_path, "a", "b", answers=[(N, "a", "b", "left")])
    with pytest.raises(BadSetting):
        Session(tmp_path, "a", "b")("ask_answer", index=0, left="a", right="b", said="both")


def test_a_file_of_votes_is_read_back_and_bad_ones_are_named(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    rows = [(3, "org/a@1#torch", "org/b@2#onnx-int8", "left"), (0, "a", "b", "skip")]
    write_answers(path, rows, VOTES)
    assert read_votes(path, 4) == rows
    for bad in ("9,a,b,left", "1,a,b,both", "1,a,,left", "-1,a,b,tie"):
        path.write_text(f"index,left,right,said\n{bad}\n")
        with pytest.raises(DataUnreadable):
            read_votes(path, 4)
