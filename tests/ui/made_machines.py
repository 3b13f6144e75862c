# SPDX-License-Identifier: Apache-2.0
"""Machines that this computer is not, made by hand for the page that shows them."""

from __future__ import annotations

from typing import Any

from selector.machine.facts import Accelerator, Calibration, Cpu, Disk, Machine, Memory

MB = 1_000_000


def make_machine(**changes: Any) -> Machine:
    facts: dict[str, Any] = {
        "os": "Linux 6.1 x86_64",
        "cpu": Cpu("Intel Xeon Platinum 8488C", 2, 4, ("avx2", "avx512f")),
        "memory": Memory(8_200 * MB, 5_100 * MB),
        "accelerators": (),
        "disk": Disk("/cache", 54_000 * MB),
        "calibration": None,
        "unknown": ("GPU: nvidia-smi is not here",),
    }
    return Machine(**(facts | changes))


MEASURED = Calibration(11e9, 98e9, 0.07, "2026-11-20T08:00:00+00:00")
GPU = Accelerator("cuda", "NVIDIA H200", 141_000 * MB, 140_000 * MB)
