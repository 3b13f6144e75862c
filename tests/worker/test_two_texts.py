# SPDX-License-Identifier: Apache-2.0
"""Tasks that read two texts at once: own categories, ranking, answers to questions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from selector import registry
from selector.errors import BadSetting, UnsupportedModel
from selector.tasks.base import TaskRunner
from selector.tasks.outputs import Event, Failed, Finished, Labels, Output, Passage, Similarity
from selector.tasks.zero_shot_classification import contradiction_place, entailment_place
from tests.tiny_models import (
    make_answerer,
    make_classifier,
    make_encoder,
    make_inference,
    make_ranker,
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pairs")


def load(folder: Path, task: str) -> TaskRunner:
    return registry.task(task).load_torch(folder, {"threads": 1, "repo": "t/m"})


@pytest.fixture(scope="module")
def zero_shot(root: Path) -> TaskRunner:
    return load(make_inference(root / "inference"), "zero-shot-classification")


@pytest.fixture(scope="module")
def ranker(root: Path) -> TaskRunner:
    return load(make_ranker(root / "ranker"), "text-ranking")


@pytest.fixture(scope="module")
def answerer(root: Path) -> TaskRunner:
    return load(make_answerer(root / "answerer"), "question-answering")


def events(runner: TaskRunner, *texts: str, **parameters: Any) -> dict[int, Event]:
    return {x.index: x for x in runner.run(texts, parameters, lambda: False)}


def outputs(runner: TaskRunner, *texts: str, **parameters: Any) -> dict[int, Output]:
    found = events(runner, *texts, **parameters)
    return {i: x.output for i, x in found.items() if isinstance(x, Finished)}


# -- own categories -------------------------------------------------------------------------------


def test_categories_share_one_and_do_not_depend_on_the_batch(zero_shot: TaskRunner) -> None:
    texts = ["my card is lost", "a refund please " * 30, "bonjour"]
    given = {"labels": ["lost", "refund", "not here"]}
    together = outputs(zero_shot, *texts, **given)
    for index, text in enumerate(texts):
        alone, beside = outputs(zero_shot, text, **given)[0], together[index]
        assert isinstance(alone, Labels)
        assert isinstance(beside, Labels)
        assert sum(x.score for x in beside.labels) == pytest.approx(1)
        assert {x.label for x in beside.labels} == set(given["labels"])
        scores = {x.label: x.score for x in alone.labels}
        assert all(scores[x.label] == pytest.approx(x.score, abs=1e-5) for x in beside.labels)


def test_where_several_hold_each_is_judged_for_itself(zero_shot: TaskRunner) -> None:
    both = outputs(zero_shot, "my card", labels=["lost", "refund"], several=True)[0]
    one = outputs(zero_shot, "my card", labels=["lost"])[0]
    assert isinstance(both, Labels)
    assert isinstance(one, Labels)
    assert {x.label: x.score for x in both.labels}["lost"] == pytest.approx(one.labels[0].score)
    assert 0 < one.labels[0].score < 1


@pytest.mark.parametrize(
    "given",
    [
        {"labels": []},
        {"labels": [" ", ""]},
        {"labels": [str(i) for i in range(201)]},
        {"labels": ["a"], "hypothesis": "no gap"},
        {"labels": ["a"], "hypothesis": "{} and {}"},
    ],
)
def test_categories_that_cannot_be_used_are_refused(zero_shot: TaskRunner, given: Any) -> None:
    with pytest.raises(BadSetting):
        events(zero_shot, "my card", **given)


def test_labels_of_inference_are_found_by_name() -> None:
    assert entailment_place(["CONTRADICTION", "NEUTRAL", "ENTAILMENT"]) == 2
    assert entailment_place(["entailment", "not_entailment"]) == 0
    assert entailment_place(["LABEL_0", "LABEL_1", "LABEL_2"]) is None
    assert contradiction_place(["entailment", "not_entailment"]) == 1
    assert contradiction_place(["entailment", "neutral", "contradiction"]) == 2


# -- ranking --------------------------------------------------------------------------------------


def test_a_score_is_that_of_the_pair_alone_and_lies_between_zero_and_one(
    ranker: TaskRunner,
) -> None:
    texts = ["my card\tthe card is here", "my card\trefund", "where\t" + "here " * 100]
    together = outputs(ranker, *texts)
    scores = []
    for index, text in enumerate(texts):
        alone, beside = outputs(ranker, text)[0], together[index]
        assert isinstance(alone, Similarity)
        assert isinstance(beside, Similarity)
        assert alone.score == pytest.approx(beside.score, abs=1e-5)
        scores.append(beside.score)
    assert all(0 < score < 1 for score in scores)
    assert len(set(scores)) == 3
    found = events(ranker, *texts)
    assert [found[i].cut for i in range(3)] == [0, 0, 40]  # type: ignore[union-attr]


# -- answers --------------------------------------------------------------------------------------


def test_an_answer_is_a_piece_of_the_text(answerer: TaskRunner) -> None:
    texts = [
        "where is it ?\tthe card is not here, it is lost",
        "how ?\t" + "the refund is here and there " * 40,
        "my card ?\tbonjour",
    ]
    together = outputs(answerer, *texts)
    for index, text in enumerate(texts):
        alone, beside = outputs(answerer, text)[0], together[index]
        assert isinstance(beside, Passage)
        assert isinstance(alone, Passage)
        assert (alone.text, alone.start, alone.end) == (beside.text, beside.start, beside.end)
        assert text.partition("\t")[2][beside.start : beside.end] == beside.text != ""
        assert 0 < beside.score <= 1


def test_the_best_window_of_a_long_text_wins(answerer: TaskRunner) -> None:
    short = "where ?\tthe lost card"
    found = outputs(answerer, short, "where ?\t" + "bonjour merci " * 100 + "the lost card")
    assert isinstance(found[1], Passage)
    assert found[1].end - found[1].start < 400  # at most thirty tokens


def test_what_cannot_be_asked_is_named_and_the_others_go_on(answerer: TaskRunner) -> None:
    texts = ["card ?\tthe card", "card " * 60 + "?\tthe card", "card ?\t  ", "card ?\there"]
    found = events(answerer, *texts)
    assert [isinstance(found[i], Failed) for i in range(4)] == [False, True, True, False]
    reasons = [found[i].error.facts["reason"] for i in (1, 2)]  # type: ignore[union-attr]
    assert reasons == ["input.question_too_long", "input.nothing_to_read"]


# -- all of them ----------------------------------------------------------------------------------


@pytest.mark.parametrize("task", ["zero-shot-classification", "text-ranking", "question-answering"])
def test_a_model_without_the_head_is_refused(task: str, root: Path) -> None:
    folder = root / "plain"
    with pytest.raises(UnsupportedModel) as caught:
        load(folder if folder.exists() else make_encoder(folder), task)
    assert caught.value.facts["reason"] == "risk.no_head"


def test_a_classifier_of_something_else_is_refused_with_its_labels(root: Path) -> None:
    folder = make_classifier(root / "other")
    for task, reason in (
        ("zero-shot-classification", "risk.no_entailment"),
        ("text-ranking", "risk.no_single_score"),
    ):
        with pytest.raises(UnsupportedModel) as caught:
            load(folder, task)
        assert caught.value.facts["reason"] == reason
        assert "refund" in caught.value.facts["labels"]


def test_cancelling_ends_them_early(
    zero_shot: TaskRunner, ranker: TaskRunner, answerer: TaskRunner
) -> None:
    assert list(zero_shot.run(["a"] * 5, {"labels": ["x"]}, lambda: True)) == []
    for runner in (ranker, answerer):
        assert list(runner.run(["my card\tis here"] * 5, {}, lambda: True)) == []
