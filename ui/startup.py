# SPDX-License-Identifier: Apache-2.0
"""How long ago this process was started, the interpreter's own start included where that can be known."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

_IMPORTED = time.monotonic()


def seconds_since_start() -> float:
    """Seconds since the process began; since this module's import where the system does not say."""
    if sys.platform == "linux":
        try:
            fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
            started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
            return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - started)
        except (OSError, ValueError, IndexError):
            pass
    return time.monotonic() - _IMPORTED
