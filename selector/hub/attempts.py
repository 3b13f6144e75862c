# SPDX-License-Identifier: Apache-2.0
"""What a download says of its connections: bytes come, it waits as asked, or it connects anew. Pure."""

from __future__ import annotations

from dataclasses import dataclass

SILENT_S = 1.5
"""After so long without a byte somebody who looks on wants to know what is the matter."""


@dataclass(slots=True)
class Attempts:
    """Moments are those of one clock, in seconds; ``timeout_s`` of silence end an attempt."""

    timeout_s: float
    not_before: float = 0.0
    """When connections may be made again."""
    _asked: bool = False
    """Whether the server wants the pause, and not the network."""
    _began: float = 0.0
    _came: float = 0.0
    _failed: float = -1.0

    def begun(self, now: float) -> None:
        """A connection is made while there is no other."""
        self._began = now

    def came(self, now: float) -> None:
        """A byte came."""
        self._came = now

    def failed(self, now: float, pause_s: float, *, asked: bool) -> None:
        """A connection ended early; none is made for ``pause_s`` seconds, because it was ``asked`` or not."""
        if pause_s:
            self._failed, self._asked = now, asked
        self.not_before = max(self.not_before, now + pause_s)

    def state(self, now: float, *, working: bool) -> tuple[str, float | None]:
        """``fetching``, ``waiting`` or ``reconnecting``, and seconds until the next attempt, if known."""
        if not working:
            left = self.not_before - now
            if left <= 0:
                return "fetching", None
            return "waiting" if self._asked else "reconnecting", left
        if self._failed > self._came:
            return "reconnecting", None
        silent = now - max(self._began, self._came)
        if silent < SILENT_S:
            return "fetching", None
        return "reconnecting", max(0.0, self.timeout_s - silent)
