# SPDX-License-Identifier: Apache-2.0
"""Measures this machine's rates: how fast it reads weights and how fast it multiplies matrices.

Medians of five after a discarded first run, about three seconds in all. numpy's BLAS stands for the
engines here; later measurements of real models correct it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime

from selector.errors import Cancelled
from selector.machine.facts import Calibration

REPEATS = 5
_READ_BYTES = 256 * 1024 * 1024
_ROWS, _INNER, _COLUMNS = 128, 768, 3072


def _rates(
    work: Callable[[], object], amount: float, calls: int, cancelled: Callable[[], bool]
) -> list[float]:
    rates = []
    for turn in range(REPEATS + 1):
        if cancelled():
            raise Cancelled
        start = time.perf_counter()
        for _ in range(calls):
            work()
        rate = amount * calls / (time.perf_counter() - start)
        if turn:  # the first run warms caches and threads
            rates.append(rate)
    return rates


def calibrate(cancelled: Callable[[], bool], progress: Callable[[float], None]) -> Calibration:
    """Measure. ``progress`` gets the share done (0 to 1). Raises Cancelled."""
    import numpy as np

    random = np.random.default_rng(0)
    matrix = random.standard_normal((_READ_BYTES // 4 // 4096, 4096), dtype=np.float32)
    vector = random.standard_normal(4096, dtype=np.float32)
    reads = _rates(lambda: matrix @ vector, matrix.nbytes, 2, cancelled)
    progress(0.5)
    left = random.standard_normal((_ROWS, _INNER), dtype=np.float32)
    right = random.standard_normal((_INNER, _COLUMNS), dtype=np.float32)
    flop = 2.0 * _ROWS * _INNER * _COLUMNS
    products = _rates(lambda: left @ right, flop, 40, cancelled)
    progress(1.0)
    noise = max(max(rates) / statistics.median(rates) - 1 for rates in (reads, products))
    return Calibration(
        read_bytes_per_s=statistics.median(reads),
        gemm_flop_per_s=statistics.median(products),
        noise=noise,
        measured_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
