# SPDX-License-Identifier: Apache-2.0
"""A machine as JSON and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from selector.machine.facts import (
    Accelerator,
    Calibration,
    Cpu,
    Disk,
    EngineCalibration,
    Experience,
    Machine,
    Memory,
    Power,
    Rates,
)


def machine_to_json(machine: Machine) -> dict[str, Any]:
    """The JSON of the command-line contract."""
    return asdict(machine)


def machine_from_json(data: Mapping[str, Any]) -> Machine:
    """The inverse. Raises KeyError, TypeError or ValueError on anything else."""
    cpu = data["cpu"]
    measured = data.get("calibration")
    return Machine(
        os=data["os"],
        cpu=Cpu(**{**cpu, "features": tuple(cpu["features"])}),
        memory=Memory(**data["memory"]),
        accelerators=tuple(Accelerator(**item) for item in data["accelerators"]),
        disk=Disk(**data["disk"]),
        calibration=None if measured is None else calibration_from_json(measured),
        unknown=tuple(data.get("unknown", ())),
        experience=tuple(Experience(**item) for item in data.get("experience", ())),
        power=Power(**data.get("power", {})),
        surroundings=str(data.get("surroundings", "")),
        overridden=tuple(data.get("overridden", ())),
    )


def calibration_from_json(data: Mapping[str, Any]) -> Calibration:
    """What ``asdict`` gave. Raises KeyError, TypeError or ValueError on anything else.

    Rates that no machine has (negative, infinite, zero) are refused: everything is divided by them.
    """
    return Calibration(
        read_bytes_per_s=_positive(data["read_bytes_per_s"]),
        gemm_flop_per_s=_positive(data["gemm_flop_per_s"]),
        noise=_finite(data["noise"]),
        measured_at=str(data["measured_at"]),
        engines={str(name): engine_from_json(item) for name, item in data["engines"].items()},
        conditions=str(data["conditions"]),
    )


def engine_from_json(data: Mapping[str, Any]) -> EngineCalibration:
    """One engine's part of it. Raises as calibration_from_json."""
    return EngineCalibration(
        version=str(data["version"]),
        empty_bytes=round(_positive(data["empty_bytes"])),
        layer_overhead_s=_finite(data["layer_overhead_s"]),
        rates={str(dtype): _rates(item) for dtype, item in data["rates"].items()},
        noise=_finite(data["noise"]),
    )


def _rates(data: Mapping[str, Any]) -> Rates:
    read, gemm = data["read_bytes_per_s"], data["gemm_flop_per_s"]
    both = None
    if gemm is not None:
        small, large = gemm
        both = _positive(small), _positive(large)
    return Rates(None if read is None else _positive(read), both)


def _finite(value: Any) -> float:
    try:
        number = float(value)
    except OverflowError as error:
        raise ValueError("not a measurement: too large") from error
    if isinstance(value, bool) or not math.isfinite(number) or number < 0:
        raise ValueError(f"not a measurement: {value!r}")
    return number


def _positive(value: Any) -> float:
    number = _finite(value)
    if number == 0:
        raise ValueError("a rate of zero")
    return number
