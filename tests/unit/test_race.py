# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from selector.decide.race import Race
from selector.decide.statistics import deficits, posterior_of_means
from selector.decide.stopping import chance_of_certifying
from selector.errors import BadSetting

COSTS = {"large": 30, "small": 1, "middle": 5}


def table(n: int = 600, seed: int = 0, **rates: float) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    hard = rng.random(n)
    return {
        name: (0.8 * hard + 0.2 * rng.random(n) < rate).astype(float)
        for name, rate in rates.items()
    }


def drive(race: Race, scores: dict[str, np.ndarray], rounds: int = 1000) -> None:
    for _ in range(rounds):
        indices = race.next()
        if not indices:
            return
        for model in race.running:
            for index in indices:
                race.record(model, index, scores[model][index])


def test_hopeless_models_are_dropped_and_the_smallest_good_enough_wins() -> None:
    scores = table(small=0.4, middle=0.84, large=0.84)
    race = Race(list(scores), COSTS, n=600)
    assert race.running == ("small", "middle", "large")
    drive(race, scores)
    assert race.decision.choice == "middle"
    assert "small" not in race.running
    assert race.saved > 0.2
    assert race.evaluations == round((1 - race.saved) * 1800)
    assert race.next() == ()


def test_examples_come_in_a_random_order_that_the_seed_repeats() -> None:
    names = list(COSTS)
    one, two = Race(names, COSTS, n=600, seed=4), Race(names, COSTS, n=600, seed=4)
    assert one.next() == two.next() == one.next()
    assert one.next() != Race(names, COSTS, n=600, seed=5).next()
    assert len(set(one.next())) == len(one.next())
    assert Race(names, COSTS).next()[:3] == (0, 1, 2)


def test_a_race_goes_on_where_it_was_stopped() -> None:
    scores = table(small=0.78, middle=0.8, large=0.8)
    through, stopped = Race(list(scores), COSTS, n=600), Race(list(scores), COSTS, n=600)
    drive(through, scores)
    log: list[tuple[str, int]] = []
    for _ in range(3):
        for model in stopped.running:
            for index in stopped.missing_for(model)[:17]:
                stopped.record(model, index, scores[model][index])
                log.append((model, index))
    resumed = Race(list(scores), COSTS, n=600)
    for model, index in log:
        resumed.record(model, index, scores[model][index])
    assert resumed.missing_for("small") == stopped.missing_for("small")
    assert set(resumed.next()).isdisjoint(
        i for i in range(600) if all((m, i) in log for m in scores)
    )
    drive(resumed, scores)
    assert resumed.decision == through.decision
    assert resumed.evaluations == through.evaluations


def test_when_the_examples_are_spent_open_models_are_named() -> None:
    scores = table(120, small=0.76, large=0.8)
    race = Race(list(scores), {"small": 1, "large": 2}, margin=0.03, n=120)
    drive(race, scores)
    decision = race.decision
    if decision.decided:
        assert decision.choice == "large"
        assert "reason.open" in [x.code for x in decision.reasons]
        assert decision.reasons[0].code == "reason.certified"


def test_nothing_is_known_before_the_first_look() -> None:
    race = Race(["a", "b"], {"a": 1, "b": 2}, n=100)
    assert not race.decision.decided
    race.record("a", race.next()[0], 1.0)
    assert not race.decision.decided
    assert race.decision.n == 0


def test_one_example_and_one_model() -> None:
    race = Race(["a", "b"], {"a": 1, "b": 2}, n=1)
    for model in race.running:
        race.record(model, race.next()[0], 1)
    assert race.next() == ()
    assert not race.decision.decided
    alone = Race(["a"], {"a": 1}, n=50)
    drive(alone, {"a": np.ones(50)})
    assert alone.decision.choice == "a"


def test_identical_models_end_with_the_smallest() -> None:
    scores = table(small=0.8)
    scores["large"] = scores["small"]
    race = Race(list(scores), {"small": 1, "large": 2}, n=600)
    drive(race, scores)
    assert race.decision.choice == "small"
    assert race.saved > 0.5


def test_failures_count_as_the_caller_says() -> None:
    scores = table(small=0.8, large=0.8)
    holes = {**scores, "small": np.where(np.arange(600) % 2, np.nan, scores["small"])}
    wrong = Race(list(holes), {"small": 1, "large": 2}, n=600)
    drive(wrong, holes)
    assert wrong.decision.choice == "large"
    assert "caveat.missing_scores" in [x.code for x in wrong.decision.caveats]
    without = Race(list(holes), {"small": 1, "large": 2}, margin=0.1, n=600, missing="exclude")
    drive(without, holes)
    assert without.decision.choice == "small"
    assert "caveat.excluded_examples" in [x.code for x in without.decision.caveats]


def test_a_strict_race_takes_longer_and_is_right() -> None:
    scores = table(5000, small=0.8, large=0.8)
    quick = Race(list(scores), {"small": 1, "large": 2}, n=5000)
    strict = Race(list(scores), {"small": 1, "large": 2}, n=5000, strict=True)
    drive(quick, scores)
    drive(strict, scores)
    assert strict.decision.choice == quick.decision.choice == "small"
    assert strict.saved < quick.saved


def test_bad_input_is_an_error() -> None:
    for bad in ({"margin": -1}, {"confidence": 2}, {"n": 0}, {"bounds": (1, 0)}, {"missing": "?"}):
        with pytest.raises(BadSetting):
            Race(["a"], {"a": 1}, **bad)  # type: ignore[arg-type]
    with pytest.raises(BadSetting):
        Race([], {})
    with pytest.raises(BadSetting):
        Race(["a", "a"], {})
    race = Race(["a"], {"a": 1}, n=10)
    for record in (("b", 0, 1), ("a", 10, 1), ("a", -1, 1), ("a", 0, 1.5)):
        with pytest.raises(BadSetting):
            race.record(*record)


def test_the_chance_to_be_certified_falls_with_the_gap_and_forecasts_well() -> None:
    rng = np.random.default_rng(0)
    certified, forecast = [], []
    for _ in range(150):
        rates = rng.uniform(0.74, 0.82, 2)
        values = (rng.random((400, 2)) < rates).astype(float)
        early = deficits(posterior_of_means(values[:150], draws=1000))
        forecast.append(chance_of_certifying(early, 0.05, 0.95, (150 / 400) ** 0.5)[0])
        late = deficits(posterior_of_means(values, draws=1000))
        certified.append((late <= 0.05).mean(axis=0)[0] >= 0.95)
    certified, forecast = np.array(certified), np.array(forecast)
    assert certified[forecast < 0.1].mean() < 0.2
    assert certified[forecast > 0.7].mean() > 0.5
