# SPDX-License-Identifier: Apache-2.0
"""What every engine owes, and what the torch engine accepts, refuses and downloads."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector import registry
from selector.engines.base import Engine
from selector.engines.facts import FileFact, ModelFacts, format_of
from selector.engines.gguf_files import precision_of
from selector.engines.onnx_files import onnx_variants

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


EVERY_FORMAT = (
    *FOLDERS, "onnx/model.onnx", "onnx/model_fp16.onnx", "onnx/model_quantized.onnx", "onnx/model_q4.onnx",
    "onnx/model.onnx_data", "m-Q8_0.gguf", "m-Q4_K_M-00001-of-00002.gguf", "m-Q4_K_M-00002-of-00002.gguf",
    "pytorch_model.bin", "README.md",
)  # fmt: skip


def test_what_it_offers_it_has_files_for_and_no_more_than_it_needs(engine: Engine) -> None:
    repository = facts(*EVERY_FORMAT)
    offered = engine.offered(repository)
    assert offered
    assert set(offered) <= set(engine.info.precisions)
    for precision in offered:
        planned = engine.files(repository, precision)
        assert {format_of(path) for path in planned} - {None} == set(engine.info.formats)
    without = facts(*(p for p in EVERY_FORMAT if format_of(p) is None), weight_format=None)
    assert engine.offered(without) == ()
    unknown = engine.files(repository, "int3")
    assert unknown == () or engine.info.id == "torch"  # one file serves every precision there


@given(st.lists(st.text("abmodeln/_-.0123456789QKqgufx", max_size=40), max_size=12))
def test_any_names_of_files_are_taken(paths: list[str]) -> None:
    for engine in registry.engines().values():
        found = facts(*paths, weight_format=None)
        for precision in engine.offered(found):
            assert set(engine.files(found, precision)) <= set(paths)


def test_onnx_offers_the_precisions_that_are_there() -> None:
    onnx = registry.engine("onnx")
    repository = facts(
        "onnx/model.onnx", "onnx/model.onnx_data", "onnx/model.onnx_data_1", "onnx/model_fp16.onnx",
        "onnx/model_fp16.onnx_data", "onnx/model_quantized.onnx", "onnx/model_q4f16.onnx",
        "onnx/model_bnb4.onnx", "onnx/decoder_model_merged.onnx", "vae/model.onnx", "tokenizer.json",
        "config.json", "model.safetensors",
    )  # fmt: skip
    assert onnx.offered(repository) == ("fp32", "fp16", "int8", "q4f16", "bnb4")
    assert set(onnx.files(repository, "fp32")) == {
        "onnx/model.onnx", "onnx/model.onnx_data", "onnx/model.onnx_data_1", "tokenizer.json", "config.json"
    }  # fmt: skip
    assert set(onnx.files(repository, "int8")) == {
        "onnx/model_quantized.onnx", "tokenizer.json", "config.json"
    }  # fmt: skip


def test_onnx_prefers_the_graph_that_runs_everywhere() -> None:
    names = [
        f"onnx/model_{e}.onnx"
        for e in ("qint8_avx512_vnni", "quint8_avx2", "qint8_arm64", "O4", "O3")
    ]
    found = onnx_variants(names)
    assert found["int8"] == "onnx/model_quint8_avx2.onnx"
    assert found["fp32"] == "onnx/model_O3.onnx"
    assert found["fp16"] == "onnx/model_O4.onnx"


@pytest.mark.parametrize(
    ("path", "precision"),
    [
        ("Qwen3-0.6B-Q8_0.gguf", "q8_0"),
        ("qwen2.5-0.5b-instruct-q4_k_m.gguf", "q4_k_m"),
        ("model.Q5_K_S.gguf", "q5_k_s"),
        ("ggml-model-Q4_K.gguf", "q4_k"),
        ("gemma-3-270m-it-F16.gguf", "f16"),
        ("smollm-fp16.gguf", "f16"),
        ("x-BF16.gguf", "bf16"),
        ("x-UD-IQ2_XXS.gguf", "iq2_xxs"),
        ("x-UD-Q4_K_XL.gguf", "q4_k_xl"),
        ("Q4_K_M/big-00001-of-00003.gguf", "q4_k_m"),
        ("gpt-oss-20b-mxfp4.gguf", "mxfp4"),
        ("model.gguf", "stored"),
        ("marq4_0k.gguf", "stored"),
    ],
)
def test_the_precision_of_a_gguf_is_read_from_its_name(path: str, precision: str) -> None:
    assert precision_of(path) == precision


def test_llama_takes_whole_models_only() -> None:
    llama = registry.engine("llama")
    parts = [f"big-Q4_K_M-0000{n}-of-00003.gguf" for n in (1, 2, 3)]
    repository = facts(
        *parts[:2], "small-Q8_0.gguf", "mmproj-F16.gguf", "imatrix.gguf", "README.md",
        weight_format="gguf",
    )  # fmt: skip
    assert llama.offered(repository) == ("q8_0",)
    whole = facts(*parts, "small-Q8_0.gguf", "other-small-Q8_0.gguf", weight_format="gguf")
    assert set(llama.files(whole, "q4_k_m")) == set(parts)
    assert llama.files(whole, "q8_0") == ("small-Q8_0.gguf",)


@pytest.mark.parametrize(("size", "first"), [(600_000_000, "q8_0"), (4_000_000_000, "q4_k_m")])
def test_llama_prefers_eight_bits_for_small_models_and_four_for_large(
    size: int, first: str
) -> None:
    files = (FileFact("m-Q4_K_M.gguf", size // 2), FileFact("m-Q8_0.gguf", size))
    repository = ModelFacts("a/b", "0", files, weight_format="gguf")
    assert registry.engine("llama").offered(repository)[0] == first


@pytest.mark.parametrize(
    ("engine_id", "task", "paths", "reason"),
    [
        ("onnx", "text-generation", ("onnx/model.onnx", "tokenizer.json"), "risk.task_on_engine"),
        ("onnx", "text-classification", ("model.safetensors", "tokenizer.json"), "risk.no_onnx"),
        ("onnx", "text-classification", ("onnx/model.onnx", "spiece.model"), "risk.no_tokenizer"),
        ("onnx", "text-classification", ("onnx/model.onnx", "tokenizer.json"), ""),
        ("llama", "text-classification", ("m-Q8_0.gguf",), "risk.task_on_engine"),
        ("llama", "text-generation", ("model.safetensors",), "risk.no_gguf"),
        ("llama", "text-generation", ("m-Q8_0.gguf",), ""),
        ("llama", "sentence-similarity", ("m-Q8_0.gguf",), ""),
    ],
)
def test_engines_refuse_with_a_reason(
    engine_id: str, task: str, paths: tuple[str, ...], reason: str
) -> None:
    answer = registry.engine(engine_id).can_load(facts(*paths), registry.task(task))
    assert (answer.ok, answer.reason) == (not reason, reason)


def test_a_graph_needs_no_code_of_its_repository() -> None:
    repository = facts("onnx/model.onnx", "tokenizer.json", "modeling_x.py", needs_remote_code=True)
    assert registry.engine("onnx").can_load(repository, registry.task("feature-extraction")).ok


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
    ("repository", "reason"),
    [
        (facts(*FOLDERS, needs_remote_code=True), "risk.remote_code"),
        (facts("pytorch_model.bin", weight_format="pickle"), "risk.pickle_only"),
        (facts("README.md", weight_format=None), "risk.no_weights"),
        (facts("adapter_model.safetensors", "config.json"), "risk.no_weights"),
        (facts(*FOLDERS, "2_Dense/config.json", "2_Dense/model.safetensors"), "risk.extra_layers"),
    ],
)
def test_torch_refuses_with_a_reason(repository: ModelFacts, reason: str) -> None:
    answer = registry.engine("torch").can_load(repository, registry.task("feature-extraction"))
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
