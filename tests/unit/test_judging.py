"""What the user decides about answers: failed items, names of categories, tests on demand; and odd input."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from selector.decide.axes import costs
from selector.decide.calculator import Calculator
from selector.decide.classical import classical
from selector.decide.classical_facts import classical_from_json
from selector.decide.codec import evaluation_from_json
from selector.decide.data import Examples
from selector.decide.label_names import match_labels, pairs_of
from selector.decide.label_suggestions import suggest
from selector.decide.metrics import METRICS
from selector.decide.rules import Rules
from selector.decide.verdict import decide, evaluate
from selector.decide.verdict_facts import Evaluation
from selector.engines.endpoint.prices import OwnPrice, Prices, TokenPrice
from selector.errors import BadSetting, DataUnreadable
from selector.input_errors import NothingAnswered
from selector.tasks.outputs import Labels, ScoredLabel
from selector.trial.measurement import Contestant, Measurement, Timing
from selector.wording import Wording


def predictions(path: Path, text: str, **rules: Any) -> Evaluation:
    path.write_text(text)
    asked = {"data": {"path": str(path)}, "rules": rules}
    done = Calculator().handle("predictions", asked, lambda _: None, lambda: False)
    found = evaluation_from_json(done)
    assert json.dumps(found.to_json()) == json.dumps(done)
    return found


def codes(found: Evaluation) -> list[str]:
    return [x.code for x in found.decision.caveats]


def wide(n: int, **models: Any) -> str:
    lines = [",".join(["text", "label", *models])]
    for i in range(n):
        said = (str(give(i)) for give in models.values())
        lines.append(",".join([f"text {i * 7919 % 9973}", "ab"[i % 2], *said]))
    return "\n".join(lines) + "\n"


# -- items that fail --------------------------------------------------------------------------------


def test_failed_items_count_as_wrong_or_are_left_out_and_the_verdict_says_which(
    tmp_path: Path,
) -> None:
    text = wide(
        60,
        holes=lambda i: "" if i % 3 == 0 else "ab"[i % 2],
        full=lambda i: "ab"[(i + (i % 10 == 1)) % 2],
    )
    wrong = predictions(tmp_path / "p.csv", text)
    assert (wrong.failed, wrong.n) == ("wrong", 60)
    assert "caveat.missing_outputs" in codes(wrong)
    assert next(x.score for x in wrong.models if x.ref == "holes") == pytest.approx(40 / 60)
    left = predictions(tmp_path / "p.csv", text, failed="exclude")
    assert (left.failed, left.n) == ("exclude", 40)
    assert "caveat.excluded_examples" in codes(left)
    assert "caveat.missing_outputs" not in codes(left)
    assert next(x.score for x in left.models if x.ref == "holes") == 1.0
    # Contested examples keep the numbers they have in the file.
    assert set(left.disagreements) == {i for i in range(60) if i % 10 == 1 and i % 3}


def test_without_a_common_answer_there_is_nothing_to_compare(tmp_path: Path) -> None:
    text = wide(20, x=lambda i: "a" if i < 10 else "", z=lambda i: "" if i < 10 else "b")
    with pytest.raises(NothingAnswered) as caught:
        predictions(tmp_path / "p.csv", text, failed="exclude")
    assert caught.value.facts["models"] == 2
    with pytest.raises(BadSetting):
        predictions(tmp_path / "p.csv", text, failed="perhaps")


def test_a_model_without_any_answer_excludes_nothing(tmp_path: Path) -> None:
    text = wide(40, dead=lambda _: "", good=lambda i: "ab"[i % 2], fair=lambda _: "a")
    found = predictions(tmp_path / "p.csv", text, failed="exclude")
    assert found.n == 40
    assert "caveat.failed_contestant" in codes(found)


# -- names of categories ----------------------------------------------------------------------------


def test_unknown_names_are_offered_a_meaning_and_count_once_it_is_given(tmp_path: Path) -> None:
    text = wide(60, other=lambda i: f"LABEL_{i % 2}", mine=lambda _: "a")
    asked = predictions(tmp_path / "p.csv", text)
    (offered,) = [x for x in asked.decision.caveats if x.code == "caveat.labels_suggested"]
    assert offered.facts["pairs"] == [["LABEL_0", "a"], ["LABEL_1", "b"]]
    assert next(x.score for x in asked.models if x.ref == "other") == 0
    told = predictions(tmp_path / "p.csv", text, label_map=offered.facts["pairs"])
    assert next(x.score for x in told.models if x.ref == "other") == 1
    assert told.label_map == (("LABEL_0", "a"), ("LABEL_1", "b"))
    assert "caveat.labels_do_not_match" not in codes(told)


def test_a_name_that_fits_nothing_is_offered_nothing() -> None:
    def say(name: str) -> Labels:
        return Labels((ScoredLabel(name, 0.9),))

    labels = ["a", "b", "c", "d"] * 10
    match = match_labels(["x"], labels)
    assert suggest([say("x")] * 40, labels, match) == []
    assert suggest([say("x")] * 2, ["a", "a"], match_labels(["x"], ["a"])) == []
    assert suggest([None] * 40, labels, match) == []
    assert match_labels(["x"], ["a"], {"x": "not there"}).mapping == {}


# -- tests on demand --------------------------------------------------------------------------------


def table(right: np.ndarray) -> np.ndarray:
    return np.column_stack([right.astype(float), np.ones(len(right))])


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_right_or_wrong_is_tested_exactly(pairs: list[tuple[bool, bool]]) -> None:
    a, b = (np.array(x) for x in zip(*pairs, strict=True))
    found = classical(METRICS["accuracy"], ("a", "b"), [table(a), table(b)])
    assert found is not None
    assert found.test == "mcnemar"
    (row,) = [x for x in found.rows if x.ref != found.best]
    one, other = sorted((int((a & ~b).sum()), int((b & ~a).sum())))
    wanted = stats.binomtest(one, one + other).pvalue if one + other else 1.0
    assert row.p == pytest.approx(wanted)
    assert row.p_holm == row.p  # one comparison needs no correction
    assert classical_from_json(json.loads(json.dumps(found.to_json()))) == found


def test_other_scores_are_permuted_repeats_count_once_and_ranks_have_no_test() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.random(50), rng.random(50)
    found = classical(METRICS["token-f1"], ("a", "b"), [table(a), table(b + 0.5)])
    assert found is not None
    assert (found.test, found.best) == ("permutation", "b")
    assert found.rows[0].p is not None
    assert found.rows[0].p < 0.001
    right, wrong = np.array([True] * 20), np.array([False] * 20)
    once = classical(METRICS["accuracy"], ("a", "b"), [table(right), table(wrong)], [0] * 20)
    assert once is not None
    assert (once.n, once.rows[1].p) == (1, 1.0)
    pairs = rng.random((20, 2))
    assert classical(METRICS["spearman"], ("a",), [pairs]) is None


def test_tests_are_made_only_when_asked_for(tmp_path: Path) -> None:
    text = wide(40, m=lambda i: "ab"[i % 2], k=lambda _: "a")
    assert predictions(tmp_path / "p.csv", text).classical is None
    found = predictions(tmp_path / "p.csv", text, tests=True).classical
    assert found is not None
    assert (found.best, found.n) == ("m", 40)
    assert {x.ref: x.only_best for x in found.rows} == {"m": 0, "k": 20}


# -- what small means -------------------------------------------------------------------------------


def test_energy_and_price_come_from_the_users_own_table() -> None:
    here = Contestant("a/b@1#torch-fp32", "a/b", "1", "torch", "fp32", "", 10, 5)
    llm = Contestant("endpoint:big", "big", "", "endpoint", "", "", None, 0)
    used = {"items": 10, "prompt_tokens": 1000, "completion_tokens": 100}
    row = Measurement(here.ref, "torch", "fp32", (), latency=Timing(0.36, 0.4, 9))
    far = Measurement(llm.ref, "endpoint", "", (), latency=Timing(0.36, 0.4, 9), usage=used)
    own = OwnPrice(watts=10, kwh=0.25, currency="EUR")
    token = TokenPrice(1.0, 10.0, "EUR", "2026-01-01", "page")
    prices = Prices({"big": token}, own)
    assert costs(here, row, prices)["energy"] == pytest.approx(1.0)  # 10 W for 0.36 s, 1,000 times
    assert costs(here, row, prices)["price"] == pytest.approx(0.00025)
    assert costs(llm, far, prices)["price"] == pytest.approx(0.2)
    assert costs(llm, far, prices)["energy"] is None
    dollars = Prices({"big": TokenPrice(1, 1, "USD", "2026-01-01", "page")}, own)
    assert costs(llm, far, dollars)["price"] is None  # euros and dollars do not compare
    assert costs(here, row)["energy"] is None


# -- odd input --------------------------------------------------------------------------------------


def test_identical_models_give_the_smaller_one_and_say_so(tmp_path: Path) -> None:
    text = wide(
        300,
        small=lambda i: "ab"[(i % 10 == 0) ^ (i % 2)],
        copy=lambda i: "ab"[(i % 10 == 0) ^ (i % 2)],
    )
    found = predictions(tmp_path / "p.csv", text)
    assert found.decision.choice == "small"
    assert "reason.same_answers" in [x.code for x in found.decision.reasons]


def test_one_example_and_one_category_are_undecided_with_words(tmp_path: Path) -> None:
    one = predictions(tmp_path / "p.csv", "text,label,m,k\nhello there,a,a,b\nsecond,a,a,b\n")
    assert one.decision.status == "undecided"
    assert {"caveat.few_examples", "warning.one_label"} <= set(codes(one))
    single = predictions(tmp_path / "s.jsonl", '{"text": "x", "label": "a", "m": "a", "k": "b"}\n')
    assert (single.n, single.decision.status) == (1, "undecided")


def test_scores_that_are_no_numbers_are_refused_and_nan_is_a_missing_one(tmp_path: Path) -> None:
    found = decide({"a": [1, math.nan, 1], "b": [1, 1, 1]}, {"a": 1, "b": 2})
    assert "caveat.missing_scores" in [x.code for x in found.caveats]
    with pytest.raises(DataUnreadable):
        decide({"a": [1, "high"], "b": [1, 1]}, {"a": 1, "b": 2})  # type: ignore[list-item]
    rows = "example,model,score\n" + "".join(
        f"e{i},{m},{'nan' if i == 3 else 1}\n" for i in range(40) for m in ("a", "b")
    )
    scored = predictions(tmp_path / "p.csv", rows)
    assert "caveat.missing_scores" in codes(scored)
    left = predictions(tmp_path / "p.csv", rows, failed="exclude")
    assert left.n == 39


def test_rows_without_names_are_counted_and_too_many_models_refused(tmp_path: Path) -> None:
    good = "".join(f"e{i},a,m,a\n" for i in range(40))
    found = predictions(
        tmp_path / "p.csv", f"example,label,model,prediction\n{good}e9,a,,a\n,a,m,a\n"
    )
    (told,) = [x for x in found.decision.caveats if x.code == "warning.nameless_rows"]
    assert told.facts == {"count": 2, "rows": [41, 42]}
    costly = "example,label,model,prediction,cost\ne1,a,m,a,1\ne2,a,m,a,dear\n"
    with pytest.raises(DataUnreadable) as caught:
        predictions(tmp_path / "p.csv", costly)
    assert (caught.value.facts["row"], caught.value.facts["value"]) == (2, "dear")
    assert "row 2" in Wording("en").error(caught.value.code, caught.value.facts)[0]
    many = "".join(f"e1,a,model{i},a\n" for i in range(201))
    with pytest.raises(DataUnreadable) as caught:
        predictions(tmp_path / "p.csv", f"example,label,model,prediction\n{many}")
    assert caught.value.facts["reason"] == "too_many_models"
    columns = ",".join(f"c{i}" for i in range(201))
    with pytest.raises(DataUnreadable):
        predictions(tmp_path / "p.csv", f"label,{columns}\na{',a' * 201}\nb{',a' * 201}\n")


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_word_is_there(language: str) -> None:
    words = Wording(language)
    keys = ("unknown_price", "labels_suggested", "excluded_examples")
    keys_of = [f"caveat.{x}" for x in keys] + [
        "warning.nameless_rows",
        "tests.mcnemar",
        "tests.none",
    ]
    assert [x for x in keys_of if not words.has(x)] == []
    for reason in ("not_probabilities", "too_many_models"):
        message, _ = words.error(
            "data.unreadable", {"name": "p.csv", "reason": reason, "value": "7"}
        )
        assert reason not in message
    message, hint = words.error("input.nothing_answered", {"name": "p.csv", "models": 2})
    assert "p.csv" in message
    assert "--failed" in hint


def test_pairs_of_names_from_a_file_are_read_with_care() -> None:
    assert pairs_of([["a", "b"], ["c"], "de", [1, 2], ["x", "y", "z"], None]) == (("a", "b"),)
    assert pairs_of({"a": "b"}) == ()
    assert pairs_of(None) == ()


def test_of_several_labels_at_once_no_meaning_is_guessed_and_no_sureness_told() -> None:
    def say(*names: str) -> Labels:
        return Labels(tuple(ScoredLabel(name, 0.9) for name in names), several=True)

    n = 60
    truth = ["red; round" if i % 2 else "blue" for i in range(n)]
    texts = tuple(f"text {i * 7919 % 9973}" for i in range(n))
    examples = Examples("a.csv", "0" * 64, texts, tuple(truth), (), "text", "label")
    outputs = tuple(say("rouge", "rond") if i % 2 else say("blue") for i in range(n))
    one = Contestant("m", "m", "1", "torch", "fp32", "", 1, 1)
    row = Measurement("m", "torch", "fp32", outputs, labels=("rouge", "rond", "blue"))
    found = evaluate("", examples, [one], [row], Rules())
    told = codes(found)
    assert "caveat.labels_do_not_match" in told
    assert "caveat.labels_suggested" not in told
    assert found.calibration == ()
    assert found.slices is not None
    assert "label" not in {part.by for part in found.slices.parts}
