# SPDX-License-Identifier: Apache-2.0
"""Which form of a model Petit runs, and what it says of it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from selector import registry
from selector.engines.facts import FileFact, ModelFacts
from selector.engines.installed import INTEL_MAC, probe_packages
from selector.engines.preference import loss
from selector.errors import UnknownEngine, UnsupportedModel
from selector.fit.predict import predict_memory, predict_speed
from selector.machine.facts import Calibration, Cpu, Disk, Machine, Memory
from selector.reference import parse_reference, without_variant
from selector.trial.choice import choose
from selector.trial.contestants import choose_engine
from selector.wording import LANGUAGES, Wording

M = 1_000_000
SMALL = [("config.json", 1), ("tokenizer.json", 1)]
SAFE = ("model.safetensors", 268 * M)
MACHINE = Machine(
    "Linux", Cpu("x", 2, 2), Memory(8000 * M, 8000 * M), (), Disk("/", 1),
    Calibration(21e9, 62e9, 0.1, "2026-11-22T00:00:00"),
)  # fmt: skip


def model(*files: tuple[str, int], **more: Any) -> ModelFacts:
    listed = tuple(FileFact(path, size) for path, size in [*SMALL, *files])
    return ModelFacts("a/b", "0" * 40, listed, **{"parameters": 67 * M, **more})


def chosen(facts: ModelFacts, task: str, available: int = 8000 * M) -> tuple[str, str, str]:
    choice = choose(facts, registry.task(task), registry.engines(), available)
    for language in LANGUAGES:
        said = Wording(language).text(choice.reason, **choice.facts)
        assert said != choice.reason
        assert "…" not in said
    return choice.engine, choice.precision, choice.reason


SAFETENSORS: dict[str, Any] = {
    "weight_format": "safetensors",
    "parameters_by_dtype": {"F32": 67 * M},
}
ONNX = [("onnx/model.onnx", 268 * M), ("onnx/model_quantized.onnx", 68 * M)]
GGUF = [("m-Q4_K_M.gguf", 105 * M), ("m-Q8_0.gguf", 145 * M), ("m-F16.gguf", 271 * M)]


@pytest.mark.parametrize(
    ("facts", "task", "expected"),
    [
        (model(SAFE, **SAFETENSORS), "text-classification", ("torch", "fp32", "choice.closest")),
        (model(SAFE, *ONNX, **SAFETENSORS), "text-classification", ("onnx", "fp32", "choice.faster")),
        (model(SAFE, ONNX[1], **SAFETENSORS), "feature-extraction", ("torch", "fp32", "choice.closest")),
        (model(ONNX[1], weight_format="onnx"), "text-classification", ("onnx", "int8", "choice.only")),
        (model(*GGUF, weight_format="gguf"), "text-generation", ("llama", "q8_0", "choice.closest")),
        (model(GGUF[0], weight_format="gguf"), "text-generation", ("llama", "q4_k_m", "choice.only")),
        (model(SAFE, *GGUF, **SAFETENSORS), "text-generation", ("llama", "q8_0", "choice.faster")),
        (model(*GGUF, weight_format="gguf"), "sentence-similarity", ("llama", "q8_0", "choice.closest")),
    ],
)  # fmt: skip
def test_the_form_is_the_fastest_of_those_closest_to_the_original(
    facts: ModelFacts, task: str, expected: tuple[str, str, str]
) -> None:
    assert chosen(facts, task) == expected


def test_what_does_not_fit_gives_way_to_what_does_and_says_so() -> None:
    large = model(
        ("m-Q8_0.gguf", 1100 * M), ("m-Q4_K_M.gguf", 600 * M),
        weight_format="gguf", parameters=1000 * M,
    )  # fmt: skip
    assert chosen(large, "text-generation")[:2] == ("llama", "q8_0")
    assert chosen(large, "text-generation", 1000 * M) == ("llama", "q4_k_m", "choice.memory")


def test_nothing_to_run_is_the_reason_of_the_engine_for_that_format() -> None:
    for facts, task, reason in (
        (model(SAFE, config={"architectures": ["BertModel"]}, **SAFETENSORS), "text-classification", "risk.no_head"),
        (model(("pytorch_model.bin", 9), weight_format="pickle"), "text-classification", "risk.pickle_only"),
        (model(weight_format=None), "text-generation", "risk.no_weights"),
        (model(*GGUF, weight_format="gguf"), "text-classification", "risk.task_on_engine"),
    ):  # fmt: skip
        with pytest.raises(UnsupportedModel) as caught:
            chosen(facts, task)
        assert caught.value.facts["reason"] == reason


def test_a_reference_that_names_its_form_gets_it_or_hears_what_there_is() -> None:
    facts = model(SAFE, *ONNX, **SAFETENSORS)

    def asked(ref: str) -> str:
        choice = choose_engine(parse_reference(ref), "text-classification", facts, 8000 * M)
        assert choice.reason == "choice.asked"
        return f"{choice.engine}-{choice.precision}"

    assert asked("a/b#onnx-int8") == "onnx-int8"
    assert asked("a/b#onnx") == "onnx-fp32"
    assert asked("a/b#torch-bf16") == "torch-bf16"
    for ref, known in (
        ("a/b#onnx-fp16", "onnx-fp32"),
        ("a/b#onnx-int3", "onnx-q4"),
        ("a/b#nothing", "onnx"),
    ):
        with pytest.raises(UnknownEngine) as caught:
            asked(ref)
        assert known in caught.value.facts["known"]
    with pytest.raises(UnsupportedModel):
        asked("a/b#llama-q8_0")


def test_a_short_reference_keeps_the_form_that_ran() -> None:
    ref = parse_reference(f"a/b@{'0' * 40}#onnx-int8")
    assert ref.short == "a/b@0000000#onnx-int8"
    assert without_variant(str(ref)) == "a/b@0000000"
    assert without_variant("not a reference") == "not a reference"


def test_an_engine_that_is_not_here_says_why_and_how_to_get_it(monkeypatch: Any) -> None:
    assert probe_packages(("json",)).ok
    lacking = probe_packages(("no_such_package_anywhere",))
    assert (lacking.ok, lacking.reason) == (False, "engine.not_installed")
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    nowhere = probe_packages(("no_such_package_anywhere",), (INTEL_MAC,))
    assert nowhere.reason == "engine.no_build"
    for language in LANGUAGES:
        for found in (lacking, nowhere):
            said = Wording(language).text(found.reason, **dict(found.facts or {}))
            assert not re.search("…|engine\\.", said)


# Peaks measured on two cores (docs of the constants): DistilBERT and SmolLM2-135M in their forms.
@pytest.mark.parametrize(
    ("files", "parameters", "engine", "precision", "peak"),
    [
        ([ONNX[0]], 67 * M, "onnx", "fp32", 331 * M),
        ([ONNX[1]], 67 * M, "onnx", "int8", 210 * M),
        ([GGUF[2]], 135 * M, "llama", "f16", 324 * M),
        ([GGUF[1]], 135 * M, "llama", "q8_0", 204 * M),
        ([GGUF[0]], 135 * M, "llama", "q4_k_m", 175 * M),
        ([("onnx/model.onnx", 91 * M)], 22 * M, "onnx", "fp32", 208 * M),
        ([("onnx/model_int8.onnx", 23 * M)], 22 * M, "onnx", "int8", 123 * M),
    ],
)
def test_the_predicted_memory_of_each_engine_holds_what_was_measured(
    files: list[tuple[str, int]], parameters: int, engine: str, precision: str, peak: int
) -> None:
    found = predict_memory(model(*files, parameters=parameters), precision, engine)
    assert found is not None
    assert found.low <= peak <= found.high
    assert found.expected == pytest.approx(peak, rel=0.45)


def test_predicted_speeds_keep_the_order_that_was_measured() -> None:
    encoder = model(SAFE, *ONNX, **SAFETENSORS)
    decoder = model(SAFE, *GGUF, **SAFETENSORS)

    def rate(facts: ModelFacts, task: str, engine: str, precision: str) -> float:
        found = predict_speed(facts, registry.task(task), MACHINE, precision, engine)
        assert found is not None
        return found.expected

    kind = "text-classification"
    assert rate(encoder, kind, "onnx", "int8") > rate(encoder, kind, "onnx", "fp32")
    assert rate(encoder, kind, "onnx", "fp32") > rate(encoder, kind, "torch", "fp32")
    kind = "text-generation"
    assert rate(decoder, kind, "llama", "q8_0") > 2 * rate(decoder, kind, "torch", "fp32")
    assert rate(decoder, kind, "llama", "q8_0") > rate(decoder, kind, "llama", "f16")


def test_a_size_that_nothing_states_is_taken_from_the_file() -> None:
    facts = model(("m-Q8_0.gguf", 145 * M), weight_format="gguf", parameters=None)
    assert predict_memory(facts, "q8_0", "llama") is not None
    found = predict_speed(facts, registry.task("text-generation"), MACHINE, "q8_0", "llama")
    assert found is not None
    assert found.expected > 0


@pytest.mark.parametrize(
    ("precision", "far"),
    [
        ("fp32", 0), ("bf16", 0), ("f16", 0), ("stored", 0), ("q8_0", 0), ("int8", 1), ("uint8", 1),
        ("q6_k", 1), ("q5_k_m", 1), ("q4_k_m", 2), ("q4", 2), ("bnb4", 2), ("mxfp4", 2), ("iq3_xs", 3),
        ("q2_k", 4), ("tq1_0", 5),
    ],
)  # fmt: skip
def test_fewer_bits_are_further_from_the_original(precision: str, far: int) -> None:
    assert loss(precision) == far
