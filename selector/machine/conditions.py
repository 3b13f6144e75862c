# SPDX-License-Identifier: Apache-2.0
"""Under which conditions rates were measured: a laptop on its battery is another machine."""

from __future__ import annotations

from pathlib import Path

import psutil

_GOVERNOR = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
_PROFILE = Path("/sys/firmware/acpi/platform_profile")


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="ascii", errors="replace") as file:
            return file.readline(40).strip()
    except OSError:
        return ""


def conditions(governor: Path = _GOVERNOR, profile: Path = _PROFILE) -> str:
    """Power source and mode as far as this system tells them; empty where it tells nothing."""
    try:
        battery = psutil.sensors_battery()
    except (AttributeError, OSError, RuntimeError):
        battery = None
    source = "" if battery is None else "mains" if battery.power_plugged else "battery"
    return " ".join(part for part in (source, _first_line(governor), _first_line(profile)) if part)
