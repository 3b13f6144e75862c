# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selector.decide.anytime import Wealth
from selector.decide.codec import decision_from_json
from selector.decide.metrics import METRICS
from selector.decide.significance import holm
from selector.decide.statistics import posterior, posterior_of_means
from selector.decide.verdict import decide
from selector.errors import BadSetting, DataEmpty, DataUnreadable

COSTS = {"small": 1, "middle": 5, "large": 30}


def scores(n: int = 400, seed: int = 0, **rates: float) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    hard = rng.random(n)
    return {
        name: (0.8 * hard + 0.2 * rng.random(n) < rate).astype(float)
        for name, rate in rates.items()
    }


def test_the_smallest_good_enough_is_chosen_whatever_the_order() -> None:
    found = scores(small=0.5, middle=0.83, large=0.84)
    for names in (("small", "middle", "large"), ("large", "small", "middle")):
        decision = decide({name: found[name] for name in names}, COSTS)
        assert decision.choice == "middle"
        assert [x.ref for x in decision.models] == ["small", "middle", "large"]
        assert [x.code for x in decision.reasons][-1] == "reason.ruled_out"


def test_another_cost_gives_another_choice() -> None:
    found = scores(small=0.83, large=0.83)
    assert decide(found, {"small": 1, "large": 2}, margin=0.1).choice == "small"
    assert decide(found, {"small": 3, "large": 2}, margin=0.1).choice == "large"
    unknown = decide(found, {"large": 2}, margin=0.1)
    assert unknown.choice == "large"
    assert "caveat.unknown_cost" in [x.code for x in unknown.caveats]


def test_few_examples_are_undecided_and_say_what_would_decide() -> None:
    decision = decide(scores(40, small=0.75, middle=0.8, large=0.8), COSTS, margin=0.02)
    assert decision.status == "undecided"
    assert decision.choice is None
    assert decision.more_examples > 0
    assert decision.supported_margin is None or decision.supported_margin > 0.02


def test_a_decision_survives_json() -> None:
    decision = decide(scores(small=0.7, middle=0.8), {"small": 1, "middle": 2})
    assert decision_from_json(decision.to_json()) == decision


def test_missing_scores_count_as_the_caller_says() -> None:
    found = scores(small=0.8, large=0.8)
    holes = found["small"].tolist()
    holes[:100] = [math.nan] * 50 + [None] * 50
    wrong = decide({**found, "small": holes}, {"small": 1, "large": 2})
    assert wrong.choice == "large"
    assert wrong.n == 400
    assert [x.facts for x in wrong.caveats if x.code == "caveat.missing_scores"] == [
        {"ref": "small", "count": 100, "n": 400}
    ]
    left_out = decide({**found, "small": holes}, {"small": 1, "large": 2}, missing="exclude")
    assert left_out.n == 300
    assert left_out.models[0].score == pytest.approx(found["small"][100:].mean())
    assert [x.facts for x in left_out.caveats if x.code == "caveat.excluded_examples"] == [
        {"count": 100, "n": 400}
    ]


def test_bad_input_is_an_error_and_no_traceback_of_numpy() -> None:
    with pytest.raises(BadSetting):
        decide({}, {})
    with pytest.raises(BadSetting):
        decide({"a": [1, 0], "b": [1]}, {})
    with pytest.raises(BadSetting):
        decide({"a": [1, 0]}, {"b": 1})
    with pytest.raises(BadSetting):
        decide({"a": [1, 0]}, {"a": 1}, confidence=1.0)
    with pytest.raises(BadSetting):
        decide({"a": [1, 0]}, {"a": 1}, margin=-0.1)
    with pytest.raises(BadSetting):
        decide({"a": [1, 0]}, {"a": 1}, missing="maybe")  # type: ignore[arg-type]
    with pytest.raises(BadSetting):
        decide({"a": [1, 0]}, {"a": 1}, clusters=["one"])
    with pytest.raises(BadSetting):
        decide({"a": [1, 2.0]}, {"a": 1}, bounds=(0, 1))
    with pytest.raises(DataEmpty):
        decide({"a": []}, {"a": 1})
    with pytest.raises(DataEmpty):
        decide({"a": [None]}, {"a": 1}, missing="exclude")
    with pytest.raises(DataUnreadable):
        decide({"a": ["yes", "no"]}, {"a": 1})  # type: ignore[list-item]
    with pytest.raises(DataUnreadable):
        decide({"a": [1, math.inf]}, {"a": 1})


def test_one_example_and_identical_models() -> None:
    one = decide({"small": [1], "large": [1]}, {"small": 1, "large": 2})
    assert one.status == "undecided"
    same = [1.0, 0.0] * 200
    assert decide({"small": same, "large": same}, {"small": 1, "large": 2}).choice == "small"
    assert decide({"small": [0.0] * 300, "large": [0.0] * 300}, {"small": 1, "large": 2}).decided


def test_a_cluster_is_one_observation() -> None:
    found = scores(60, small=0.7, large=0.8)
    repeated = {name: np.repeat(column, 10) for name, column in found.items()}
    costs = {"small": 1, "large": 2}
    loose = decide(repeated, costs, clusters=[f"document {i // 10}" for i in range(600)])
    assert loose.n == 60
    each_once = decide(found, costs)
    assert [x.good_enough for x in loose.models] == [x.good_enough for x in each_once.models]
    assert decide(repeated, costs).n == 600


def test_margins_are_in_units_of_the_scores() -> None:
    found = scores(small=0.8, large=0.81)
    points = {name: 100 * column for name, column in found.items()}
    costs = {"small": 1, "large": 2}
    assert decide(points, costs, margin=5).choice == decide(found, costs, margin=0.05).choice


def test_a_corpus_metric_works_on_sums() -> None:
    rng = np.random.default_rng(0)
    length = rng.integers(5, 30, 300)
    statistics = {
        name: np.column_stack([rng.binomial(length, p), length])
        for name, p in (("a", 0.9), ("b", 0.91))
    }
    decision = decide(statistics, {"a": 1, "b": 2}, metric=METRICS["accuracy"])
    assert decision.choice == "a"
    assert decision.models[0].score == pytest.approx(statistics["a"][:, 0].sum() / length.sum())


@settings(max_examples=20, deadline=None)
@given(
    rows=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40),
    seed=st.integers(0, 3),
)
def test_means_are_drawn_as_any_metric_is(rows: list[tuple[bool, bool]], seed: int) -> None:
    values = np.array(rows, dtype=float)
    tables = [np.column_stack([column, np.ones(len(rows))]) for column in values.T]
    one = posterior_of_means(values, seed=seed, draws=100)
    two = posterior(METRICS["accuracy"], tables, seed=seed, draws=100)
    np.testing.assert_allclose(one.compared, two.compared)
    np.testing.assert_allclose(one.levels, two.levels)


@settings(max_examples=20, deadline=None)
@given(
    rows=st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=60),
    margin=st.floats(0.001, 0.5),
    order=st.randoms(use_true_random=False),
)
def test_a_decision_is_sound_and_forgets_the_order(
    rows: list[tuple[bool, ...]], margin: float, order: object
) -> None:
    found = dict(zip(COSTS, np.array(rows, dtype=float).T, strict=True))
    decision = decide(found, COSTS, margin)
    assert decision.decided == (decision.choice is not None)
    assert decision.decided == (decision.more_examples is None)
    for model in decision.models:
        low, gap, high = model.difference
        assert low <= gap <= high
        assert gap <= 0
    order.shuffle(rows)  # type: ignore[attr-defined]
    again = decide(dict(zip(COSTS, np.array(rows, dtype=float).T, strict=True)), COSTS, margin)
    assert again == decision


def test_strict_claims_less_and_never_the_wrong_thing() -> None:
    costs = {"small": 1, "large": 2}
    clear = scores(3000, small=0.8, large=0.8)
    assert decide(clear, costs, strict=True).choice == "small"
    apart = scores(3000, small=0.5, large=0.8)
    assert decide(apart, costs, strict=True).choice == "large"
    assert not decide(scores(100, small=0.8, large=0.8), costs, strict=True).decided
    with pytest.raises(BadSetting):
        decide(clear, costs, strict=True, clusters=list(range(3000)))


def test_wealth_rarely_grows_where_nothing_is_to_be_won() -> None:
    """Exactly at the margin: peeking after every example, at most 5 % ever reach 1 / 0.05."""
    rng = np.random.default_rng(1)
    reached = 0
    for _ in range(80):
        wealth = Wealth(2, 0.1)
        small, large = rng.random(200) < 0.6, rng.random(200) < 0.7
        for row in np.column_stack([small, large]).astype(float):
            wealth.see(row)
        # Wealth remembers its highest state: this is what any look on the way would have claimed.
        reached += wealth.choice(0.95).probabilities[0] == 1.0
    assert reached / 80 <= 0.05


@settings(max_examples=50)
@given(p=st.lists(st.floats(0, 1), max_size=8))
def test_holm_is_between_each_alone_and_bonferroni(p: list[float]) -> None:
    corrected = holm(p)
    assert all(a <= b <= min(1, a * len(p)) + 1e-12 for a, b in zip(p, corrected, strict=True))
    order = np.argsort(p, kind="stable")
    assert (np.diff(np.array(corrected)[order]) >= 0).all()


def test_holm_gives_the_published_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    with pytest.raises(ValueError, match="between"):
        holm([1.2])
