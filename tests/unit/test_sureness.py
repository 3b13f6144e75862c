"""Is a model as sure as it is right; what do thresholds bring, on examples they were not chosen on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.calibration import calibration_curve

from selector.decide import calibration_text
from selector.decide.calculator import Calculator
from selector.decide.calibration import (
    FEWEST,
    bins_of,
    calibration,
    calibration_error,
    curve,
    halves,
    sureness,
    tuned,
)
from selector.decide.calibration_facts import calibration_from_json
from selector.decide.codec import evaluation_from_json
from selector.decide.cut import best_cut
from selector.decide.metrics import METRICS
from selector.errors import DataUnreadable
from selector.tasks.outputs import Labels, ScoredLabel, Text
from selector.wording import Wording


def answers(n: int, shift: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Sureness from one half up, and answers that are right as often less ``shift``."""
    rng = np.random.default_rng(seed)
    sure = rng.uniform(0.5, 1, n)
    return sure, rng.random(n) < np.clip(sure - shift, 0, 1)


def say(label: str, score: float) -> Labels:
    return Labels((ScoredLabel(label, score),))


def test_bins_are_those_of_the_reference() -> None:
    sure, right = answers(400, 0.1)
    found = calibration("m", sure, right, np.arange(400))
    shares, means = calibration_curve(right, sure, n_bins=10, strategy="quantile")
    assert [x.right for x in found.bins] == pytest.approx(shares.tolist())
    assert [x.sure for x in found.bins] == pytest.approx(means.tolist())
    assert sum(x.n for x in found.bins) == 400


@pytest.mark.parametrize(("shift", "n"), [(0.0, 100), (0.05, 400), (0.15, 400)])
def test_the_interval_holds_the_true_error_most_of_the_time(shift: float, n: int) -> None:
    held = 0
    for seed in range(20):
        sure, right = answers(n, shift, seed)
        _, low, high, _ = calibration_error(sure, right, bins_of(sure), seed)
        held += low <= shift <= high
    assert held >= 15


def test_exact_sureness_shows_no_more_error_than_chance() -> None:
    sure, right = answers(2000, 0.0)
    found = calibration("m", sure, right, np.arange(2000))
    assert found.low == 0.0
    assert found.error < 2 * found.by_chance
    over, wrong = answers(2000, 0.2)
    found = calibration("m", over, wrong, np.arange(2000))
    assert found.low > 0.1
    assert found.surer == pytest.approx(0.2, abs=0.05)


@settings(max_examples=40, deadline=None)
@given(
    arrays(np.float64, st.integers(FEWEST, 90), elements=st.floats(0, 1)),
    st.integers(0, 2**32 - 1),
)
def test_numbers_stay_in_their_bounds(sure: np.ndarray, seed: int) -> None:
    if np.ptp(sure) == 0:
        return
    right = np.random.default_rng(seed).random(len(sure)) < 0.5
    found = calibration("m", sure, right, np.arange(len(sure)), seed=1)
    assert 0 <= found.low <= found.error <= found.high <= 1
    assert sum(x.n for x in found.bins) == len(sure)
    covered = [x.coverage for x in found.curve]
    assert covered == sorted(covered, reverse=True)
    assert covered[0] == 1
    for each in (*found.bins, *found.curve):
        assert 0 <= each.low <= each.right <= each.high <= 1
    assert calibration_from_json(json.loads(json.dumps(found.to_json()))) == found


def test_a_threshold_is_judged_on_examples_it_was_not_chosen_on() -> None:
    sure, right = answers(4000, 0.0)
    half = halves(np.arange(4000), 0)
    found = tuned(sure, right, half, 0.9)
    assert found.threshold is not None
    assert found.checked is not None
    kept = (~half) & (sure >= found.threshold)
    assert found.checked.n == kept.sum()
    assert found.checked.right == pytest.approx(right[kept].mean())
    assert found.checked.coverage == pytest.approx(kept.sum() / (~half).sum())
    assert found.checked.right == pytest.approx(0.9, abs=0.03)


def test_pure_noise_never_holds_what_it_seemed_to_promise() -> None:
    """Sureness says nothing: thresholds that look good on one half must not be promised."""
    promised = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        sure, right = rng.random(300), rng.random(300) < 0.8
        promised += tuned(sure, right, halves(np.arange(300), seed), 0.9).held == "yes"
    assert promised <= 2


def test_a_target_out_of_reach_has_no_threshold_and_equal_sureness_is_not_parted() -> None:
    sure = np.array([0.9] * 60 + [0.6] * 60)
    right = np.array([True] * 50 + [False] * 70)
    assert tuned(sure, right, halves(np.arange(120), 0), 0.99).threshold is None
    assert {x.threshold for x in curve(sure, right)} == {0.0, 0.9}


def test_repeated_inputs_stay_in_one_half() -> None:
    groups = np.repeat(np.arange(50), 3)
    half = halves(groups, 3)
    assert all(len(set(half[groups == g])) == 1 for g in range(50))
    assert 0 < half.sum() < 150


def test_a_model_that_is_always_equally_sure_says_nothing() -> None:
    labels = ["a"] * 60
    assert sureness([say("a", 1.0)] * 60, labels) is None
    assert sureness([Text("a", 1)] * 60, labels) is None
    assert (
        sureness([say("a", 0.5 + i / 200) for i in range(FEWEST - 1)], labels[: FEWEST - 1]) is None
    )
    assert sureness([say("a", 3.0 + i) for i in range(60)], labels) is None
    where, sure, right = (
        sureness([None, *(say("a" if i % 2 else "b", 0.5 + i / 200) for i in range(59))], labels)
        or (np.empty(0),) * 3
    )
    assert where.tolist() == list(range(1, 60))
    assert right.sum() == 29
    assert sure.max() == pytest.approx(0.79)


def test_of_two_categories_a_better_cut_is_found_and_proved() -> None:
    """A model that calls everything spam only when it is nearly certain misses most of it."""
    rng = np.random.default_rng(0)
    n = 800
    spam = rng.random(n) < 0.3
    chance = np.clip(np.where(spam, rng.normal(0.35, 0.1, n), rng.normal(0.1, 0.07, n)), 0, 1)
    labels = ["spam" if x else "ham" for x in spam]
    outputs = [say("spam", x) if x >= 0.5 else say("ham", 1 - x) for x in chance]
    cut = best_cut(METRICS["accuracy"], outputs, labels, list(range(n)))
    assert cut is not None
    assert cut.positive == "spam"
    assert 0.1 < cut.threshold < 0.4
    assert cut.after > cut.before
    assert cut.difference[0] > 0
    assert cut.n == n - n // 2
    three = [*labels[:-1], "other"]
    assert best_cut(METRICS["accuracy"], outputs, three, list(range(n))) is None
    assert best_cut(METRICS["accuracy"], [None, *outputs[1:]], labels, list(range(n))) is None


def test_a_cut_that_gains_nothing_is_not_praised() -> None:
    rng = np.random.default_rng(3)
    labels = ["a" if x else "b" for x in rng.random(200) < 0.5]
    outputs = [
        say(x if rng.random() < 0.8 else "ab"[x == "a"], 0.9 - i / 900)
        for i, x in enumerate(labels)
    ]
    cut = best_cut(METRICS["accuracy"], outputs, labels, list(range(200)))
    assert cut is not None
    assert cut.difference[0] <= 0


def predictions(path: Path, **args: Any) -> dict[str, Any]:
    asked = {"data": {"path": str(path)}, **args}
    return Calculator().handle("predictions", asked, lambda _: None, lambda: False)


def rows(probability: Any) -> str:
    rng = np.random.default_rng(0)
    lines = ["example,label,model,prediction,probability"]
    for i in range(120):
        truth = "ab"[i % 2]
        said = truth if rng.random() < 0.8 else "ab"[truth == "a"]
        lines.append(f"e{i},{truth},m,{said},{probability(i)}")
    return "\n".join(lines)


def test_a_file_of_predictions_may_say_how_sure_they_are(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text(rows(lambda i: 0.5 + i / 300))
    done = evaluation_from_json(predictions(path))
    (found,) = done.calibration
    assert (found.ref, found.n) == ("m", 120)
    assert found.cut is not None
    path.write_text(rows(lambda i: "" if i == 3 else 0.5 + i / 300))
    assert predictions(path)["calibration"] == []
    path.write_text(rows(lambda i: i))
    with pytest.raises(DataUnreadable) as caught:
        predictions(path)
    assert caught.value.facts["reason"] == "not_probabilities"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_outcome_has_a_sentence(language: str) -> None:
    words = Wording(language)
    sure, right = answers(1000, 0.1)
    found = calibration("m", sure, right, np.arange(1000))
    told = [calibration_text.summary(found, "m", words), *calibration_text.advice(found, words)]
    for columns, table in (
        calibration_text.bins(found, words),
        calibration_text.curve(found, words),
    ):
        assert all(len(row) == len(columns) for row in table)
        told += columns
    assert not [x for x in told if not x or "…" in x or "calibration." in x]
    for key in ("tuned.yes", "tuned.no", "tuned.unclear", "tuned.none", "cut.worse", "cut.no_gain"):
        assert words.has(f"calibration.{key}")
