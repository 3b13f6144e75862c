# SPDX-License-Identifier: Apache-2.0
"""Probing parses what systems say; fit predictions are ordered, honest intervals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from selector import registry
from selector.engines.facts import ModelFacts
from selector.fit.predict import predict, predict_memory, verdict_of
from selector.intervals import Interval
from selector.machine.calibrate import calibrate
from selector.machine.codec import machine_from_json, machine_to_json
from selector.machine.cpu import parse_cpuinfo
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
    # On a busy machine the noise is as wide as not knowing, and is said to be.
    quiet = replace(measured, noise=min(measured.noise, 0.1))
    narrow = predict(facts(10**7), task, replace(machine, calibration=quiet), "torch", "fp32").speed
    assert wide is not None
    assert narrow is not None
    assert narrow.high / narrow.low < wide.high / wide.low
