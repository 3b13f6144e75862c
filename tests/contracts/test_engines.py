# SPDX-License-Identifier: Apache-2.0
"""What every engine owes, and what the torch engine accepts, refuses and downloads."""

from __future__ import annotations

import re
from typing import Any

import pytest

from selector import registry
from selector.engines.base import Engine
from selector.engines.facts import FileFact, ModelFacts

FOLDERS = ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"]


def facts(*paths: str, architecture: str | None = None, **more: Any) -> ModelFacts:
    config = {"architectures": [architecture]} if architecture else {}
    more.setdefault("weight_format", "safetensors")
    return ModelFacts("a/b", "0" * 40, tuple(FileFact(p, 1) for p in paths), config, **more)


@pytest.fixture(params=registry.engines().values(), ids=registry.engines())
def engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = request.param
    return found


def test_its_names_fit_into_a_reference(engine: Engine) -> None:
    assert re.fullmatch(r"[a-z]+", engine.info.id)
    assert engine.info.precisions
    assert all(re.fullmatch(r"[a-z0-9_]{1,32}", name) for name in engine.info.precisions)
    assert engine.info.formats
    assert engine.info.distributions


def test_it_says_why_it_cannot_run(engine: Engine) -> None:
    probe = engine.probe()
    assert probe.ok or probe.reason


@pytest.mark.parametrize("task", registry.tasks().values(), ids=registry.tasks())
def test_it_judges_any_facts_without_failing(engine: Engine, task: Any) -> None:
    for odd in (
        facts(),
        facts(weight_format=None),
        facts(weight_format="pickle"),
        ModelFacts("a/b", "0", (), {"architectures": None}),
        ModelFacts("a/b", "0", (), {"architectures": [None]}, weight_format="safetensors"),
        ModelFacts("a/b", "0", (), {"architectures": "text"}, weight_format="safetensors"),
        facts(*FOLDERS, needs_remote_code=True),
    ):
        answer = engine.can_load(odd, task)
        assert answer.ok or answer.reason
        assert set(engine.files(odd, engine.info.precisions[0])) <= {f.path for f in odd.files}


@pytest.mark.parametrize(
    ("task", "architecture", "reason"),
    [
        ("text-classification", "BertForSequenceClassification", ""),
        ("text-classification", "BertModel", "risk.no_head"),
        ("text-classification", "LlamaForCausalLM", "risk.no_head"),
        ("text-generation", "LlamaForCausalLM", ""),
        ("text-generation", "GPT2LMHeadModel", ""),
        ("text-generation", "BertForSequenceClassification", "risk.no_head"),
        ("feature-extraction", "BertModel", ""),
        ("feature-extraction", "BertForSequenceClassification", ""),
        ("sentence-similarity", "BertForMaskedLM", ""),
    ],
)
def test_torch_wants_the_head_that_the_task_needs(
    task: str, architecture: str, reason: str
) -> None:
    answer = registry.engine("torch").can_load(
        facts(*FOLDERS, architecture=architecture), registry.task(task)
    )
    assert (answer.ok, answer.reason) == (not reason, reason)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (facts(*FOLDERS, needs_remote_code=True), "risk.remote_code"),
        (facts("pytorch_model.bin", weight_format="pickle"), "risk.pickle_only"),
        (facts("README.md", weight_format=None), "risk.no_weights"),
        (facts("adapter_model.safetensors", "config.json"), "risk.no_weights"),
        (facts(*FOLDERS, "2_Dense/config.json", "2_Dense/model.safetensors"), "risk.extra_layers"),
    ],
)
def test_torch_refuses_with_a_reason(given: ModelFacts, reason: str) -> None:
    answer = registry.engine("torch").can_load(given, registry.task("feature-extraction"))
    assert (answer.ok, answer.reason) == (False, reason)


def test_torch_downloads_what_it_loads_and_nothing_else() -> None:
    wanted = [
        *FOLDERS, "generation_config.json", "vocab.txt", "vocab.json", "merges.txt", "spiece.model",
        "sentencepiece.bpe.model", "special_tokens_map.json", "added_tokens.json", "modules.json",
        "1_Pooling/config.json", "sentence_bert_config.json", "config_sentence_transformers.json",
        "chat_template.jinja", "README.md", "LICENSE",
    ]  # fmt: skip
    unwanted = [
        "pytorch_model.bin", "onnx/model.onnx", "onnx/config.json", "tf_model.h5", "data_config.json",
        "model-00001-of-00002.safetensors", "modeling_evil.py", "train.txt", "../config.json",
        "sub/model.safetensors", "original/consolidated.safetensors", ".gitattributes",
    ]  # fmt: skip
    found = registry.engine("torch").files(facts(*wanted, *unwanted), "fp32")
    assert sorted(found) == sorted(wanted)


def test_torch_takes_every_shard_where_there_is_no_single_file() -> None:
    shards = [f"model-0000{n}-of-00002.safetensors" for n in (1, 2)]
    index = "model.safetensors.index.json"
    found = registry.engine("torch").files(facts("config.json", index, *shards), "bf16")
    assert set(found) == {"config.json", index, *shards}
