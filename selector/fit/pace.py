# SPDX-License-Identifier: Apache-2.0
"""How fast an engine multiplies and reads on a machine: measured there, or guessed from what it is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from selector.fit.costs import EngineCosts
from selector.machine.facts import Calibration, EngineCalibration, Machine, Rates

_ROWS = (128, 1024)
"""Rows of the two matrix products that a calibration times."""
_READ = 12e9
_READ_AVX512 = 18e9
_GEMM_PER_CORE: Mapping[str, float] = {"avx512f": 80e9, "avx2": 40e9, "asimd": 40e9}
_SLOWEST_CORE = 15e9
_WIDE_INT8 = ("avx512_vnni", "avx_vnni", "amx_int8", "i8mm", "asimddp")
_WIDE_BF16 = ("avx512_bf16", "amx_bf16", "bf16")
_CALIBRATED, _MEASURED, _GUESSED = 0.13, 0.30, 0.55
"""Standard deviations of predicted over measured speed, in logarithms: the engine itself was calibrated;
only the machine was; nothing was."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Rates of one precision of one engine on one machine."""

    peak_flop_per_s: float
    few_rows: float
    """Rows at which half of the peak is reached."""
    read_bytes_per_s: float
    looking_flop_per_s: float
    """Rate at which one new token attends to those before it."""
    layer_overhead_s: float
    step_layer_overhead_s: float
    """The same while one token is written."""
    step_overhead_s: float
    spread: float
    """Standard deviation of the logarithm of what is predicted from it."""
    basis: str
    """``engine`` (this engine was calibrated here), ``machine``, or ``guess``."""

    def flop_per_s(self, rows: float) -> float:
        """Multiplication rate with ``rows`` rows: few rows do not fill the units."""
        return self.peak_flop_per_s * rows / (rows + self.few_rows)


def _guess(machine: Machine) -> tuple[float, float]:
    features = machine.cpu.features
    core = next((r for name, r in _GEMM_PER_CORE.items() if name in features), _SLOWEST_CORE)
    return core * max(1, machine.cpu.physical_cores), (
        _READ_AVX512 if "avx512f" in features else _READ
    )


def _gemm_share(costs: EngineCosts, precision: str, features: tuple[str, ...]) -> float:
    share = costs.gemm.get(precision, costs.gemm.get("fp32", 1.0))
    if precision in {"int8", "uint8"} and not any(name in features for name in _WIDE_INT8):
        share = min(share, 1.9)
    if precision == "bf16":
        share = 3.5 if any(name in features for name in _WIDE_BF16) else 0.15
    return share


def peak_rate(rates: tuple[float, float], half: float) -> float:
    """The rate with very many rows, from those with 128 and 1024: both are peak * rows / (rows + half).

    ``half`` is the engine's own: two rates so close to each other do not determine it.
    """
    return sum(rate * (rows + half) / rows for rate, rows in zip(rates, _ROWS, strict=True)) / 2


def _measured(
    calibration: Calibration | None, engine: str, precision: str
) -> tuple[EngineCalibration | None, Rates | None]:
    """An engine's calibration and the rates of the precision; None where there is none."""
    found = calibration.engines.get(engine) if calibration else None
    if found is None:
        return None, None
    rates = found.rates.get(precision)
    if rates is None and engine == "llama":
        # Types of a size are unpacked alike.
        rates = found.rates.get("q8_0" if precision[:2] in {"q8", "f1", "bf"} else "q4_k_m")
    return found, rates


def pace_of(machine: Machine, costs: EngineCosts, engine: str, precision: str) -> Pace:
    """What this machine gives, with how sure that is."""
    calibration = machine.calibration
    engine_found, rates = _measured(calibration, engine, precision)
    if calibration is not None:
        gemm, read = calibration.gemm_flop_per_s, calibration.read_bytes_per_s
        spread, basis = _MEASURED + min(calibration.noise, 0.5) / 2, "machine"
    else:
        gemm, read = _guess(machine)
        spread, basis = _GUESSED, "guess"
    peak = gemm * _gemm_share(costs, precision, machine.cpu.features)
    read *= costs.read.get(precision, costs.read.get("fp32", 1.0))
    few, overhead = costs.few_rows, costs.layer_overhead_s
    if engine_found is not None:
        overhead = engine_found.layer_overhead_s
        if rates is not None:
            if rates.gemm_flop_per_s is not None:
                reached = costs.reached.get(precision, 1.0)
                peak = peak_rate(rates.gemm_flop_per_s, few) * reached
            read = rates.read_bytes_per_s or read
            spread = _CALIBRATED + min(engine_found.noise, 0.5) / 4
            basis = "engine"
    whole = engine_found.rates.get("fp32", rates) if engine_found else None
    single = peak if engine == "llama" else gemm
    if whole is not None and whole.gemm_flop_per_s is not None:
        single = peak_rate(whole.gemm_flop_per_s, few)
    looking = single * costs.looking.get(precision, costs.looking["fp32"])
    return Pace(
        peak_flop_per_s=max(peak, 1.0),
        few_rows=few,
        read_bytes_per_s=max(read, 1.0),
        looking_flop_per_s=max(looking, 1.0),
        layer_overhead_s=overhead,
        step_layer_overhead_s=overhead * costs.step_layers,
        step_overhead_s=costs.step_overhead_s,
        spread=spread,
        basis=basis,
    )
