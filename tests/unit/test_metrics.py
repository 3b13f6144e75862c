# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import LeaveOneOut, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier

from selector.decide.metrics import METRICS, metric, metrics_for
from selector.decide.statistics import posterior
from selector.decide.text_metrics import (
    chrf_counts,
    chrf_score,
    exact_match,
    normalise,
    token_f1,
)
from selector.errors import BadSetting, DataUnreadable, UnknownMetric
from selector.tasks.outputs import (
    Labels,
    Number,
    Output,
    Passage,
    ScoredLabel,
    Similarity,
    Text,
    Vector,
)


def labelled(names: list[str]) -> list[Output | None]:
    return [Labels((ScoredLabel(name, 1.0),)) for name in names]


def observed(name: str, outputs: list[Output | None], labels: list[str]) -> float:
    chosen = METRICS[name]
    table = chosen.statistics(outputs, labels, sorted(set(labels)))
    return float(posterior(chosen, [table], draws=2).scores[0])


@pytest.mark.parametrize("seed", range(5))
def test_accuracy_and_macro_f1_are_scikit_learns(seed: int) -> None:
    rng = np.random.default_rng(seed)
    names = ["a", "b", "c", "d"]
    truth = [names[i] for i in rng.integers(0, 4, 80)]
    said = [
        names[i] if rng.random() < 0.5 else x
        for i, x in zip(rng.integers(0, 4, 80), truth, strict=True)
    ]
    said[3] = "not one of yours"
    outputs = labelled(said)
    assert observed("accuracy", outputs, truth) == pytest.approx(accuracy_score(truth, said))
    expected = f1_score(truth, said, labels=names, average="macro", zero_division=0)
    assert observed("macro-f1", outputs, truth) == pytest.approx(expected)


def test_a_missing_output_is_wrong() -> None:
    outputs = [*labelled(["a"]), None, Labels(())]
    assert observed("accuracy", outputs, ["a", "a", "a"]) == pytest.approx(1 / 3)
    assert observed("macro-f1", outputs, ["a", "a", "a"]) == pytest.approx(0.5)


@pytest.mark.parametrize("ties", [False, True])
def test_spearman_is_scipys(ties: bool) -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(2, 60))
    y = y + x
    if ties:
        x, y = x.round(0), y.round(0)
    outputs: list[Output | None] = [Similarity(float(v)) for v in x]
    found = observed("spearman", outputs, [str(v) for v in y])
    assert found == pytest.approx(stats.spearmanr(x, y).statistic)
    assert observed("spearman", [Similarity(0.5)] * 60, [str(v) for v in y]) == 0


def test_spearman_with_whole_weights_is_that_of_repeated_rows() -> None:
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(20, 2)).round(1)
    times = rng.integers(1, 5, 20)
    weighted = METRICS["spearman"].weighted
    assert weighted is not None
    repeated = np.repeat(rows, times, axis=0)
    expected = stats.spearmanr(repeated[:, 0], repeated[:, 1]).statistic
    assert weighted(rows, (times / times.sum())[None])[0] == pytest.approx(expected)


def test_spearman_needs_numbers() -> None:
    assert observed("spearman", [Similarity(1), Similarity(2)], ["1,5", "2,5"]) == pytest.approx(1)
    for bad in ("high", "nan", "inf"):
        with pytest.raises(DataUnreadable):
            observed("spearman", [Similarity(1)], [bad])


def test_neighbour_accuracy_is_leave_one_out_nearest_neighbour() -> None:
    rng = np.random.default_rng(3)
    labels = [str(i) for i in rng.integers(0, 3, 50)]
    vectors = rng.normal(size=(50, 8)) + np.array([float(x) for x in labels])[:, None]
    outputs: list[Output | None] = [Vector(tuple(row)) for row in vectors]
    neighbour = KNeighborsClassifier(1, metric="cosine", algorithm="brute")
    said = cross_val_predict(neighbour, vectors, labels, cv=LeaveOneOut())
    expected = accuracy_score(labels, said)
    assert observed("neighbour-accuracy", outputs, labels) == pytest.approx(expected)
    outputs[0] = None
    assert 0 <= observed("neighbour-accuracy", outputs, labels) <= 1
    assert observed("neighbour-accuracy", [None, Vector((1.0,))], ["a", "a"]) == 0


def test_text_metrics_on_known_answers() -> None:
    assert normalise("The  Cat, sat!") == "cat sat"
    assert exact_match("the cat.", "Cat") == 1
    assert exact_match("+", "-") == 0
    assert token_f1("the cat sat", "a cat stood") == pytest.approx(0.5)
    assert token_f1("", "") == 1
    assert token_f1("x", "") == 0
    # F1 of SQuAD's own example shape: 2 of 3 words said, 2 of 4 wanted.
    assert token_f1("one two three", "one two four five") == pytest.approx(2 * 2 / 7)


def test_chrf_by_hand() -> None:
    def score(answer: str, reference: str) -> float:
        return float(chrf_score(np.array(chrf_counts(answer, reference))))

    assert score("same text", "same text") == pytest.approx(1)
    assert score("", "text") == 0
    assert score("xyz", "abc") == 0
    # "abc"/"abd": 1-grams 2/3, 2-grams 1/2, 3-grams 0/1; three usable orders; precision = recall.
    assert score("abc", "abd") == pytest.approx((2 / 3 + 1 / 2) / 3)
    # "ab"/"abab": precision 1, 1; recall 2/4, 1/3 over two orders; beta 2.
    recall = (2 / 4 + 1 / 3) / 2
    assert score("ab", "abab") == pytest.approx(5 * recall / (4 + recall))


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), min_size=1, max_size=8))
def test_text_scores_stay_between_zero_and_one(pairs: list[tuple[str, str]]) -> None:
    outputs: list[Output | None] = [Text(a, 1) for a, _ in pairs]
    labels = [b for _, b in pairs]
    for name in metrics_for("text"):
        assert 0 <= observed(name, outputs, labels) <= 1 + 1e-12
        same: list[Output | None] = [Text(b, 1) for b in labels]
        if name in {"bleu", "word-accuracy", "character-accuracy"}:
            continue  # of fewer than four words the first is 0; for the others signs are nothing
        if name != "chrf" or all(b.strip() for b in labels):
            assert observed(name, same, labels) == pytest.approx(1)


def test_metrics_are_found_by_kind() -> None:
    assert metric(None, "labels").id == "accuracy"
    assert metric("chrf", "text").id == "chrf"
    with pytest.raises(UnknownMetric) as caught:
        metric("chrf", "labels", "text-classification")
    assert caught.value.facts["known"][:2] == ["accuracy", "macro-f1"]
    names = [str(i) for i in range(501)]
    with pytest.raises(BadSetting):
        METRICS["macro-f1"].statistics(labelled(names), names, names)


def test_bleu_is_sacrebleus_also_where_weights_add_up_to_one() -> None:
    from sacrebleu.metrics import BLEU

    said = ["the card is lost today", "a refund please", "hello there, my friend!", ""]
    wanted = ["my card is lost today", "a refund , please", "hello there my good friend", "x"]
    bleu = METRICS["bleu"]
    outputs: list[Output | None] = [Text(x, 1) for x in said]
    rows = bleu.statistics(outputs, wanted, [])
    expected = BLEU().corpus_score(said, [wanted]).score / 100
    assert float(bleu.score(rows.sum(axis=0))) == pytest.approx(expected)
    assert float(bleu.score(rows.mean(axis=0))) == pytest.approx(expected)
    short = bleu.statistics(outputs[:2], wanted[:2], [])
    smoothed = BLEU().corpus_score(said[:2], [wanted[:2]]).score / 100
    assert float(bleu.score(short.mean(axis=0))) == pytest.approx(smoothed)
    assert float(bleu.score(bleu.statistics([None], ["x"], []).sum(axis=0))) == 0


@pytest.mark.parametrize("seed", range(3))
def test_ndcg_is_scikit_learns_also_with_ties(seed: int) -> None:
    from sklearn.metrics import ndcg_score

    rng = np.random.default_rng(seed)
    grades = rng.integers(0, 3, (4, 15))
    scores = rng.normal(size=(4, 15)).round(0 if seed else 3)
    inputs = [f"query {q}\ttext {i}" for q in range(4) for i in range(15)]
    outputs: list[Output | None] = [Similarity(float(x)) for x in scores.ravel()]
    labels = [str(x) for x in grades.ravel()]
    table = METRICS["ndcg"].table(outputs, labels, [], inputs)
    expected = ndcg_score(2.0**grades - 1, scores, k=10)
    assert float(METRICS["ndcg"].score(table.sum(axis=0))) == pytest.approx(expected)


def test_reciprocal_rank_by_hand_and_queries_without_a_right_text_do_not_count() -> None:
    inputs = ["a\t1", "a\t2", "a\t3", "b\t1", "b\t2", "c\t1"]
    outputs: list[Output | None] = [Similarity(x) for x in (0.9, 0.8, 0.1, 0.5, 0.5, 1.0)]
    labels = ["no", "yes", "oui", "1", "0", "0"]
    mrr = METRICS["mrr"]
    table = mrr.table(outputs, labels, [], inputs)
    assert table.tolist() == [[0.5, 1], [0, 0], [0, 0], [1 / 1.5, 1], [0, 0], [0, 0]]
    assert float(mrr.score(table.sum(axis=0))) == pytest.approx((0.5 + 1 / 1.5) / 2)
    outputs[1] = None  # an answer that is missing comes last
    assert mrr.table(outputs, labels, [], inputs)[0, 0] == pytest.approx(1 / 2)
    with pytest.raises(DataUnreadable):
        mrr.table(outputs, ["perhaps"] * 6, [], inputs)


def test_an_answer_found_in_a_text_is_judged_as_a_text() -> None:
    outputs: list[Output | None] = [Passage("the cat sat", 0.9, 0, 11), None]
    assert observed("token-f1", outputs, ["a cat stood", "x"]) == pytest.approx(0.25)
    assert metrics_for("passage") == ("token-f1", "exact-match")


def test_of_several_labels_each_counts_and_all_together() -> None:
    from sklearn.metrics import f1_score

    def holding(*names: str) -> Labels:
        every = [ScoredLabel(x, 0.9 if x in names else 0.2) for x in "abc"]
        return Labels(tuple(every), several=True)

    outputs: list[Output | None] = [holding("a"), holding("a", "b"), holding(), None]
    labels = ["a; b", '["a", "b"]', "-", "c"]
    wanted = [[1, 1, 0], [1, 1, 0], [0, 0, 0], [0, 0, 1]]
    said = [[1, 0, 0], [1, 1, 0], [0, 0, 0], [0, 0, 0]]
    expected = f1_score(wanted, said, average="micro", zero_division=0)
    assert observed("several-f1", outputs, labels) == pytest.approx(expected)
    assert observed("several-exact", outputs, labels) == pytest.approx(2 / 4)


@pytest.mark.parametrize("seed", range(3))
def test_r_squared_is_scikit_learns_and_a_missing_estimate_explains_nothing(seed: int) -> None:
    from sklearn.metrics import r2_score

    rng = np.random.default_rng(seed)
    truth = rng.normal(size=40).round(3)
    said = truth + rng.normal(size=40) * 0.5
    outputs: list[Output | None] = [Number(float(x)) for x in said]
    labels = [str(x) for x in truth]
    assert observed("r-squared", outputs, labels) == pytest.approx(r2_score(truth, said))
    assert observed("r-squared", [None] * 40, labels) == pytest.approx(0)
    assert observed("spearman", outputs, labels) == pytest.approx(
        stats.spearmanr(truth, said).statistic
    )
    assert observed("r-squared", [Number(1e9)] * 40, labels) == -1


def test_what_was_heard_is_judged_as_jiwer_does_without_case_and_punctuation() -> None:
    import jiwer

    said = ["the card is lost today", "refund", "hello hello hello hello", ""]
    wanted = ["My card is lost, today!", "a refund please", "Hello.", "nothing"]
    outputs: list[Output | None] = [Text(x, 1) for x in said]
    plain = ["my card is lost today", "a refund please", "hello", "nothing"]
    words = 1 - jiwer.wer(plain, said)
    assert observed("word-accuracy", outputs, wanted) == pytest.approx(max(0, words))
    letters = 1 - jiwer.cer(plain, said)
    assert observed("character-accuracy", outputs, wanted) == pytest.approx(max(0, letters))
    assert observed("word-accuracy", [None, Text("Wo-rds", 1)], ["x", "wo rds"]) == pytest.approx(
        2 / 3
    )
