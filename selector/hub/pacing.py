# SPDX-License-Identifier: Apache-2.0
"""How a search waits for the Hub: what is left of its rate limit, and waits that tell the time left.

Every answer of the Hub says how many requests are left and until when (``ratelimit: "api";r=497;t=168``,
``ratelimit-policy: "fixed window";"api";q=500;w=300``). The last few are spread over the time that is
left, so that the limit is kept rather than met.
"""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from selector.errors import Cancelled
from selector.hub import checked

LAST_REQUESTS = 20
"""So many requests before the limit each takes its share of the time left."""
LONGEST_TOLD_S = 330.0
"""The Hub counts in windows of 300 s: who waits longer than this is better told that it is busy."""
_POLL_S = 0.04
_SILENT_S = 1.0
_WINDOW = re.compile(r";\s*r\s*=\s*(\d{1,9})\s*;\s*t\s*=\s*(\d{1,9})")

Tell = Callable[[float, str], None]
"""Gets the seconds left and the reason (``rate_limit``, ``busy``, ``pace``); 0 when the wait is over."""


def _never() -> bool:
    return False


def _silent(_seconds: float, _reason: str) -> None:
    return


@dataclass(frozen=True, slots=True)
class _Left:
    requests: int
    until: float


class RateWindow:
    """What is left of the rate limit, by kind of request (``api``, ``resolvers``). Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: dict[str, _Left] = {}

    def note(self, kind: str, headers: Mapping[str, str]) -> None:
        """Take what an answer says; one without the header says nothing."""
        said = _WINDOW.search(headers.get("ratelimit", "")[:200])
        if said is not None:
            self._keep(kind, int(said[1]), float(said[2]))

    def _keep(self, kind: str, requests: int, seconds: float) -> None:
        until = time.monotonic() + min(seconds, LONGEST_TOLD_S)
        with self._lock:
            self._left[kind] = _Left(requests, until)

    def delay(self, kind: str) -> float:
        """Seconds to wait before the next request, which is counted as made."""
        now = time.monotonic()
        with self._lock:
            left = self._left.get(kind)
            if left is None or now >= left.until:
                self._left.pop(kind, None)
                return 0.0
            # Until the answer comes nobody says that this request used up one.
            self._left[kind] = _Left(max(0, left.requests - 1), left.until)
        if left.requests > LAST_REQUESTS:
            return 0.0
        return (left.until - now) / (left.requests + 1)

    def to_json(self) -> dict[str, list[float]]:
        """Requests and seconds left of each kind, for the next process."""
        now = time.monotonic()
        with self._lock:
            return {
                kind: [left.requests, left.until - now]
                for kind, left in self._left.items()
                if left.until > now
            }

    def recall(self, data: object) -> None:
        """Take what ``to_json`` gave; anything else is as good as nothing."""
        for kind, pair in checked.mapping(data).items():
            numbers = [x for x in checked.items(pair, 3) if isinstance(x, int | float)]
            if len(numbers) == 2 and numbers[0] >= 0 and math.isfinite(numbers[1]):
                self._keep(str(kind), int(numbers[0]), max(0.0, float(numbers[1])))


class Pacing:
    """The waits of one request of ours, however many connections it uses. Thread-safe.

    Without ``tell`` only waits of a few seconds are made: nobody should sit before a silent window.
    """

    def __init__(
        self,
        tell: Tell | None = None,
        cancelled: Callable[[], bool] = _never,
        longest_s: float | None = None,
    ) -> None:
        self._tell = tell or _silent
        self._cancelled = cancelled
        if longest_s is None:
            longest_s = 3.0 if tell is None else LONGEST_TOLD_S
        self.longest_s = longest_s
        self.patient = tell is not None
        self._lock = threading.Lock()
        self._until = 0.0
        self._told = -1
        self._spent = 0.0

    def before(self, kind: str, window: RateWindow) -> None:
        """Wait for this request's turn. Raises Cancelled."""
        if self._cancelled():
            raise Cancelled
        if self.patient and (delay := window.delay(kind)) > 0:
            self.wait(min(delay, self.longest_s), "pace")

    def affords(self, seconds: float) -> bool:
        """Whether a wait of this length is worth it; told ones may take so long all together."""
        return (self._spent if self.patient else 0.0) + seconds <= self.longest_s

    def wait(self, seconds: float, reason: str) -> None:
        """Wait, telling each second that is left. Raises Cancelled within a twentieth of a second."""
        pause = threading.Event()
        start = time.monotonic()
        with self._lock:
            # Several connections are refused at the same time: together they wait once.
            if start + seconds > self._until:
                self._spent += start + seconds - max(start, self._until)
                self._until = start + seconds
        while (left := self._until - time.monotonic()) > 0:
            if self._cancelled():
                raise Cancelled
            if seconds > _SILENT_S:
                self._say(left, reason)
            pause.wait(min(left, _POLL_S))
        if self._told >= 0:
            self._say(0.0, reason)

    def _say(self, left: float, reason: str) -> None:
        whole = math.ceil(left)
        with self._lock:
            if whole == self._told or (whole == 0 and self._told < 0):
                return
            self._told = whole or -1
        self._tell(float(whole), reason)
