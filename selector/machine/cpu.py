# SPDX-License-Identifier: Apache-2.0
"""The processor: its name, the cores this process may use, the instruction sets that matter."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

import psutil

from selector.machine.cgroups import Limits, limits
from selector.machine.facts import Cpu
from selector.machine.tool_output import ToolProblem, ask
from selector.machine.windows_registry import processor_name

# What inference libraries dispatch on, by the names that Linux uses.
FEATURES = (
    "avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8", "amx_bf16",
    "asimd", "asimddp", "i8mm", "bf16", "sve", "sve2", "sme",
)  # fmt: skip
_MAC = {
    "hw.optional.avx2_0": ("avx2",),
    "hw.optional.fma": ("fma",),
    "hw.optional.f16c": ("f16c",),
    "hw.optional.avx512f": ("avx512f",),
    "hw.optional.avx512vnni": ("avx512_vnni",),
    "hw.optional.AdvSIMD": ("asimd",),
    "hw.optional.neon": ("asimd",),
    "hw.optional.arm.AdvSIMD": ("asimd",),
    "hw.optional.arm.FEAT_DotProd": ("asimddp",),
    "hw.optional.arm.FEAT_I8MM": ("i8mm",),
    "hw.optional.arm.FEAT_BF16": ("bf16",),
    "hw.optional.arm.FEAT_SME": ("sme",),
}
_WINDOWS = {
    # PF_… of winnt.h: asked one by one of IsProcessorFeaturePresent.
    40: "avx2",
    41: "avx512f",
    19: "asimd",
    43: "asimddp",
    46: "sve",
    47: "sve2",
    66: "i8mm",
    68: "bf16",
    70: "sme",
}


def parse_cpuinfo(text: str) -> tuple[str, tuple[str, ...]]:
    """Name and features from the text of /proc/cpuinfo; empty where it does not say."""
    name = re.search(r"^(?:model name|Model)[ \t]*:[ \t]*(\S.*)$", text, re.MULTILINE)
    flags = re.search(r"^(?:flags|Features)[ \t]*:[ \t]*(\S.*)$", text, re.MULTILINE)
    present = set(flags[1].split()) if flags else set()
    return (name[1].strip() if name else ""), tuple(f for f in FEATURES if f in present)


def parse_sysctl(text: str) -> tuple[str, tuple[str, ...]]:
    """Name and features from what ``sysctl machdep.cpu.brand_string hw.optional`` prints on a Mac."""
    name, present = "", set[str]()
    for line in text.splitlines():
        key, _, value = (part.strip() for part in line.partition(":"))
        if key == "machdep.cpu.brand_string":
            name = value
        elif value == "1":
            present.update(_MAC.get(key, ()))
    return name, tuple(f for f in FEATURES if f in present)


def _windows_features() -> tuple[str, ...]:
    import ctypes

    present = getattr(ctypes, "windll").kernel32.IsProcessorFeaturePresent  # noqa: B009  # not on every system
    found = {name for number, name in _WINDOWS.items() if present(number)}
    return tuple(f for f in FEATURES if f in found)


def probe_cpu(unknown: list[str], allowance: Limits | None = None) -> Cpu:
    """The processor as this process sees it; what cannot be found out is added to ``unknown``."""
    name: str = ""
    features: tuple[str, ...] = ()
    try:
        if platform.system() == "Linux":
            name, features = parse_cpuinfo(Path("/proc/cpuinfo").read_text(errors="replace"))
        elif platform.system() == "Darwin":
            told = ask(["/usr/sbin/sysctl", "machdep.cpu.brand_string", "hw.optional"])
            name, features = parse_sysctl(told)
        elif platform.system() == "Windows":
            name, features = processor_name(), _windows_features()
    except (OSError, AttributeError, ToolProblem) as error:
        unknown.append(f"cpu: {error}")
    if not features:
        unknown.append("cpu.features: not told by this system")
    logical = psutil.cpu_count(logical=True) or os.cpu_count() or 1
    physical = psutil.cpu_count(logical=False) or logical
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else logical
    if allowance is None:
        allowance = limits()
    if allowance.cores is not None:
        allowed = min(allowed, allowance.cores)
    logical = min(logical, allowed)
    return Cpu(
        name or platform.processor() or platform.machine(),
        min(physical, logical),
        logical,
        features,
    )
