# SPDX-License-Identifier: Apache-2.0
"""Marking texts: windows over long texts, refusals, and answers that do not depend on the batch."""

from __future__ import annotations

from pathlib import Path

import pytest

from selector import registry
from selector.errors import UnsupportedModel
from selector.input_errors import InputUnusable
from selector.tasks.base import TaskRunner
from selector.tasks.outputs import Failed, Finished, Spans
from selector.tasks.torch_tagger import TorchTagger
from tests.tiny_models import make_encoder, make_tagger


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tagger(tmp_path_factory.mktemp("tagger") / "tiny")


@pytest.fixture(scope="module")
def runner(folder: Path) -> TaskRunner:
    return registry.task("token-classification").load_torch(folder, {"threads": 1})


def spans(runner: TaskRunner, *texts: str) -> dict[int, Spans]:
    events = runner.run(texts, {}, lambda: False)
    found = {x.index: x.output for x in events if isinstance(x, Finished)}
    return {index: output for index, output in found.items() if isinstance(output, Spans)}


def test_batches_give_what_single_texts_give(runner: TaskRunner) -> None:
    texts = ["my card is lost", "où est ma carte ?", "refund", "the card is not here " * 40]
    together = spans(runner, *texts)
    for index, text in enumerate(texts):
        alone = spans(runner, text)[0]
        assert [(x.start, x.end, x.label) for x in alone.spans] == [
            (x.start, x.end, x.label) for x in together[index].spans
        ]
        assert [x.score for x in alone.spans] == pytest.approx(
            [x.score for x in together[index].spans], abs=1e-5
        )
    assert any(found.spans for found in together.values())


def test_every_token_of_a_long_text_is_read_once_and_in_order(folder: Path) -> None:
    tagger = TorchTagger(folder, {"threads": 1})
    text = " ".join(f"card {'abc'[i % 3]}lost," for i in range(300))
    ((_, tokens),) = tagger.tag([text], lambda: False)
    whole = tagger._loaded.tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    assert [(x.start, x.end) for x in tokens] == [tuple(x) for x in whole["offset_mapping"]]


def test_an_empty_text_is_named_and_the_others_go_on(runner: TaskRunner) -> None:
    found = {x.index: x for x in runner.run(["my card", " ", "refund"], {}, lambda: False)}
    assert [type(found[i]) for i in range(3)] == [Finished, Failed, Finished]
    assert isinstance(found[1].error, InputUnusable)  # type: ignore[union-attr]


def test_a_model_without_the_head_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModel) as caught:
        registry.task("token-classification").load_torch(make_encoder(tmp_path / "plain"), {})
    assert caught.value.facts["reason"] == "risk.no_head"


def test_cancelling_ends_it_early(runner: TaskRunner) -> None:
    assert list(runner.run(["my card"] * 5, {}, lambda: True)) == []
