# SPDX-License-Identifier: Apache-2.0
"""How long a download waits for a network or a server before it gives up. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from selector.errors import HubProblem


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds, and attempts in a row that brought no byte."""

    attempts: int = 6
    pause_s: float = 0.5
    longest_pause_s: float = 8.0
    longest_asked_s: float = 330.0
    """The Hub counts requests in windows of 300 s; a longer wait is left to the user."""
    refusals: int = 40
    """Answers in a row that asked us to wait."""

    def pause(self, problem: HubProblem | None, fruitless: int) -> float | None:
        """Seconds to wait after ``fruitless`` attempts in a row; None to give up."""
        asked = problem.facts.get("retry_after_s") if problem is not None else None
        if asked is not None:
            allowed = float(asked) <= self.longest_asked_s and fruitless < self.refusals
            return max(float(asked), self.pause_s) if allowed else None
        if fruitless >= self.attempts:
            return None
        if fruitless == 0:
            return 0.0
        return float(min(self.pause_s * 2 ** (fruitless - 1), self.longest_pause_s))
