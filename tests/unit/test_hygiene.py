"""The state of examples: repeats, near repeats, contradictions, what a model may have seen."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.decide.calculator import Calculator
from selector.decide.data import Examples
from selector.decide.data_checks import judge
from selector.decide.groupings import groupings
from selector.decide.hygiene import declared_training, near_duplicates, seen_before
from selector.decide.near_duplicates import ALIKE, groups, similarity
from selector.tasks.base import PAIR_SEPARATOR
from selector.trial.measurement import Contestant

PARTS = ("bal", "cor", "dim", "fen", "gol", "ert", "ost", "ing", "ume", "ali")
WORDS = [a + b + c for a in PARTS for b in PARTS for c in PARTS]
LONG = "my card was declined twice in the shop this morning although there is money on it"


def codes(found: list[Any]) -> list[str]:
    return [each.code for each in found]


def sentences(n: int, seed: int = 0, length: int = 14) -> list[str]:
    rng = random.Random(seed)
    return [" ".join(rng.choices(WORDS, k=length)) for _ in range(n)]


def test_case_punctuation_and_spacing_make_no_other_text() -> None:
    assert (
        groups(["Where is my card?", "where is  my card", "WHERE IS MY CARD!!"]).tolist() == [0] * 3
    )
    assert groups(["???", "!!!", "???"]).tolist() == [0, 1, 0]
    assert groups([]).tolist() == []
    assert groups([""]).tolist() == [0]


def test_one_changed_word_in_a_long_text_is_found_and_another_text_is_not() -> None:
    texts = [LONG, LONG.replace("twice", "once"), LONG + " please", "I want to close my account"]
    assert groups(texts).tolist() == [0, 0, 0, 1]


@given(st.lists(st.text(max_size=60), max_size=12))
def test_groups_ignore_the_order_of_the_texts(texts: list[str]) -> None:
    forward, backward = groups(texts).tolist(), groups(texts[::-1]).tolist()[::-1]
    for a in range(len(texts)):
        for b in range(len(texts)):
            assert (forward[a] == forward[b]) == (backward[a] == backward[b])


@given(st.text(max_size=80), st.text(max_size=80))
def test_two_texts_share_a_group_only_when_they_share_enough(a: str, b: str) -> None:
    alike = similarity(a, b)
    assert 0 <= alike <= 1
    assert similarity(a, a) == 1
    if alike < ALIKE:
        first, second = groups([a, b]).tolist()
        assert first != second


def test_near_repeats_are_found_among_many_and_nothing_else() -> None:
    texts = sentences(3000)
    planted = [text + " thanks" for text in texts[:200]]
    found = groups([*texts, *planted]).tolist()
    met = sum(found[i] == found[3000 + i] for i in range(200))
    assert met >= 196
    assert len(set(found)) == 3200 - met


def test_texts_of_one_template_are_one_group() -> None:
    texts = [f"please tell me what the balance of account {i} is, I am waiting" for i in range(800)]
    assert set(groups(texts).tolist()) == {0}


def test_findings_name_examples_by_number_and_never_their_text() -> None:
    inputs = [LONG, "close my account", LONG + "!", "close my account", *sentences(20)]
    labels = ["card", "close", "fee", *["close"] * 21]
    near, conflict = near_duplicates(inputs, labels)
    assert (near.code, near.facts) == (
        "warning.near_duplicates",
        {"count": 1, "n": 24, "where": ["1 ↔ 3"]},
    )
    assert (conflict.code, conflict.facts["where"]) == (
        "warning.conflicting_near_duplicates",
        ["1 ↔ 3"],
    )
    assert LONG not in str([near, conflict])


def test_names_of_pictures_are_not_compared_as_texts() -> None:
    names = [
        f"/home/me/pictures/a holiday in the mountains with everybody/IMG_{i:04}.JPG"
        for i in range(30)
    ]
    assert near_duplicates(names, ["cat", "dog"] * 15) == []
    assert seen_before(names, names, "train.csv") == []
    ways, _ = groupings(names, ["cat", "dog"] * 15, [], by_label=True)
    assert [way.by for way in ways] == ["label"]
    assert near_duplicates([*names, "what is on IMG_0001.jpg?"], None) != []


def test_questions_about_one_text_are_no_repeats_of_each_other() -> None:
    context = " ".join(sentences(6))
    asked = [f"{question}{PAIR_SEPARATOR}{context}" for question in sentences(20, seed=4, length=4)]
    assert near_duplicates(asked, None) == []
    (found,) = near_duplicates([*asked, asked[3].upper()], None)
    assert found.facts["where"] == ["4 ↔ 21"]


def test_free_answers_to_near_repeats_are_no_contradiction() -> None:
    inputs = [*sentences(8), LONG, LONG + "!"]
    assert codes(near_duplicates(inputs, [f"summary {i}" for i in range(10)])) == [
        "warning.near_duplicates"
    ]
    assert near_duplicates(sentences(40), ["a"] * 40) == []


def test_contradicting_and_unbalanced_labels_are_named() -> None:
    inputs = [f"text {i}" for i in range(38)] + ["text 0", "text 1"]
    labels = ["yes"] * 38 + ["no", "yes"]
    found = {each.code: each.facts for each in judge(inputs, labels)}
    assert found["warning.conflicting_duplicates"] == {"count": 1, "where": ["1 ↔ 39"]}
    assert found["warning.duplicates"]["count"] == 2
    assert found["warning.imbalance"]["label"] == "yes"
    assert found["warning.rare_labels"]["labels"] == ["no"]
    assert codes(judge(["a", "b"], ["x", "x"])) == ["warning.few_examples", "warning.one_label"]


def test_training_texts_among_the_examples_are_counted() -> None:
    inputs = [LONG, *sentences(5), "close my account"]
    seen = [LONG + "!", "close my account", *sentences(30, seed=9)]
    (found,) = seen_before(inputs, seen, "train.csv")
    assert found.facts == {"count": 2, "exact": 1, "n": 7, "name": "train.csv"}
    assert seen_before(inputs, sentences(30, seed=9), "other.csv") == []


def test_training_data_that_a_card_names_like_the_file_is_told() -> None:
    def model(name: str, *datasets: str) -> Contestant:
        return Contestant(name, name, "1", "torch", "fp32", "", 1, 1, datasets=datasets)

    examples = Examples("Banking77_test.csv", "0" * 64, ("a",), ("b",), (), "text", "label")
    models = [
        model("a", "PolyAI/banking77", "glue"),
        model("b", "glue"),
        model("c"),
        model("d", "x/test"),
    ]
    (found,) = declared_training(examples, models)
    assert found.facts["ref"] == "a"
    assert found.facts["datasets"] == ["PolyAI/banking77"]


def ask(op: str, **args: Any) -> dict[str, Any]:
    return Calculator().handle(op, args, lambda _: None, lambda: False)


def test_the_calculator_looks_closer_at_a_file(tmp_path: Path) -> None:
    data, seen = tmp_path / "mails.csv", tmp_path / "train.txt"
    data.write_text(
        f"text,label\n{LONG},card\n{LONG}!,fee\nclose my account,close\nhello there,x\n"
    )
    seen.write_text(f"{LONG}\nnothing else\n")
    asked = {"path": str(data), "seen": str(seen)}
    assert [each["code"] for each in ask("hygiene", data=asked)["warnings"]] == [
        "warning.near_duplicates",
        "warning.seen_in_training",
    ]


@pytest.mark.parametrize("model", ["x", "y"])
def test_predictions_bring_the_warnings_of_their_examples(tmp_path: Path, model: str) -> None:
    lines = [f"{LONG},a,a,a", f"{LONG} ok,b,a,b", *(f"{s},a,a,b" for s in sentences(40))]
    (tmp_path / "p.csv").write_text(f"text,label,{model},z\n" + "\n".join(lines) + "\n")
    done = ask("predictions", data={"path": str(tmp_path / "p.csv")})
    told = {each["code"] for each in done["decision"]["caveats"]}
    assert {
        "warning.near_duplicates",
        "warning.conflicting_near_duplicates",
        "warning.imbalance",
        "warning.rare_labels",
    } <= told


def test_what_was_odd_in_the_file_is_told_beside_the_verdict(tmp_path: Path) -> None:
    data, rows = tmp_path / "mails.csv", tmp_path / "rows.json"
    texts = sentences(40)
    data.write_text("text,label\n" + "".join(f"{t},{'ab'[i % 2]}\n" for i, t in enumerate(texts)))
    with data.open("a") as file:
        file.write("no answer here,\n,b\nthree,cells,here\n")
    outputs = [{"kind": "labels", "labels": [{"label": "a", "score": 0.9}]}] * 41
    model = {"ref": "m", "engine": "torch", "precision": "fp32"}
    contestant = {**model, "repo": "m", "revision": "1", "folder": ""}
    content = {"contestants": [contestant], "measurements": [{**model, "outputs": outputs}]}
    rows.write_text(json.dumps(content))
    done = ask("evaluate", task="text-classification", data={"path": str(data)}, rows=str(rows))
    told = [each["code"] for each in done["decision"]["caveats"]]
    wanted = ("warning.unlabelled_rows", "warning.empty_rows", "warning.ragged_rows")
    assert [told.count(code) for code in wanted] == [1, 1, 1]
    assert told.count("warning.rare_labels") <= 1


def test_names_of_pictures_in_one_folder_are_no_repeats() -> None:
    names = [f"/home/someone/pictures/of/parcels/parcel number {i}.jpg" for i in range(40)]
    assert near_duplicates([name.removesuffix(".jpg") for name in names], None)
    assert near_duplicates(names, None) == []
