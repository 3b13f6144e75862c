# SPDX-License-Identifier: Apache-2.0
"""Memory of the process that asks. Bytes; memory-mapped weights count once they were read."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil


def peak_bytes() -> int:
    """Largest resident size of this process so far."""
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    info = psutil.Process().memory_info()
    if peak := getattr(info, "peak_wset", None):
        return int(peak)
    import resource

    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(largest if sys.platform == "darwin" else largest * 1024)


def now_bytes() -> int:
    """Resident size of this process."""
    return int(psutil.Process().memory_info().rss)
