# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selector.decide.answers import Noise
from selector.decide.labels import LabelQueue
from selector.decide.pool import Eagerness, disagreement, draws_of_scores, within_rows
from selector.errors import BadSetting, DataEmpty

COSTS = {"small": 1.0, "middle": 5.0, "large": 30.0}


def collection(
    n: int = 500, seed: int = 0, classes: int = 3, **rates: float
) -> tuple[dict[str, list[str]], list[str]]:
    """Correlated answers of models with these accuracies, and the truth."""
    rng = np.random.default_rng(seed)
    truth, hard = rng.integers(0, classes, n), rng.random(n)
    said = {}
    for name, rate in rates.items():
        right = 0.8 * hard + 0.2 * rng.random(n) < rate
        said[name] = [
            f"label {x}"
            for x in np.where(right, truth, (truth + rng.integers(1, classes, n)) % classes)
        ]
    return said, [f"label {x}" for x in truth]


def drive(queue: LabelQueue, truth: list[str], most: int = 400) -> int:
    for asked in range(most):
        index = queue.next()
        if index is None:
            return asked
        queue.answer(index, truth[index])
    return most


def test_few_labels_find_the_smallest_good_enough_model() -> None:
    said, truth = collection(small=0.55, middle=0.83, large=0.85)
    queue = LabelQueue(said, COSTS)
    asked = drive(queue, truth)
    assert queue.decision.choice == "middle"
    assert asked < 150
    assert queue.next() is None
    assert queue.running[0] == "middle"
    assert "reason.ruled_out" in [x.code for x in queue.decision.reasons]


def test_only_contested_inputs_are_asked_about() -> None:
    said, truth = collection(small=0.7, large=0.8)
    queue = LabelQueue(said, {"small": 1, "large": 2}, margin=0.01, repeats=0)
    differ = {i for i in range(500) if said["small"][i] != said["large"][i]}
    asked = set()
    while (index := queue.next()) is not None:
        assert index not in asked
        asked.add(index)
        queue.answer(index, truth[index])
    assert asked <= differ


def test_when_everything_contested_is_labelled_the_answer_is_exact() -> None:
    said, truth = collection(120, small=0.78, middle=0.8, large=0.82)
    queue = LabelQueue(said, COSTS, margin=0.001, repeats=0, stop=False)
    drive(queue, truth)
    right = {m: np.mean([a == b for a, b in zip(said[m], truth, strict=True)]) for m in said}
    assert queue.open == 0 or len(queue.running) == 1
    assert right[queue.decision.choice] >= max(right.values()) - 0.001
    assert right[queue.best] == max(right.values())


def test_the_same_seed_asks_the_same_and_next_does_not_move() -> None:
    said, truth = collection(small=0.7, middle=0.8, large=0.8)
    one, two = LabelQueue(said, COSTS, seed=3), LabelQueue(said, COSTS, seed=3)
    for _ in range(40):
        index = one.next()
        assert index == one.next() == two.next()
        if index is None:
            break
        assert one.decision.status == one.decision.status  # looking changes nothing
        one.answer(index, truth[index])
        two.answer(index, truth[index])
        two.decision  # noqa: B018
        two.best  # noqa: B018


def test_identical_models_need_no_label() -> None:
    queue = LabelQueue({"small": ["a", "b"], "large": ["a", "b"]}, {"small": 1, "large": 2})
    assert queue.next() is None
    assert queue.decision.choice == "small"


def test_one_input_and_one_class() -> None:
    queue = LabelQueue({"small": ["a"], "large": ["b"]}, {"small": 1, "large": 2})
    assert queue.next() == 0
    queue.answer(0, "b")
    assert queue.next() is None
    assert queue.decision.choice == "large"
    alone = LabelQueue({"only": ["a", "a"]}, {"only": 1})
    assert alone.next() is None
    assert alone.decision.choice == "only"


def test_none_of_these_and_labels_nobody_gave_make_all_wrong() -> None:
    said, _ = collection(small=0.7, large=0.8)
    queue = LabelQueue(said, {"small": 1, "large": 2}, repeats=0)
    for label in (None, "label nobody gave", "", float("nan")) * 10:
        index = queue.next()
        if index is None:
            break
        queue.answer(index, label)
    facts = {x.code: x.facts for x in queue.decision.caveats}
    assert facts["caveat.none_of_these"]["count"] >= 20


def test_skipped_inputs_are_not_asked_again() -> None:
    said, truth = collection(60, small=0.6, large=0.8)
    queue = LabelQueue(said, {"small": 1, "large": 2}, repeats=0)
    skipped = set()
    for turn in range(60):
        index = queue.next()
        if index is None:
            break
        assert index not in skipped
        if turn % 2:
            queue.answer(index, truth[index])
        else:
            queue.skip(index)
            skipped.add(index)
    told = {x.code: x.facts for x in queue.decision.caveats}
    assert told["caveat.skipped_inputs"] == {"count": len(skipped)}


def test_undo_takes_back_the_last_answer() -> None:
    said, truth = collection(small=0.6, large=0.8)
    queue = LabelQueue(said, {"small": 1, "large": 2}, repeats=0)
    assert queue.undo() is None
    first = queue.next()
    queue.answer(first, "nonsense")
    second = queue.next()
    queue.skip(second)
    assert queue.undo() == second == queue.next()
    assert queue.undo() == first == queue.next()
    assert queue.labels == 0
    queue.answer(first, truth[first])
    drive(queue, truth)
    assert queue.decision.decided


def test_contradicting_labels_are_noise_and_no_crash() -> None:
    said, _ = collection(small=0.6, large=0.8)
    queue = LabelQueue(said, {"small": 1, "large": 2}, repeats=0.5)
    for _ in range(20):
        index = queue.next()
        if index is None:
            break
        queue.answer(index, said["small"][index])
        queue.answer(index, said["large"][index])
    told = {x.code: x.facts for x in queue.decision.caveats}
    assert told["caveat.noisy_labels"]["noise"] > 0.1


def test_hidden_repeats_come_back_and_learn_the_noise() -> None:
    said, truth = collection(2000, small=0.79, middle=0.8, large=0.8)
    queue = LabelQueue(said, COSTS, margin=0.001, repeats=0.3, stop=False)
    seen: list[int] = []
    for _ in range(100):
        index = queue.next()
        seen.append(index)
        queue.answer(index, truth[index])
    assert 10 < len(seen) - len(set(seen)) < 50


def test_missing_answers_count_as_the_caller_says() -> None:
    said, truth = collection(small=0.8, large=0.8)
    said["small"][:250] = [None] * 250  # type: ignore[list-item]
    wrong = LabelQueue(said, {"small": 1, "large": 2})
    drive(wrong, truth)
    assert wrong.decision.choice == "large"
    assert "caveat.missing_outputs" in [x.code for x in wrong.decision.caveats]
    without = LabelQueue(said, {"small": 1, "large": 2}, margin=0.1, missing="exclude")
    drive(without, truth)
    assert without.decision.choice == "small"
    assert {x.code: x.facts for x in without.decision.caveats}["caveat.excluded_examples"] == {
        "count": 250,
        "n": 500,
    }


def test_numpy_and_plain_labels_are_the_same() -> None:
    codes = np.array([0, 1, 2, 1])
    queue = LabelQueue({"small": codes, "large": [0, 1, 1, 2]}, {"small": 1, "large": 2})
    index = queue.next()
    queue.answer(np.int64(index), np.int32(codes[index]))
    assert set(queue.choices(2)) == {1, 2}
    assert "caveat.none_of_these" not in [x.code for x in queue.decision.caveats]


def test_bad_input_is_an_error() -> None:
    with pytest.raises(BadSetting):
        LabelQueue({"a": ["x"], "b": []}, {})
    with pytest.raises(DataEmpty):
        LabelQueue({"a": [], "b": []}, {})
    with pytest.raises(BadSetting):
        LabelQueue({"a": ["x"]}, {}, repeats=2)
    with pytest.raises(BadSetting):
        LabelQueue({"a": ["x"]}, {}).answer(5, "x")
    with pytest.raises(BadSetting):
        LabelQueue({"a": ["x"]}, {}).skip(-1)


def test_volunteered_answers_count_for_themselves_alone() -> None:
    """Only inputs on which the large model is right are volunteered: no estimate may follow them."""
    said, truth = collection(1000, small=0.8, large=0.8)
    queue = LabelQueue(said, {"small": 1, "large": 2}, repeats=0)
    better = [i for i in range(1000) if said["large"][i] == truth[i] != said["small"][i]]
    for index in better[:15]:
        queue.answer(index, truth[index])
    drive(queue, truth)
    assert queue.decision.choice == "small"


@settings(max_examples=25, deadline=None)
@given(
    codes=st.integers(1, 12).flatmap(
        lambda n: st.lists(
            st.lists(st.integers(-1, 4), min_size=3, max_size=3), min_size=n, max_size=n
        )
    )
)
def test_disagreement_is_the_chance_that_two_models_differ(codes: list[list[int]]) -> None:
    table = np.array(codes)
    weights = np.array([0.5, 0.3, 0.2])
    expected = [
        sum(weights[a] * weights[b] * (row[a] != row[b]) for a in range(3) for b in range(3))
        for row in table
    ]
    assert disagreement(table, weights) == pytest.approx(expected, abs=1e-12)
    narrow = within_rows(table)
    assert (
        (narrow[:, :, None] == narrow[:, None, :]) == (table[:, :, None] == table[:, None, :])
    ).all()
    assert disagreement(narrow, weights) == pytest.approx(expected, abs=1e-12)


def test_estimates_are_unbiased_however_eagerly_was_asked() -> None:
    rng = np.random.default_rng(0)
    n = 200
    right = (rng.random((n, 2)) < [0.4, 0.6]).astype(float)
    values = np.where(
        right[:, 0] > right[:, 1], 5.0, 1.0
    )  # wins of the first are asked more eagerly
    found = []
    for _ in range(300):
        eager, unasked, asked = Eagerness(n), np.ones(n, dtype=bool), []
        for _ in range(30):
            chances = np.where(unasked, values, 0.0)
            index = int(rng.choice(n, p=chances / chances.sum()))
            eager.asked(values, unasked)
            unasked[index] = False
            asked.append(index)
        drawn = draws_of_scores(
            right[asked], eager.stands_for()[asked], n - 30, n, 50, rng, pseudo=1e-3
        )
        found.append((drawn[:, 1] - drawn[:, 0]).mean())
    truth = float((right[:, 1] - right[:, 0]).mean())
    assert np.mean(found) == pytest.approx(truth, abs=4 * np.std(found) / np.sqrt(300) + 0.01)


def test_the_spread_of_a_pool_is_that_of_a_finite_population() -> None:
    rng = np.random.default_rng(0)
    right = (rng.random((100, 1)) < 0.5).astype(float)
    drawn = draws_of_scores(right, np.ones(100), 100, 200, 20_000, rng, pseudo=1e-6)
    rest = 100 * drawn.std() * 2  # the drawn sum of the rest
    expected = 100 * right.std() * np.sqrt(1 / 100 + 1 / 100)
    assert rest == pytest.approx(expected, rel=0.1)
    assert draws_of_scores(right, np.zeros(100), 0, 100, 50, rng).std() == pytest.approx(0)


def test_noise_is_learned_and_stretches_differences() -> None:
    rng = np.random.default_rng(0)
    sure, unsure = Noise(), Noise()
    for _ in range(50):
        sure.see(True)
        unsure.see(False)
    assert sure.expected < 0.02 < 0.3 < unsure.expected
    assert 1 <= sure.stretch(500, rng).mean() < 1.03 < 2 < unsure.stretch(500, rng).mean() < 4
