# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import evalica
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selector.decide.bradley_terry import fit, win_rates
from selector.decide.votes import VoteQueue
from selector.errors import BadSetting, DataEmpty


def drive(queue: VoteQueue, strength: dict[str, float], noise: float = 0.0, seed: int = 0) -> None:
    rng = np.random.default_rng(seed)
    while (shown := queue.next()) is not None:
        _, left, right = shown
        better = left if strength[left] + rng.normal() > strength[right] + rng.normal() else right
        if rng.random() < noise:
            better = left if better == right else right
        queue.vote(better)


def test_the_best_is_found_within_the_budget() -> None:
    strength = {"a": 0.0, "b": 3.0, "c": 0.5}
    queue = VoteQueue(list(strength), 200)
    drive(queue, strength)
    assert queue.best == "b"
    assert queue.decision.choice == "b"
    assert queue.votes < 80
    assert queue.next() is None


def test_a_smaller_model_wins_where_it_is_good_enough() -> None:
    strength = {"large": 2.0, "small": 2.0, "bad": -2.0}
    costs = {"large": 30, "small": 1, "bad": 0.5}
    queue = VoteQueue(list(strength), 500, margin=0.3, costs=costs, budget=200)
    drive(queue, strength)
    assert queue.decision.choice == "small"


def test_sides_are_random_and_pairs_even_at_first() -> None:
    queue = VoteQueue(["a", "b", "c"], 100, seed=1)
    lefts, pairs = [], []
    for _ in range(9):
        _, left, right = queue.next()
        lefts.append(left)
        pairs.append(frozenset((left, right)))
        queue.vote("tie")
    assert len(set(lefts)) == 3
    assert {pairs.count(pair) for pair in pairs} == {3}


def test_next_shows_the_same_until_there_is_a_vote() -> None:
    queue = VoteQueue(["a", "b"], ["first prompt", "second prompt"])
    assert queue.next() == queue.next()
    assert queue.next()[0] in {"first prompt", "second prompt"}
    before = queue.next()
    queue.vote("skip")
    assert queue.votes == 0
    assert queue.undo()
    assert queue.next() == before
    assert not queue.undo()


def test_skipping_for_ever_ends() -> None:
    queue = VoteQueue(["a", "b"], 3, budget=5)
    shown = 0
    while queue.next() is not None:
        queue.vote(None)
        shown += 1
    assert shown == 3  # an item that nobody could judge is not shown again
    assert not queue.decision.decided


def test_ties_alone_leave_it_open_and_say_that_the_budget_is_spent() -> None:
    queue = VoteQueue(["a", "b"], 50, budget=20, margin=0.001)
    while queue.next() is not None:
        queue.vote("tie")
    assert not queue.decision.decided
    assert "caveat.budget_spent" in [x.code for x in queue.decision.caveats]
    assert queue.decision.models[0].score == pytest.approx(0.5)


def test_a_person_who_contradicts_herself_is_believed_less() -> None:
    decisions = []
    for contradict in (False, True):
        queue = VoteQueue(["a", "b"], 1000, seed=2, repeats=0.5, budget=60, confidence=0.9999)
        said: dict[tuple[object, frozenset[str]], str] = {}
        while (shown := queue.next()) is not None:
            item, left, right = shown
            key = (item, frozenset((left, right)))
            better = "a"
            if contradict and key in said:
                better = "b"
            said[key] = better
            queue.vote(better)
        decisions.append(queue.decision)
    assert "caveat.noisy_labels" not in [x.code for x in decisions[0].caveats]
    assert {x.code: x.facts for x in decisions[1].caveats}["caveat.noisy_labels"]["noise"] > 0.2


def test_outputs_that_are_the_same_are_ties_that_nobody_is_asked_about() -> None:
    outputs = {"a": ["x", "y", "z", "z"], "b": ["x", "y", "z", "other"]}
    queue = VoteQueue(["a", "b"], 4, outputs=outputs)
    assert queue.next()[0] == 3
    queue.vote("a")
    assert queue.next() is None
    rates = [row.score for row in queue.decision.models]
    assert 0.5 < rates[0] <= 0.5 + 0.5 / 4
    assert "caveat.same_outputs" in [x.code for x in queue.decision.caveats]


def test_models_that_always_say_the_same_need_no_vote() -> None:
    same = {"large": ["x", "y"], "small": ["x", "y"]}
    queue = VoteQueue(["large", "small"], 2, outputs=same, costs={"large": 9, "small": 1})
    assert queue.next() is None
    assert queue.decision.choice == "small"


def test_votes_of_an_earlier_session_lead_to_the_same_next_question() -> None:
    first = VoteQueue(["a", "b", "c"], 50, seed=4)
    given = []
    for turn in range(30):
        item, left, right = first.next_index()
        if turn % 7 == 3:
            first.vote("right")
            first.undo()
            assert first.next_index() == (item, left, right)
        first.vote("left")
        given.append((item, left, right, "left"))
    again = VoteQueue(["a", "b", "c"], 50, seed=4)
    for vote in given:
        again.record(*vote)
    assert again.next_index() == first.next_index()
    assert again.decision == first.decision


def test_bad_input_is_an_error() -> None:
    for models in (["a"], list("abcde"), ["a", "a"]):
        with pytest.raises(BadSetting):
            VoteQueue(models, 10)
    with pytest.raises(DataEmpty):
        VoteQueue(["a", "b"], [])
    with pytest.raises(BadSetting):
        VoteQueue(["a", "b"], 10, budget=0)
    queue = VoteQueue(["a", "b"], 10, budget=1)
    with pytest.raises(BadSetting):
        queue.vote("c")
    for wrong in ((10, "a", "b", "left"), (0, "a", "c", "left"), (0, "a", "a", "tie")):
        with pytest.raises(BadSetting):
            queue.record(*wrong)
    queue.vote("left")
    with pytest.raises(BadSetting):
        queue.vote("left")
    with pytest.raises(BadSetting):
        VoteQueue(["a", "b"], 3, outputs={"a": ["x"], "b": ["y"]})


wins = st.integers(2, 4).flatmap(
    lambda k: st.lists(st.lists(st.integers(0, 30), min_size=k, max_size=k), min_size=k, max_size=k)
)


@settings(max_examples=60, deadline=None)
@given(table=wins)
def test_the_mode_balances_wins_and_prior(table: list[list[int]]) -> None:
    won = np.array(table, dtype=float)
    np.fill_diagonal(won, 0)
    mode, covariance = fit(won)
    chance = 1 / (1 + np.exp(mode[None, :] - mode[:, None]))
    slope = won.sum(axis=1) - ((won + won.T) * chance).sum(axis=1) - 0.5 * mode
    assert np.abs(slope).max() < 1e-6
    assert mode.sum() == pytest.approx(0, abs=1e-6)
    assert (np.linalg.eigvalsh(covariance) > 0).all()
    rates = win_rates(mode[None, :])[0]
    assert rates.mean() == pytest.approx(0.5)


def test_with_many_votes_the_strengths_are_those_of_evalica() -> None:
    rng = np.random.default_rng(0)
    strength = np.array([0.0, 0.4, 1.0, 1.3])
    names = list("abcd")
    lefts, rights, winners = [], [], []
    won = np.zeros((4, 4))
    for _ in range(4000):
        i, j = rng.choice(4, 2, replace=False)
        first = rng.random() < 1 / (1 + np.exp(strength[j] - strength[i]))
        lefts.append(names[i])
        rights.append(names[j])
        winners.append(evalica.Winner.X if first else evalica.Winner.Y)
        won[(i, j) if first else (j, i)] += 1
    theirs = evalica.bradley_terry(lefts, rights, winners).scores
    logs = np.log([theirs[name] for name in names])
    ours, _ = fit(won, precision=1e-6)
    np.testing.assert_allclose(ours - ours[0], logs - logs[0], atol=1e-3)
