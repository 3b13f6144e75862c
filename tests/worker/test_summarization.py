# SPDX-License-Identifier: Apache-2.0
"""Summaries: the runner, its refusals, and the whole way from the Hub to an exported project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from selector import registry
from selector.errors import LoadFailed, UnsupportedModel
from selector.tasks.base import TaskRunner
from selector.tasks.outputs import Failed, Finished, Text
from selector.tasks.torch_seq2seq import TorchRewriter
from tests.tiny_models import make_encoder, make_rewriter


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_rewriter(tmp_path_factory.mktemp("rewriter") / "tiny")


@pytest.fixture(scope="module")
def runner(folder: Path) -> TaskRunner:
    return registry.task("summarization").load_torch(folder, {"threads": 1})


def summaries(runner: TaskRunner, *texts: str, most: int = 20) -> dict[int, Finished]:
    events = runner.run(texts, {"max_new_tokens": most}, lambda: False)
    return {event.index: event for event in events if isinstance(event, Finished)}


def test_batches_give_what_single_texts_give(runner: TaskRunner) -> None:
    texts = ["my card is lost", "where", "the refund is not here please", "card " * 100]
    together = summaries(runner, *texts)
    assert sorted(together) == [0, 1, 2, 3]
    assert together[3].cut == 38  # 102 tokens with both ends, of which it reads 64
    for index, text in enumerate(texts):
        found = together[index].output
        assert isinstance(found, Text)
        assert found == summaries(runner, text)[0].output
        assert found.text
        assert 0 < found.tokens <= 20


def test_more_tokens_than_the_model_has_places_for_are_not_asked(runner: TaskRunner) -> None:
    found = summaries(runner, "my card is lost", most=1000)[0].output
    assert isinstance(found, Text)
    assert found.tokens < 64


def test_the_prefix_that_the_files_name_is_used(tmp_path: Path) -> None:
    folder = make_rewriter(tmp_path / "t5")
    assert TorchRewriter(folder, {}).prefix("summarization") == ""
    path = folder / "config.json"
    named = {"task_specific_params": {"summarization": {"prefix": "refund: "}}}
    path.write_text(json.dumps({**json.loads(path.read_text()), **named}))
    assert TorchRewriter(folder, {}).prefix("summarization") == "refund: "


@pytest.mark.parametrize("text", ["", "  "])
def test_nothing_to_summarise_is_named_and_the_others_go_on(runner: TaskRunner, text: str) -> None:
    given = ["my card", text, "refund"]
    found = {x.index: x for x in runner.run(given, {"max_new_tokens": 4}, lambda: False)}
    assert [type(found[i]) for i in range(3)] == [Finished, Failed, Finished]
    assert found[1].error.facts["reason"] == "input.empty"  # type: ignore[union-attr]


def test_a_model_that_cannot_write_is_refused(tmp_path: Path) -> None:
    encoder = make_encoder(tmp_path / "plain")
    with pytest.raises((LoadFailed, UnsupportedModel)):
        registry.task("summarization").load_torch(encoder, {"repo": "t/plain"})
    half = make_rewriter(tmp_path / "half")
    from safetensors.torch import load_file, save_file

    weights = load_file(half / "model.safetensors")
    kept = {name: value for name, value in weights.items() if ".decoder." not in name}
    save_file(kept, half / "model.safetensors", {"format": "pt"})
    with pytest.raises(UnsupportedModel) as refused:
        registry.task("summarization").load_torch(half, {"repo": "t/half"})
    assert refused.value.facts["reason"] == "risk.no_head"


def test_cancelling_gives_no_half_answer(runner: TaskRunner) -> None:
    asked = iter([False, False, False])
    events = list(runner.run(["my card"] * 3, {}, lambda: next(asked, True)))
    assert events == []
