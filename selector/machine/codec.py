# SPDX-License-Identifier: Apache-2.0
"""A machine as JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from selector.machine.facts import (
    Accelerator,
    Calibration,
    Cpu,
    Disk,
    EngineCalibration,
    Machine,
    Memory,
    Rates,
)


def machine_to_json(machine: Machine) -> dict[str, Any]:
    """The JSON of the command-line contract."""
    return asdict(machine)


def _rates(data: Mapping[str, Any]) -> Rates:
    gemm = data.get("gemm_flop_per_s")
    return Rates(data.get("read_bytes_per_s"), None if gemm is None else (gemm[0], gemm[1]))


def calibration_from_json(data: Mapping[str, Any]) -> Calibration:
    """A calibration from its JSON. Raises KeyError, TypeError or IndexError on anything else."""
    engines = {
        str(name): EngineCalibration(
            **{
                **engine,
                "rates": {dtype: _rates(rates) for dtype, rates in engine["rates"].items()},
            }
        )
        for name, engine in data.get("engines", {}).items()
    }
    return Calibration(**{**data, "engines": engines})


def machine_from_json(data: Mapping[str, Any]) -> Machine:
    """The inverse. Raises KeyError or TypeError on anything else."""
    cpu = data["cpu"]
    return Machine(
        os=data["os"],
        cpu=Cpu(**{**cpu, "features": tuple(cpu["features"])}),
        memory=Memory(**data["memory"]),
        accelerators=tuple(Accelerator(**item) for item in data["accelerators"]),
        disk=Disk(**data["disk"]),
        calibration=None
        if data.get("calibration") is None
        else calibration_from_json(data["calibration"]),
        unknown=tuple(data.get("unknown", ())),
    )
