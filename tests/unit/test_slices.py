"""Scores on parts of the examples: which parts, which intervals, and what stands out beyond chance."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.decide import slices_text
from selector.decide.calculator import Calculator
from selector.decide.codec import evaluation_from_json
from selector.decide.data import read_examples
from selector.decide.groupings import MOST_VALUES, groupings, script_of
from selector.decide.metrics import METRICS
from selector.decide.slice_facts import Slices, slices_from_json
from selector.decide.slices import SMALLEST, metric_of_parts, slices, weak_parts
from selector.wording import Wording

ACCURACY = METRICS["accuracy"]


def table(right: np.ndarray) -> np.ndarray:
    return np.column_stack([right.astype(float), np.ones(len(right))])


def made(
    rights: dict[str, np.ndarray], extra: dict[str, list[str]], margin: float = 0.05
) -> Slices:
    n = len(next(iter(rights.values())))
    tables = [table(x) for x in rights.values()]
    columns = list(extra.items())
    texts, labels = [f"{i:04}" for i in range(n)], ["a"] * n
    return slices(ACCURACY, tuple(rights), tables, texts, labels, columns, None, margin)


def parts_of(found: Slices, column: str) -> dict[str, Any]:
    return {x.value: x for x in found.parts if x.column == column}


def test_length_answer_writing_and_columns_part_the_examples() -> None:
    inputs = ["a" * (1 + i % 50) for i in range(90)] + ["привет"] * 10
    labels = ["x", "y"] * 50
    extra = [
        ("channel", ["mail", "chat"] * 50),
        ("id", [f"id{i}" for i in range(100)]),
        ("price", [str(i / 2).replace(".", ",") for i in range(100)]),
        ("constant", ["1"] * 100),
    ]
    ways, skipped = groupings(inputs, labels, extra, by_label=True)
    assert [(x.by, x.column) for x in ways] == [
        ("length", ""),
        ("label", ""),
        ("script", ""),
        ("column", "channel"),
        ("column", "price"),
    ]
    assert skipped == ["id"]
    assert ways[4].order == ("0 – 16", "16.5 – 32.5", "33 – 49.5")
    assert groupings(inputs, labels, [], by_label=False)[0][1].by == "script"


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=31, max_size=80))
def test_numbers_fall_into_ranges_that_hold_them_all(numbers: list[float]) -> None:
    cells = [repr(x) for x in numbers]
    ways, _ = groupings(["x"] * len(cells), [], [("n", cells)], by_label=False)
    if len(set(numbers)) > MOST_VALUES:
        (way,) = ways
        assert set(way.values) == set(way.order)
        assert 2 <= len(way.order) <= 3 or len(set(way.order)) == 1


@pytest.mark.parametrize(
    ("text", "script"),
    [("Hello 123", "Latin"), ("привет hi", "Cyrillic"), ("你好世界", "Cjk"), ("1234 !?", "")],
)
def test_the_writing_is_that_of_most_letters(text: str, script: str) -> None:
    assert script_of(text) == script


def test_a_weak_part_stands_out_and_is_told_beside_the_verdict() -> None:
    rng = np.random.default_rng(0)
    where = np.array(["fr" if i % 3 == 0 else "en" for i in range(300)])
    weak = np.where(where == "fr", rng.random(300) < 0.5, rng.random(300) < 0.95)
    good = rng.random(300) < 0.95
    found = made({"weak": weak, "good": good}, {"lang": where.tolist()}, margin=0.2)
    parts = parts_of(found, "lang")
    assert parts["fr"].scores["weak"].standing == "below"
    assert parts["en"].scores["weak"].standing == "above"
    assert parts["fr"].scores["good"].standing == ""
    for part in parts.values():
        for ref, right in (("weak", weak), ("good", good)):
            score = part.scores[ref]
            assert score.score == pytest.approx(right[where == part.value].mean())
            assert score.low <= score.score <= score.high
    assert [x.code for x in weak_parts(found, "weak")] == ["caveat.part_not_good_enough.column"]
    assert weak_parts(found, "good") == []
    assert slices_from_json(json.loads(json.dumps(found.to_json()))) == found


def test_many_parts_of_nothing_rarely_stand_out() -> None:
    """Familywise: at most one in twenty tables may show a mark; forty tables with thirty parts each."""
    rng = np.random.default_rng(1)
    alarms = 0
    for _ in range(40):
        right = rng.random(600) < 0.8
        column = [f"v{x}" for x in rng.integers(0, 30, 600)]
        found = made({"m": right}, {"c": column})
        alarms += any(x.scores["m"].standing for x in found.parts)
    assert alarms <= 5


def test_small_parts_are_counted_and_not_scored() -> None:
    column = ["rare"] * (SMALLEST - 1) + ["common"] * 50 + ["other"] * 50
    found = made({"m": np.ones(len(column), dtype=bool)}, {"c": column})
    assert set(parts_of(found, "c")) == {"common", "other"}
    assert found.too_small == 1
    assert all(x.scores["m"].p == 1.0 for x in found.parts)


def test_repeated_examples_are_one_observation() -> None:
    right = np.array([True] * 30 + [False] * 60)
    column = (["a"] * 30 + ["b"] * 60)[:90]
    texts = ["same"] * 30 + [f"t{i}" for i in range(60)]
    clusters = [0] * 30 + list(range(1, 61))
    found = slices(
        ACCURACY, ("m",), [table(right)], texts, ["l"] * 90, [("c", column)], clusters, 0.05
    )
    assert all(not part.scores["m"].standing for part in found.parts)


def test_a_mean_over_classes_is_replaced_by_accuracy_and_a_correlation_has_no_test() -> None:
    assert metric_of_parts(METRICS["macro-f1"]).id == "accuracy"
    rng = np.random.default_rng(2)
    pairs = rng.random((80, 2))
    spearman = METRICS["spearman"]
    column = ["a", "b"] * 40
    found = slices(spearman, ("m",), [pairs], ["t"] * 80, ["0.5"] * 80, [("c", column)], None, 0.05)
    assert {x.scores["m"].p for x in found.parts} == {None}
    assert found.looks == 0


def test_further_columns_stay_beside_the_rows_that_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text("text,label,team\nhello,a,x\n,b,y\nbye,,z\nagain,b,w\n")
    examples = read_examples(path)
    assert examples.extra == (("team", ("x", "w")),)
    assert examples.only([1]).extra == (("team", ("w",)),)


def predictions(path: Path, **args: Any) -> dict[str, Any]:
    asked = {"data": {"path": str(path)}, **args}
    return Calculator().handle("predictions", asked, lambda _: None, lambda: False)


def test_columns_of_a_file_of_predictions_part_its_examples(tmp_path: Path) -> None:
    rows = [(f"text {i:03}", "ab"[i % 2], ["en", "fr"][i % 3 == 0]) for i in range(60)]
    long, wide = tmp_path / "long.csv", tmp_path / "wide.csv"
    long.write_text(
        "example,label,model,prediction,lang\n"
        + "".join(f"{t},{x},{m},a,{lang}\n" for t, x, lang in rows for m in ("m", "o"))
    )
    wide.write_text("text,label,lang,m,o\n" + "".join(f"{t},{x},{g},a,a\n" for t, x, g in rows))
    one = predictions(long)
    two = predictions(wide, slice_columns=["lang"])
    assert [x["ref"] for x in two["models"]] == ["m", "o"]
    for done in (one, two):
        found = evaluation_from_json(done).slices
        assert found is not None
        assert {x.value: x.n for x in found.parts if x.by == "column"} == {"en": 40, "fr": 20}


def test_scores_from_elsewhere_are_parted_too(tmp_path: Path) -> None:
    path = tmp_path / "scored.csv"
    rows = [(f"e{i}", m, 0.4 + (i % 5) / 10 + (i % 2) / 5) for i in range(100) for m in "pq"]
    path.write_text(
        "example,model,score,team\n"
        + "".join(f"{e},{m},{s:.2f},{'xy'[int(e[1:]) % 2]}\n" for e, m, s in rows)
    )
    done = predictions(path, rules={"tests": True})
    found = evaluation_from_json(done)
    assert found.slices is not None
    team = {x.value: x.scores["p"] for x in found.slices.parts if x.column == "team"}
    assert (team["x"].standing, team["y"].standing) == ("below", "above")
    assert team["x"].score == pytest.approx(0.6, abs=0.03)
    assert found.classical is not None
    assert found.classical.test == "permutation"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_part_has_a_name_and_every_mark_a_meaning(language: str) -> None:
    words = Wording(language)
    right = np.array([True] * 60 + [False] * 60)
    found = made({"m": right}, {"c": ["a"] * 60 + ["b"] * 60})
    told = [slices_text.name(x, words) for x in found.parts] + slices_text.notes(found, words)
    told += [slices_text.tip(x.scores["m"], words) for x in found.parts if x.scores["m"].standing]
    told += [words.text(x.code, **x.facts) for x in weak_parts(found, "m")]
    assert not [x for x in told if not x or "…" in x or "slices." in x or "caveat." in x]
    for by in ("length", "label", "script", "column"):
        for code in ("weak_part", "part_not_good_enough"):
            assert words.has(f"caveat.{code}.{by}")
