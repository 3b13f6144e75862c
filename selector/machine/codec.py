# SPDX-License-Identifier: Apache-2.0
"""A machine as JSON and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from selector.machine.facts import Accelerator, Calibration, Cpu, Disk, Machine, Memory


def machine_to_json(machine: Machine) -> dict[str, Any]:
    """The JSON of the command-line contract."""
    return asdict(machine)


def machine_from_json(data: Mapping[str, Any]) -> Machine:
    """The inverse. Raises KeyError or TypeError on anything else."""
    cpu = data["cpu"]
    return Machine(
        os=data["os"],
        cpu=Cpu(**{**cpu, "features": tuple(cpu["features"])}),
        memory=Memory(**data["memory"]),
        accelerators=tuple(Accelerator(**item) for item in data["accelerators"]),
        disk=Disk(**data["disk"]),
        calibration=None if data.get("calibration") is None else Calibration(**data["calibration"]),
        unknown=tuple(data.get("unknown", ())),
    )
