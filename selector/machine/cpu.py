# SPDX-License-Identifier: Apache-2.0
"""The processor: its name, the cores this process may use, the instruction sets that matter."""

from __future__ import annotations

import math
import os
import platform
import re
import subprocess
from pathlib import Path

import psutil

from selector.machine.facts import Cpu

# What inference libraries dispatch on, by the names that Linux uses.
FEATURES = (
    "avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8", "amx_bf16",
    "asimd", "asimddp", "i8mm", "bf16", "sve", "sve2",
)  # fmt: skip


def parse_cpuinfo(text: str) -> tuple[str, tuple[str, ...]]:
    """Name and features from the text of /proc/cpuinfo; empty where it does not say."""
    name = re.search(r"^(?:model name|Model)\s*:\s*(.+)$", text, re.MULTILINE)
    flags = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", text, re.MULTILINE)
    present = set(flags[1].split()) if flags else set()
    return (name[1].strip() if name else ""), tuple(f for f in FEATURES if f in present)


def quota_cores(text: str) -> int | None:
    """Cores allowed by a control group's ``cpu.max`` ("quota period"), rounded up; None: no limit."""
    parts = text.split()
    try:
        quota, period = int(parts[0]), int(parts[1])
    except (IndexError, ValueError):
        return None
    return max(1, math.ceil(quota / period)) if quota > 0 and period > 0 else None


def _mac_name() -> str:
    command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1, check=False)
    return done.stdout.strip()


def probe_cpu(unknown: list[str]) -> Cpu:
    """The processor as this process sees it; what cannot be found out is added to ``unknown``."""
    name: str = ""
    features: tuple[str, ...] = ()
    try:
        if platform.system() == "Linux":
            name, features = parse_cpuinfo(Path("/proc/cpuinfo").read_text(errors="replace"))
        elif platform.system() == "Darwin":
            name = _mac_name()
            features = ("asimd",) if platform.machine() == "arm64" else ()
    except (OSError, subprocess.SubprocessError) as error:
        unknown.append(f"cpu: {error}")
    if not features:
        unknown.append("cpu.features: not told by this system")
    logical = psutil.cpu_count(logical=True) or os.cpu_count() or 1
    physical = psutil.cpu_count(logical=False) or logical
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else logical
    for group in (Path("/sys/fs/cgroup/cpu.max"),):
        try:
            allowed = min(allowed, quota_cores(group.read_text()) or allowed)
        except OSError:
            continue
    logical = min(logical, allowed)
    return Cpu(
        name or platform.processor() or platform.machine(),
        min(physical, logical),
        logical,
        features,
    )
