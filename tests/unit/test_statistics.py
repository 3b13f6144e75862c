# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from selector.decide.choice import choose, more_examples, ruled_out_below, supported_margin
from selector.decide.metrics import METRICS
from selector.decide.significance import mcnemar, paired_permutation, wilson
from selector.decide.statistics import deficits, good_enough, interval, posterior

ACCURACY = METRICS["accuracy"]


def table(right: object) -> np.ndarray:
    column = np.asarray(right, dtype=float)
    return np.column_stack([column, np.ones_like(column)])


def models(n: int, *rates: float, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [table(rng.random(n) < rate) for rate in rates]


right_or_wrong = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=60
)


@settings(max_examples=30, deadline=None)
@given(rows=right_or_wrong, seed=st.integers(0, 5), order=st.randoms(use_true_random=False))
def test_the_order_of_the_examples_does_not_matter(
    rows: list[tuple[bool, bool, bool]], seed: int, order: object
) -> None:
    tables = [table(column) for column in zip(*rows, strict=True)]
    shuffled = list(rows)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    again = [table(column) for column in zip(*shuffled, strict=True)]
    one = posterior(ACCURACY, tables, draws=100, seed=seed)
    two = posterior(ACCURACY, again, draws=100, seed=seed)
    np.testing.assert_array_equal(one.compared, two.compared)
    np.testing.assert_allclose(one.scores, two.scores)


@settings(max_examples=30, deadline=None)
@given(rows=right_or_wrong)
def test_scores_intervals_and_probabilities_make_sense(rows: list[tuple[bool, ...]]) -> None:
    joint = posterior(ACCURACY, [table(c) for c in zip(*rows, strict=True)], draws=200)
    behind = deficits(joint)
    assert (joint.levels >= 0).all()
    assert (joint.levels <= 1).all()
    for model in range(3):
        score = float(joint.scores[model])
        assert score == pytest.approx(np.mean([row[model] for row in rows]))
        low, high = interval(joint.levels[:, model], score)
        assert 0 <= low <= score <= high <= 1
    chances = [good_enough(behind, margin) for margin in (0.001, 0.01, 0.05, 0.2, 0.9)]
    assert (np.diff(chances, axis=0) >= 0).all()


def test_levels_are_the_beta_posterior() -> None:
    joint = posterior(ACCURACY, [table([1] * 30 + [0] * 10)], draws=20_000)
    expected = stats.beta(31, 11)
    for share in (0.025, 0.25, 0.5, 0.75, 0.975):
        assert np.quantile(joint.levels[:, 0], share) == pytest.approx(
            expected.ppf(share), abs=0.01
        )


def test_without_disagreement_few_examples_are_no_certainty() -> None:
    def chance(n: int) -> float:
        right = table([1] * n)
        return float(
            good_enough(deficits(posterior(ACCURACY, [right, right], draws=20_000)), 0.05)[0]
        )

    # Laplace of scale 1 / (n + 2).
    for n in (5, 30, 60):
        assert chance(n) == pytest.approx(1 - 0.5 * np.exp(-0.05 * (n + 2)), abs=0.01)
    assert chance(30) < 0.95
    assert chance(300) > 0.999


def test_a_copy_of_the_best_model_is_good_enough() -> None:
    base = models(400, 0.8, 0.6)
    chances = good_enough(deficits(posterior(ACCURACY, [base[0], base[0], base[1]])), 0.02)
    assert chances[0] > 0.98
    assert chances[1] > 0.98
    assert chances[2] < 0.01


def test_groups_have_the_law_of_single_examples() -> None:
    """Sums over equal rows are drawn as one Gamma weight; a hair of noise makes every row its own."""
    grouped = models(60, 0.7, 0.6)
    rng = np.random.default_rng(1)
    single = [t + np.column_stack([rng.normal(0, 1e-9, len(t)), np.zeros(len(t))]) for t in grouped]
    one = posterior(ACCURACY, grouped, draws=8000).compared
    two = posterior(ACCURACY, single, draws=8000).compared
    for column in range(2):
        assert stats.ks_2samp(one[:, column], two[:, column]).pvalue > 1e-3
    assert np.cov(one.T)[0, 1] == pytest.approx(np.cov(two.T)[0, 1], abs=3e-4)


def test_sparse_and_dense_tables_score_the_same() -> None:
    rng = np.random.default_rng(4)
    names = [f"c{i}" for i in range(30)]
    truth = [names[i] for i in rng.integers(0, 30, 300)]
    from selector.tasks.outputs import Labels, ScoredLabel

    said = [Labels((ScoredLabel(names[i], 1.0),)) for i in rng.integers(0, 30, 300)]
    macro = METRICS["macro-f1"]
    rows = macro.statistics(said, truth, names)
    assert np.count_nonzero(rows) < 0.2 * rows.size
    joint = posterior(macro, [rows], draws=10)
    assert joint.scores[0] == pytest.approx(float(macro.score(rows.sum(axis=0))))


def test_repeated_inputs_count_once() -> None:
    once = models(40, 0.8, 0.7)
    tenfold = [np.repeat(t, 10, axis=0) for t in once]
    clusters = [i for i in range(40) for _ in range(10)]
    honest = posterior(ACCURACY, tenfold, clusters)
    naive = posterior(ACCURACY, tenfold)
    single = posterior(ACCURACY, once)
    assert honest.n == 40
    np.testing.assert_allclose(honest.scores, single.scores)
    assert honest.compared.std(axis=0) == pytest.approx(single.compared.std(axis=0), rel=0.1)
    assert (naive.compared.std(axis=0) < 0.5 * honest.compared.std(axis=0)).all()


def test_false_claims_of_good_enough_stay_rare() -> None:
    """Two models, the smaller one just not good enough: claims about it are false."""
    rng = np.random.default_rng(7)
    false = decided = 0
    runs = 300
    for run in range(runs):
        n = int(rng.choice([40, 100, 250]))
        better = rng.random(n) < 0.85
        # The small one copies three quarters of the answers and is 6 points worse overall.
        worse = np.where(rng.random(n) < 0.75, better, rng.random(n) < 0.61)
        joint = posterior(ACCURACY, [table(worse), table(better)], draws=400, seed=run)
        choice = choose(deficits(joint), 0.05, 0.975)
        decided += choice.decided
        false += choice.decided and choice.position == 0
    assert false / runs < 0.05
    assert decided > 0


class TestChoice:
    def behind(self, *chances: float) -> np.ndarray:
        """Deficits of 1000 draws in which model m is within 0.5 with the given probability."""
        return np.array([[0.0 if i < c * 1000 else 1.0 for c in chances] for i in range(1000)])

    def test_the_smallest_certified_one_when_all_smaller_are_out(self) -> None:
        choice = choose(self.behind(0.01, 0.99, 1.0), 0.5, 0.975)
        assert (choice.decided, choice.position, choice.ruled_out) == (True, 1, (0,))

    def test_undecided_while_a_smaller_one_is_open(self) -> None:
        choice = choose(self.behind(0.01, 0.5, 1.0), 0.5, 0.975)
        assert not choice.decided
        assert (choice.position, choice.ruled_out, choice.open) == (2, (0,), (1,))

    def test_undecided_when_none_is_certified(self) -> None:
        choice = choose(self.behind(0.3, 0.7), 0.5, 0.975)
        assert (choice.decided, choice.position, choice.open) == (False, 1, (0, 1))

    def test_a_bold_user_rules_nothing_out_lightly(self) -> None:
        assert ruled_out_below(0.6) == 0.05
        assert not choose(self.behind(0.3, 1.0), 0.5, 0.6).decided

    def test_more_examples_follows_the_formula(self) -> None:
        n, p = 200, 0.1
        sd = np.sqrt(p / n)
        draws = np.abs(np.random.default_rng(0).normal(0.0, sd, (200_000, 1)))
        signed = np.random.default_rng(0).normal(0.0, sd, (200_000, 1))
        wanted = (1.96 + 0.8416) ** 2 * p / (0.05**2 + sd**2)
        assert more_examples(signed, 0.05, 0.975, n, (0,)) == pytest.approx(wanted - n, rel=0.15)
        assert more_examples(draws, 0.05, 0.975, n, (0,)) >= 1

    def test_the_supported_margin(self) -> None:
        joint = posterior(ACCURACY, models(100, 0.8, 0.82))
        behind = deficits(joint)
        choice = choose(behind, 0.02, 0.975)
        assert not choice.decided
        wider = supported_margin(behind, 0.02, 0.975, choice)
        assert wider is not None
        assert wider > 0.02
        there = choose(behind, wider, 0.975)
        assert there.decided
        strict = supported_margin(behind, 0.4, 0.975, choose(behind, 0.4, 0.975))
        assert strict is not None
        assert strict <= 0.4


def test_classical_tests_on_demand() -> None:
    a = [True] * 12 + [False] * 3 + [True] * 20
    b = [False] * 12 + [True] * 3 + [True] * 20
    assert mcnemar(a, b) == pytest.approx(2 * stats.binom.cdf(3, 15, 0.5))
    assert mcnemar(a, a) == 1
    rng = np.random.default_rng(0)
    x, y = rng.normal(0.2, 1, 30), rng.normal(0, 1, 30)
    expected = stats.permutation_test(
        (x, y),
        lambda p, q: np.mean(p - q),
        permutation_type="samples",
        n_resamples=9999,
        rng=np.random.default_rng(1),
    ).pvalue
    assert paired_permutation(x, y) == pytest.approx(expected, abs=0.02)
    assert paired_permutation(x, x) == 1
    low, high = wilson(8, 10)
    assert (low, high) == (pytest.approx(0.4902, abs=1e-3), pytest.approx(0.9433, abs=1e-3))
