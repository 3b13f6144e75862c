# SPDX-License-Identifier: Apache-2.0
"""Outputs produced elsewhere, in rows of one answer each, through the calculator's own op."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from selector.decide.calculator import Calculator
from selector.decide.codec import evaluation_from_json
from selector.decide.predictions import read_predictions
from selector.errors import BadSetting, DataColumns, DataEmpty, DataUnreadable, UnknownMetric


def call(path: Path, **args: Any) -> dict[str, Any]:
    asked = {"data": {"path": str(path)}, **args}
    return Calculator().handle("predictions", asked, lambda _: None, lambda: False)


def rows(n: int = 400, cost: bool = True, **rates: float) -> list[dict[str, Any]]:
    rng = np.random.default_rng(0)
    truth, hard = rng.integers(0, 3, n), rng.random(n)
    found = []
    for place, (model, rate) in enumerate(rates.items(), 1):
        right = 0.8 * hard + 0.2 * rng.random(n) < rate
        for i in range(n):
            said = truth[i] if right[i] else (truth[i] + 1) % 3
            row = {"example": f"e{i}", "label": f"L{truth[i]}", "model": model}
            found.append(row | {"prediction": f"L{said}"} | ({"cost": place} if cost else {}))
    return found


def write(path: Path, content: list[dict[str, Any]]) -> Path:
    if path.suffix == ".jsonl":
        path.write_text("\n".join(json.dumps(row) for row in content))
        return path
    lines = [",".join(content[0]), *(",".join(str(x) for x in row.values()) for row in content)]
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize("name", ["long.csv", "long.jsonl"])
def test_long_rows_decide_by_the_cost_they_bring(tmp_path: Path, name: str) -> None:
    done = call(write(tmp_path / name, rows(tiny=0.4, middle=0.84, large=0.84)))
    assert done["decision"]["choice"] == "middle"
    assert [x["ref"] for x in done["models"]] == ["tiny", "middle", "large"]
    assert done["n"] == 400
    assert evaluation_from_json(done).to_json() == done


def test_long_and_wide_say_the_same(tmp_path: Path) -> None:
    content = rows(cost=False, small=0.8, large=0.82)
    wide: dict[str, dict[str, str]] = {}
    for row in content:
        wide.setdefault(row["example"], {"id": row["example"], "label": row["label"]})[
            row["model"]
        ] = row["prediction"]
    one = call(write(tmp_path / "long.csv", content))
    two = call(write(tmp_path / "wide.csv", list(wide.values())))
    assert [x["score"] for x in one["models"]] == [x["score"] for x in two["models"]]
    assert one["decision"]["choice"] == two["decision"]["choice"]


def test_scores_from_elsewhere_need_neither_labels_nor_predictions(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    content = [
        {"example": i, "model": m, "score": round(float(rng.uniform(low, 1)), 3), "cost": c}
        for m, low, c in (("small", 0.5, 1), ("large", 0.5, 9))
        for i in range(300)
    ]
    done = call(write(tmp_path / "scored.csv", content))
    assert done["metric"] == "score"
    assert done["decision"]["choice"] == "small"


def test_missing_answers_count_as_asked(tmp_path: Path) -> None:
    content = rows(small=0.8, large=0.8)
    path = write(tmp_path / "holes.csv", content[150:])
    wrong = call(path)
    assert wrong["decision"]["choice"] == "large"
    assert wrong["n"] == 400
    assert "caveat.missing_outputs" in [x["code"] for x in wrong["decision"]["caveats"]]
    without = call(path, rules={"margin": 0.1, "failed": "exclude"})
    assert without["n"] == 250
    assert without["decision"]["choice"] == "small"
    assert "caveat.excluded_examples" in [x["code"] for x in without["decision"]["caveats"]]
    with pytest.raises(BadSetting):
        call(path, rules={"failed": "perhaps"})


def test_contradictions_and_bad_files_are_named(tmp_path: Path) -> None:
    content = rows(5, small=0.8, large=0.8)
    twice = [*content, {**content[0], "prediction": "something else"}]
    with pytest.raises(DataUnreadable) as caught:
        call(write(tmp_path / "twice.csv", twice))
    assert caught.value.facts["reason"] == "contradiction"
    other = [*content, {**content[0], "model": "third", "label": "another truth"}]
    with pytest.raises(DataUnreadable):
        call(write(tmp_path / "labels.csv", other))
    assert call(write(tmp_path / "same.csv", [*content, content[0]]))["n"] == 5
    with pytest.raises(DataUnreadable):
        call(write(tmp_path / "cost.csv", [{**row, "cost": "dear"} for row in content]))
    with pytest.raises(DataColumns):
        call(write(tmp_path / "e.csv", [{"model": "m", "prediction": "a", "label": "a"}]))
    with pytest.raises(DataColumns):
        call(write(tmp_path / "l.csv", [{"example": 1, "model": "m", "prediction": "a"}]))
    with pytest.raises((DataEmpty, DataColumns)):
        call(write(tmp_path / "n.csv", [{"example": "", "model": "m", "prediction": "a"}]))
    with pytest.raises(UnknownMetric):
        call(write(tmp_path / "m.csv", content), rules={"metric": "nonsense"})


def test_unlabelled_examples_are_left_out_and_counted(tmp_path: Path) -> None:
    content = rows(20, small=0.8, large=0.8)
    for row in content:
        if row["example"] in {"e0", "e1"}:
            row["label"] = ""
    found = read_predictions(write(tmp_path / "u.jsonl", content))
    assert len(found.examples.inputs) == 18
    assert [x.facts for x in found.examples.warnings if x.code == "warning.unlabelled_rows"] == [
        {"count": 2}
    ]


def llms(*names: str) -> dict[str, Any]:
    places = dict.fromkeys(names, ("unknown", ""))
    return {"places": places, "prices": {"endpoints": {}, "own": {}}}


def test_an_llm_in_the_file_is_compared_with_the_smallest_that_may_do_instead(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "long.csv", rows(tiny=0.5, small=0.9, big=0.9))
    done = evaluation_from_json(call(path, llms=llms("big")))
    (need,) = done.need_llm
    assert (need.local.ref, need.llm.ref, need.answer) == ("small", "big", "no")
    assert (need.local.cost_per_1000, need.llm.cost_per_1000) == (2000, 3000)
    assert need.llm.place == "unknown"
    assert call(path)["need_llm"] == []


def test_an_llm_that_is_not_in_the_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "long.csv", rows(small=0.9, big=0.9))
    with pytest.raises(BadSetting):
        call(path, llms=llms("huge"))
    scored = [{**row, "score": 1} for row in rows(n=10, small=0.9, big=0.9)]
    with pytest.raises(BadSetting):
        call(write(tmp_path / "scored.csv", scored), llms=llms("big"))
