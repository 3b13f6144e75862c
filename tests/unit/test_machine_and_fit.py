# SPDX-License-Identifier: Apache-2.0
"""Probing parses what systems say; fit predictions are ordered, honest intervals."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from selector import registry
from selector.engines.facts import ModelFacts
from selector.fit.predict import predict, predict_memory, verdict_of
from selector.intervals import Interval
from selector.machine.accelerators import parse_nvidia, parse_rocm
from selector.machine.calibrate import calibrate
from selector.machine.codec import machine_from_json, machine_to_json
from selector.machine.cpu import parse_cpuinfo, quota_cores
from selector.machine.facts import Memory
from selector.machine.memory import limited
from selector.machine.probe import fingerprint, probe


def facts(parameters: int | None, dtype: str = "F32") -> ModelFacts:
    by_dtype = {} if parameters is None else {dtype: parameters}
    return ModelFacts(
        "a/b", "0" * 40, (), parameters=parameters, parameters_by_dtype=by_dtype, basis="header"
    )


def test_this_machine_can_be_described_and_survives_json(tmp_path: Path) -> None:
    machine = probe(tmp_path / "not" / "there" / "yet")
    assert machine.memory.total_bytes > machine.memory.available_bytes > 0
    assert machine.cpu.logical_cores >= machine.cpu.physical_cores >= 1
    assert machine.disk.free_bytes > 0
    assert machine_from_json(machine_to_json(machine)) == machine
    assert fingerprint(machine)


def test_a_control_group_limits_the_memory_but_page_cache_can_be_given_back() -> None:
    whole = Memory(64_000, 60_000)
    assert limited(whole, "max\n", "5") == whole
    assert limited(whole, "10000", "9000", "inactive_file 4000\nx 1\n") == Memory(10_000, 5_000)
    assert limited(whole, "10000", "12000") == Memory(10_000, 0)
    assert limited(whole, "not a number", "1") == whole


def test_a_cpu_quota_is_rounded_up_to_cores() -> None:
    assert quota_cores("150000 100000") == 2
    assert quota_cores("max 100000") is None
    assert quota_cores("") is None


def test_drivers_answers_are_read_and_nonsense_is_not() -> None:
    cards = parse_nvidia("NVIDIA H200, 143771, 143000\nOdd, name, 10, [N/A]\n\nbroken")
    assert cards[0].name == "NVIDIA H200"
    assert cards[0].memory_total_bytes == 143771 * 1024 * 1024
    assert cards[1].name == "Odd, name"
    assert cards[1].memory_free_bytes is None
    rocm = '{"card0": {"Card Series": "RX", "VRAM Total Memory (B)": "100", "VRAM Total Used Memory (B)": "40"}}'
    assert parse_rocm(rocm)[0].memory_free_bytes == 60
    assert parse_rocm("[]") == parse_rocm("{") == ()


def test_cpuinfo_gives_name_and_known_features() -> None:
    name, features = parse_cpuinfo(
        "model name\t: Some CPU\nflags\t\t: fpu avx2 fma unknown avx512f\n"
    )
    assert name == "Some CPU"
    assert features == ("avx2", "fma", "avx512f")
    assert parse_cpuinfo("") == ("", ())


@given(st.integers(1000, 10**10), st.sampled_from(["F32", "F16", "BF16"]))
def test_a_bigger_model_never_needs_less_memory(parameters: int, dtype: str) -> None:
    small, big = (
        predict_memory(facts(parameters, dtype), "fp32"),
        predict_memory(facts(parameters * 2, dtype), "fp32"),
    )
    assert small is not None
    assert big is not None
    assert small.expected < big.expected
    assert small.high < big.high


def test_the_verdict_is_pessimistic_and_unknown_stays_unknown() -> None:
    assert verdict_of(Interval(1, 2, 80), 100) == "fits"
    assert verdict_of(Interval(1, 2, 90), 100) == "tight"
    assert verdict_of(Interval(1, 101, 200), 100) == "no"
    assert verdict_of(None, 100) == "unknown"


def test_an_unknown_size_gives_an_unknown_fit_not_a_guess(tmp_path: Path) -> None:
    fit = predict(
        facts(None), registry.task("text-classification"), probe(tmp_path), "torch", "fp32"
    )
    assert fit.verdict == "unknown"
    assert fit.memory_bytes is None
    assert fit.to_json()["speed"] is None


def test_calibration_measures_and_narrows_the_estimate(tmp_path: Path) -> None:
    machine = probe(tmp_path)
    shares: list[float] = []
    measured = calibrate(lambda: False, shares.append)
    assert measured.read_bytes_per_s > 1e8
    assert measured.gemm_flop_per_s > 1e8
    assert shares[-1] == 1.0
    task = registry.task("text-classification")
    wide = predict(facts(10**7), task, machine, "torch", "fp32").speed
    from dataclasses import replace

    narrow = predict(
        facts(10**7), task, replace(machine, calibration=measured), "torch", "fp32"
    ).speed
    assert wide is not None
    assert narrow is not None
    assert narrow.high / narrow.low < wide.high / wide.low
