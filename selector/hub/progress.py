# SPDX-License-Identifier: Apache-2.0
"""How a download is going: bytes, rate, time left, and what it waits for."""

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
    state: str = "fetching"
    """``checking``, ``fetching``, ``waiting`` (the server asks for it, see ``wait_s``), ``reconnecting``
    (nothing comes) or ``sharing`` (another process fetches it)."""
    wait_s: float | None = None
    """Seconds until the next attempt; None while one is made."""
    revision: str | None = None
    """The commit that is downloaded, whatever the branch does meanwhile."""
    connections: int = 0

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
        revision: str | None = None,
    ) -> None:
        self._total, self._send, self._clock = total, send, clock
        self._revision = revision
        self._sent = -_EVERY_S
        self._seen: deque[tuple[float, int]] = deque()

    def at(
        self,
        file: str,
        done: int,
        *,
        now: bool = False,
        state: str = "fetching",
        wait_s: float | None = None,
        connections: int = 0,
    ) -> None:
        """``done`` bytes of all are here, ``file`` among them; ``now`` sends whatever the clock says."""
        moment = self._clock()
        if self._seen and done < self._seen[-1][1]:
            self._seen.clear()  # a file began anew
        if not now and moment - self._sent < _EVERY_S:
            return
        self._seen.append((moment, done))
        while self._seen[0][0] < moment - _WINDOW_S:
            self._seen.popleft()
        self._sent = moment
        (first, had), (last, has) = self._seen[0], self._seen[-1]
        telling = state == "fetching" and last - first >= _LEAST_S and has > had
        rate = (has - had) / (last - first) if telling else None
        left = (self._total - done) / rate if rate else None
        done = min(done, self._total)
        self._send(
            Progress(
                file, done, self._total, rate, left, state, wait_s, self._revision, connections
            )
        )
