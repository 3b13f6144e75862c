# SPDX-License-Identifier: Apache-2.0
"""Predictions of memory and speed: right for real shapes, wide for unknown ones, calm with hostile ones."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector import registry
from selector.engines.facts import FileFact, ModelFacts
from selector.fit.anchors import NONE, learn
from selector.fit.costs import costs_of
from selector.fit.pace import pace_of, peak_rate
from selector.fit.predict import predict, predict_memory, predict_speed
from selector.fit.stacks import read_computation
from selector.fit.workload import Workload
from selector.machine.facts import (
    Calibration,
    Cpu,
    Disk,
    EngineCalibration,
    Experience,
    Machine,
    Memory,
    Rates,
)

M, G = 10**6, 10**9
MACHINE = Machine(
    "Linux", Cpu("x", 2, 2, ("avx2", "fma")), Memory(16 * G, 12 * G), (), Disk("/", 100 * G)
)
BERT: Mapping[str, Any] = {
    "model_type": "bert", "architectures": ["BertForSequenceClassification"], "vocab_size": 30522,
    "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072,
}  # fmt: skip
LLAMA: Mapping[str, Any] = {
    "model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": 49152, "hidden_size": 576,
    "num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3, "intermediate_size": 1536,
    "rms_norm_eps": 1e-5, "tie_word_embeddings": True,
}  # fmt: skip
WHISPER: Mapping[str, Any] = {
    "model_type": "whisper", "is_encoder_decoder": True, "vocab_size": 51865, "d_model": 384,
    "encoder_layers": 4, "decoder_layers": 4, "encoder_attention_heads": 6, "decoder_attention_heads": 6,
    "encoder_ffn_dim": 1536, "decoder_ffn_dim": 1536, "num_mel_bins": 80, "max_source_positions": 1500,
}  # fmt: skip
CLIP: Mapping[str, Any] = {
    "model_type": "clip",
    "text_config": {
        "hidden_size": 512, "num_hidden_layers": 12, "num_attention_heads": 8, "intermediate_size": 2048,
        "vocab_size": 49408,
    },
    "vision_config": {
        "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072,
        "image_size": 224, "patch_size": 32,
    },
}  # fmt: skip
RESNET: Mapping[str, Any] = {
    "model_type": "resnet", "embedding_size": 64, "hidden_sizes": [256, 512, 1024, 2048],
    "depths": [3, 4, 6, 3], "layer_type": "bottleneck",
}  # fmt: skip
CLASSIFY, WRITE = "text-classification", "text-generation"


def model(config: Mapping[str, Any], parameters: int | None, dtype: str = "F32") -> ModelFacts:
    files = (FileFact("config.json", 700), FileFact("model.safetensors", 4 * (parameters or 0)))
    stored = {} if parameters is None else {dtype: parameters}
    return ModelFacts(
        "a/b", "0" * 40, files, config=config, parameters=parameters, parameters_by_dtype=stored,
        weight_format="safetensors", basis="header",
    )  # fmt: skip


def memory(facts: ModelFacts, precision: str = "fp32", work: Workload | None = None) -> float:
    found = predict_memory(facts, precision, work=work)
    assert found is not None
    return found.expected


@pytest.mark.parametrize(
    ("config", "weights"),
    [(BERT, 85), (LLAMA, 106), (WHISPER, 16.5), (CLIP, 122.7)],
)
def test_a_configuration_gives_the_weights_of_its_layers(
    config: Mapping[str, Any], weights: float
) -> None:
    assert read_computation(config).weights / M == pytest.approx(weights, rel=0.01)


def test_resnet_50_multiplies_as_often_as_its_authors_say() -> None:
    assert read_computation(RESNET).macs == pytest.approx(4.09e9, rel=0.01)


def test_every_kind_of_stack_is_told_apart() -> None:
    assert [s.role for s in read_computation(WHISPER).stacks] == ["audio", "decoder"]
    assert read_computation(WHISPER).stacks[0].fixed_tokens == 1500
    clip = read_computation(CLIP)
    assert [(s.role, s.fixed_tokens) for s in clip.stacks] == [("vision", 50), ("text", 0)]
    assert clip.vocabulary == 49408
    assert read_computation(LLAMA).decoder is not None
    assert read_computation(BERT).decoder is None


# Peaks measured on models of these shapes with random weights (tests/benchmarks/fit).
@pytest.mark.parametrize(
    ("config", "parameters", "dtype", "precision", "work", "measured"),
    [
        (BERT, 109_500_000, "F32", "fp32", Workload(1, 32), 762),
        (BERT, 109_500_000, "F32", "fp32", Workload(64, 64), 984),
        (LLAMA, 134_500_000, "BF16", "fp32", Workload(1, 32, 32), 1230),
        (LLAMA, 134_500_000, "BF16", "bf16", Workload(1, 512, 32), 769),
        (RESNET, 25_600_000, "F32", "fp32", Workload(8), 747),
    ],
)
def test_predicted_peaks_hold_what_was_measured(
    config: Mapping[str, Any], parameters: int, dtype: str, precision: str, work: Workload, measured: int
) -> None:  # fmt: skip
    found = predict_memory(model(config, parameters, dtype), precision, work=work)
    assert found is not None
    assert -0.02 * measured <= found.expected / M - measured <= max(0.05 * measured, 157)
    assert found.low / M <= measured <= found.high / M


def test_converting_the_precision_while_loading_holds_both_copies() -> None:
    big = {**LLAMA, "hidden_size": 2048, "num_hidden_layers": 40}
    mapped, converted = memory(model(big, G, "F32")), memory(model(big, G, "F16"))
    assert 1.5 * G < converted - mapped < 2.01 * G


def test_a_quarter_of_the_key_value_heads_makes_a_quarter_of_the_cache() -> None:
    long = Workload(1, 8000, 100)
    grouped = predict_memory(model(LLAMA, 134 * M, "BF16"), "bf16", work=long)
    whole = predict_memory(
        model({**LLAMA, "num_key_value_heads": 9}, 134 * M, "BF16"), "bf16", work=long
    )
    assert grouped is not None
    assert whole is not None
    one_token = 2 * 30 * 64 * 2
    assert whole.expected - grouped.expected == pytest.approx(8100 * one_token * 6, rel=0.01)


def test_a_quantised_cache_takes_its_blocks_and_their_scales() -> None:
    facts = model(LLAMA, 134 * M, "F16")

    def peak(cache: str) -> float:
        work = Workload(1, 8000, 192, cache)
        found = predict_memory(facts, "f16", "llama", work=work)
        assert found is not None
        return found.expected

    values = 8192 * 2 * 30 * 64 * 3  # tokens, keys and values, layers, width of a head, heads
    assert peak("f16") == peak("")
    assert peak("") - peak("q8_0") == pytest.approx(values * (2 - 34 / 32), rel=0.01)
    assert peak("") - peak("q4_0") == pytest.approx(values * (2 - 18 / 32), rel=0.01)


def test_layers_with_a_sliding_window_keep_no_more_than_it() -> None:
    kinds = ["sliding_attention", "full_attention"] * 15
    sliding = read_computation({**LLAMA, "sliding_window": 512, "layer_types": kinds}).decoder
    whole = read_computation(LLAMA).decoder
    assert sliding is not None
    assert whole is not None
    assert sliding.cache_values(512) == whole.cache_values(512)
    assert sliding.cache_values(10**4) == whole.cache_values(10**4) * (512 + 10**4) / (2 * 10**4)
    off = read_computation({**LLAMA, "sliding_window": 512, "use_sliding_window": False}).decoder
    assert off == whole


def test_a_mixture_of_experts_is_held_whole_and_read_in_part() -> None:
    mixture = {**LLAMA, "num_local_experts": 8, "num_experts_per_tok": 2}
    stack = read_computation(mixture).decoder
    dense = read_computation(LLAMA).decoder
    assert stack is not None
    assert dense is not None
    assert stack.feed_forward_weights == 8 * dense.feed_forward_weights
    assert stack.active_weights - stack.attention_weights == 2 * dense.feed_forward_weights
    facts = model(mixture, 800 * M)
    found = predict_speed(facts, registry.task(WRITE), MACHINE, "fp32")
    single = predict_speed(model(LLAMA, 800 * M), registry.task(WRITE), MACHINE, "fp32")
    assert found is not None
    assert single is not None
    assert found.expected > 1.5 * single.expected


def test_larger_batches_take_more_memory_and_less_time_an_item() -> None:
    facts = model(BERT, 109 * M)
    task = registry.task(CLASSIFY)
    one, many = Workload(1, 64), Workload(32, 64)
    assert memory(facts, work=many) > memory(facts, work=one)
    slow = predict_speed(facts, task, MACHINE, "fp32", work=one)
    fast = predict_speed(facts, task, MACHINE, "fp32", work=many)
    assert slow is not None
    assert fast is not None
    assert fast.expected > slow.expected


def test_without_sizes_the_interval_reaches_up_to_a_full_batch() -> None:
    facts = model(BERT, 109 * M)
    free, full = predict_memory(facts, "fp32"), memory(facts, work=Workload(64, 64))
    assert free is not None
    assert free.high >= full


def test_an_unknown_architecture_falls_back_to_bytes_with_a_wide_interval() -> None:
    task = registry.task(CLASSIFY)
    known = predict(model(BERT, 109 * M), task, MACHINE, "torch", "fp32", work=Workload())
    strange = predict(
        model({"model_type": "nobody_knows"}, 109 * M),
        task,
        MACHINE,
        "torch",
        "fp32",
        work=Workload(),
    )
    assert (known.architecture, strange.architecture) == ("known", "unknown")
    for wide, narrow in ((strange.memory_bytes, known.memory_bytes), (strange.speed, known.speed)):
        assert wide is not None
        assert narrow is not None
        assert wide.high / wide.low > 1.3 * narrow.high / narrow.low


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"hidden_size": -5, "num_hidden_layers": 12},
        {"hidden_size": "768", "num_hidden_layers": None, "vocab_size": [1]},
        {"hidden_size": 2**70, "num_hidden_layers": 2**70, "vocab_size": 2**70},
        {**BERT, "num_attention_heads": 0},
        {**BERT, "num_attention_heads": 10**7, "head_dim": 10**8},
        {**BERT, "num_hidden_layers": 10**9},
        {**LLAMA, "sliding_window": -1, "layer_types": "all", "num_experts_per_tok": 10**9},
        {"text_config": [], "vision_config": {"image_size": 10**9, "patch_size": 0}},
        {"model_type": "resnet", "hidden_sizes": [10**9] * 4, "depths": [10**9] * 4},
        {"model_type": "resnet", "hidden_sizes": [True], "depths": [1]},
        {"architectures": "BertModel", "hidden_size": True, "num_hidden_layers": 1.5},
    ],
)
@pytest.mark.parametrize("parameters", [None, 0, 1, 2**63, 2**80])
def test_hostile_configurations_give_an_interval_or_unknown_never_an_error(
    config: dict[str, Any], parameters: int | None
) -> None:
    for task in (CLASSIFY, WRITE):
        for form in (("torch", "fp32"), ("torch", "bf16"), ("onnx", "int8"), ("llama", "q4_k_m")):
            fit = predict(model(config, parameters), registry.task(task), MACHINE, *form)
            for interval in (fit.memory_bytes, fit.speed, fit.load_s, fit.first_token_s):
                if interval is not None:
                    assert 0 <= interval.low <= interval.expected <= interval.high < math.inf
            json.dumps(fit.details_to_json(), allow_nan=False)
            if parameters is None and form[0] == "torch":
                assert fit.verdict == "unknown"
            if parameters == 2**80:
                assert fit.verdict == "no"


_VALUES: Any = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=5),
    st.lists(st.integers(-5, 10**6), max_size=5),
)  # fmt: skip
_NAMES = sorted({*BERT, *LLAMA, *WHISPER, *RESNET, "sliding_window", "num_experts", "patch_size"})
_PART = st.dictionaries(st.sampled_from(_NAMES), _VALUES, max_size=12)


@given(
    st.dictionaries(
        st.sampled_from([*_NAMES, "text_config", "vision_config"]),
        st.one_of(_VALUES, _PART),
        max_size=16,
    ),
    st.integers(1, 2**64),
)
def test_no_configuration_breaks_a_prediction(config: dict[str, Any], parameters: int) -> None:
    fit = predict(model(config, parameters), registry.task(WRITE), MACHINE, "torch", "bf16")
    assert fit.memory_bytes is not None
    assert fit.memory_bytes.expected >= 2 * parameters


def calibrated(**engines: EngineCalibration) -> Machine:
    calibration = Calibration(12e9, 60e9, 0.05, "2026-11-25T00:00:00+00:00", engines=engines)
    return replace(MACHINE, calibration=calibration)


def test_an_interval_narrows_with_what_was_measured_here() -> None:
    facts, task = model(BERT, 109 * M), registry.task(CLASSIFY)
    engine = EngineCalibration("2.13", 350 * M, 0.0004, {"fp32": Rates(15e9, (55e9, 60e9))}, 0.05)
    widths = []
    for machine, basis in (
        (MACHINE, "guess"),
        (calibrated(), "machine"),
        (calibrated(torch=engine), "engine"),
    ):
        fit = predict(facts, task, machine, "torch", "fp32")
        assert fit.rates == basis
        assert fit.speed is not None
        widths.append(fit.speed.high / fit.speed.low)
    assert widths == sorted(widths, reverse=True)


def test_the_measured_size_of_an_empty_worker_takes_the_place_of_the_constant() -> None:
    facts = model(BERT, 109 * M)
    engine = EngineCalibration("2.13", 300 * M, 0.0004, {}, 0.05)
    usual = predict_memory(facts, "fp32", machine=MACHINE)
    here = predict_memory(facts, "fp32", machine=calibrated(torch=engine))
    assert usual is not None
    assert here is not None
    assert usual.expected - here.expected == costs_of("torch").empty_bytes - 300 * M


@given(st.floats(1e9, 1e13), st.floats(0.0, 200))
def test_two_products_give_back_the_peak(peak: float, half: float) -> None:
    few, many = (peak * rows / (rows + half) for rows in (128, 1024))
    assert peak_rate((few, many), half) == pytest.approx(peak, rel=1e-6)


def test_wide_instructions_are_what_makes_bf16_and_int8_fast() -> None:
    wide = replace(MACHINE, cpu=Cpu("x", 2, 2, ("avx512f", "avx512_vnni", "avx512_bf16")))
    for engine, precision in (("torch", "bf16"), ("onnx", "int8")):
        plain, fast = (
            pace_of(machine, costs_of(engine), engine, precision).peak_flop_per_s
            / pace_of(machine, costs_of(engine), engine, "fp32").peak_flop_per_s
            for machine in (MACHINE, wide)
        )
        assert fast > 1.5 * plain


def runs(quantity: Any, ratio: float, n: int, family: str = "bert") -> Experience:
    return Experience(quantity, "torch", family, n, math.log(ratio))


def test_one_run_moves_a_prediction_a_little_and_many_move_it_all_the_way() -> None:
    factors = [1.0] + [
        learn([runs("speed", 0.5, n)]).speed("torch", "bert").factor for n in (1, 3, 20, 1000)
    ]
    assert factors == sorted(factors, reverse=True)
    assert factors[1] < 0.9
    assert factors[-1] == pytest.approx(0.5, rel=0.02)


def test_what_one_family_taught_moves_the_others_less_and_other_engines_not_at_all() -> None:
    known = learn([runs("speed", 0.5, 5)])
    own, other = known.speed("torch", "bert"), known.speed("torch", "vit")
    assert own.factor < other.factor < 1.0
    assert known.speed("onnx", "bert").factor == 1.0
    assert known.memory("torch", "bert").factor == 1.0
    assert (own.runs, other.runs) == (5, 0)


def test_intervals_tighten_with_use() -> None:
    facts, task = model(BERT, 109 * M), registry.task(CLASSIFY)
    widths = []
    for n in (0, 1, 5, 50):
        used = replace(MACHINE, experience=(runs("speed", 1.1, n),))
        fit = predict(facts, task, used, "torch", "fp32")
        assert fit.runs == n
        assert fit.speed is not None
        widths.append(fit.speed.high / fit.speed.low)
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] < widths[0] / 2


def test_small_peaks_of_the_past_do_not_promise_small_peaks() -> None:
    facts = model(BERT, 109 * M)
    free = predict_memory(facts, "fp32", machine=MACHINE)
    for ratio in (0.5, 1.2):
        used = replace(MACHINE, experience=(runs("memory", ratio, 100),))
        found = predict_memory(facts, "fp32", machine=used)
        assert found is not None
        assert free is not None
        assert found.expected >= 0.969 * free.expected
        assert (found.expected > free.expected) == (ratio > 1)
        assert found.high >= free.high


@given(st.floats(allow_nan=True, allow_infinity=True), st.integers(-5, 10**9))
def test_impossible_experience_teaches_nothing_bad(mean_log: float, n: int) -> None:
    known = learn([Experience("speed", "torch", "bert", n, mean_log)])
    assert 0.2 < known.speed("torch", "bert").factor < 5
    if n < 1 or not math.isfinite(mean_log):
        assert known == NONE
