# SPDX-License-Identifier: Apache-2.0
"""Power source, power mode and heat: a laptop on its battery, or a hot one, is another machine."""

from __future__ import annotations

import platform
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil

from selector.machine.facts import Machine, Power
from selector.machine.tool_output import ToolProblem, ask, find_tool

_GOVERNOR = "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"
_PROFILE = "sys/firmware/acpi/platform_profile"
_OF_CPU = ("coretemp", "k10temp", "zenpower", "cpu_thermal", "cpu-thermal", "acpitz", "soc_thermal")
_SANE_C = range(-40, 150)
"""Sensors that are not connected say 0, 255 or −128 degrees."""


def probe_power(unknown: list[str], root: Path = Path("/")) -> Power:
    """As far as this system tells; never fails."""
    try:
        battery = psutil.sensors_battery()
    except (AttributeError, OSError, RuntimeError, ValueError):
        battery = None
    source = "" if battery is None else "mains" if battery.power_plugged else "battery"
    mode = ""
    try:
        if platform.system() == "Linux":
            lines = (_first_line(root / name) for name in (_GOVERNOR, _PROFILE))
            mode = " ".join(line for line in lines if line)
        elif platform.system() == "Darwin":
            mode = parse_pmset(ask(["/usr/bin/pmset", "-g"]))
        elif platform.system() == "Windows" and (tool := find_tool("powercfg")):
            mode = parse_powercfg(ask([tool, "/getactivescheme"]))
    except ToolProblem as error:
        unknown.append(f"power: {error}")
    temperature, hot = heat(_sensors())
    return Power(source, mode, temperature, hot)  # type: ignore[arg-type]  # one of three words


def conditions(machine: Machine) -> str:
    """What a calibration depends on beside the processor; where it differs, measuring again is worth it."""
    drivers = sorted({f"{each.kind} {each.driver}" for each in machine.accelerators if each.driver})
    return ", ".join(part for part in (machine.power.source, machine.power.mode, *drivers) if part)


def parse_pmset(text: str) -> str:
    """``low power`` or ``high power`` where ``pmset -g`` says so."""
    found = re.search(r"^\s*(?:lowpowermode|powermode)\s+([012])\s*$", text, re.MULTILINE)
    return {"1": "low power", "2": "high power"}.get(found[1], "") if found else ""


def parse_powercfg(text: str) -> str:
    """The plan's name in what ``powercfg /getactivescheme`` prints, or its number."""
    found = re.search(
        r"([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\s*(?:\((.{1,60})\))?", text
    )
    return (found[2] or found[1]).strip() if found else ""


def heat(sensors: Iterable[tuple[str, float | None, float | None]]) -> tuple[float | None, bool]:
    """The processor's hottest sensor in °C and whether it is at its limit, of (chip, now, high)."""
    found = [
        (now, high)
        for chip, now, high in sensors
        if chip in _OF_CPU and now is not None and round(now) in _SANE_C and now > 0
    ]
    if not found:
        return None, False
    # A limit of nought or of 150 degrees and more is none.
    hot = any(high is not None and 0 < high < _SANE_C.stop and now >= high for now, high in found)
    return max(now for now, _ in found), hot


def _sensors() -> list[tuple[str, float | None, float | None]]:
    probe: Any = getattr(psutil, "sensors_temperatures", None)
    if probe is None:
        return []
    try:
        chips = probe()
    except (OSError, RuntimeError, ValueError):
        return []
    return [(chip, one.current, one.high) for chip, some in chips.items() for one in some]


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            return file.readline(40).strip()
    except OSError:
        return ""
