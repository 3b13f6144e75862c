# SPDX-License-Identifier: Apache-2.0
"""How many connections a download uses: one, and one more as long as that makes it faster."""

from __future__ import annotations

MOST = 4
_EVERY_S = 0.5
_GAIN = 1.1
"""A connection must bring at least a tenth, or it only takes from others."""


class Growth:
    """Decides from the bytes received so far. Pure but for its state; times in seconds."""

    def __init__(self, most: int = MOST) -> None:
        self.allowed = 1
        self._most = most
        self._best = 0.0
        self._since: tuple[float, int] | None = None
        self._settled = False

    def observe(self, now: float, received: int, busy: bool) -> None:
        """``received`` bytes in all at ``now``; ``busy``: every allowed connection is in use."""
        if self._settled:
            return
        if not busy or self._since is None:
            self._since = (now, received)
            return
        began, had = self._since
        if now - began < _EVERY_S:
            return
        rate = (received - had) / (now - began)
        self._since = (now, received)
        if rate < self._best * _GAIN:
            self.allowed = max(1, self.allowed - 1)
            self._settled = True
        elif self.allowed < self._most:
            self._best = rate
            self.allowed += 1
        else:
            self._settled = True

    def trouble(self) -> None:
        """The server refused or dropped a connection: fewer, and no more attempts at growing."""
        if self.allowed > 1:
            self.allowed -= 1
            self._settled = True
