# SPDX-License-Identifier: Apache-2.0
"""Percentiles of latencies. Pure."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from selector.trial.measurement import Timing


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least ``share`` (0 to 1] of ``values`` do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def timing(seconds: Sequence[float]) -> Timing | None:
    """Median, 95th percentile and smallest in seconds; None without values."""
    if not seconds:
        return None
    return Timing(statistics.median(seconds), percentile(seconds, 0.95), len(seconds), min(seconds))
