# SPDX-License-Identifier: Apache-2.0
"""How a download is going: bytes, rate, time left."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

_EVERY_S = 0.1
_WINDOW_S = 4.0
_LEAST_S = 0.4
"""A rate of less than this says more about the small files than about the network."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Bytes of one model's download; ``total_bytes`` covers all its files."""

    file: str
    done_bytes: int
    total_bytes: int
    bytes_per_s: float | None = None
    eta_s: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Every field."""
        return asdict(self)


class Meter:
    """Turns bytes into progress events, ten a second at most, with the rate of the last seconds."""

    def __init__(
        self,
        total: int,
        send: Callable[[Progress], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total, self._send, self._clock = total, send, clock
        self._before = 0
        self._sent = -_EVERY_S
        self._seen: deque[tuple[float, int]] = deque()

    def file_done(self, size: int) -> None:
        """A file is complete."""
        self._before += size

    def at(self, file: str, done: int, *, now: bool = False) -> None:
        """``done`` bytes of ``file`` are here; ``now`` sends whatever the clock says."""
        moment, overall = self._clock(), self._before + done
        if self._seen and overall < self._seen[-1][1]:
            self._seen.clear()  # the file began anew
        if now or moment - self._sent >= _EVERY_S:
            self._seen.append((moment, overall))
            while self._seen[0][0] < moment - _WINDOW_S:
                self._seen.popleft()
            self._sent = moment
            self._send(self._progress(file, overall))

    def _progress(self, file: str, overall: int) -> Progress:
        (first, had), (last, has) = self._seen[0], self._seen[-1]
        rate = (has - had) / (last - first) if last - first >= _LEAST_S and has > had else None
        left = (self._total - overall) / rate if rate else None
        return Progress(file, min(overall, self._total), self._total, rate, left)
