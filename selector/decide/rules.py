# SPDX-License-Identifier: Apache-2.0
"""What the user asks of a verdict. No numpy: the window and the command line build these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from selector.errors import BadSetting

Cost = Literal["parameters", "memory", "latency", "download", "given"]
"""``given``: what the user says each contestant costs: a price, an energy."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Margin and confidence as shares, and the axis that says what "small" means."""

    metric: str | None = None
    """None: the task's default."""
    margin: float = 0.05
    """How far behind the best score a contestant may be; in units of the metric."""
    confidence: float = 0.975
    """P(good enough) that certifies a contestant."""
    cost: str = "parameters"
    seed: int = 0

    def check_odds(self) -> None:
        """Raises BadSetting for a margin or confidence that no scores could meet.

        Scores from elsewhere may have any unit, and a margin of 0 asks for the best.
        """
        if not 0 <= self.margin < float("inf"):
            raise BadSetting(setting="margin", value=self.margin, allowed="0 or more")
        if not 0.5 < self.confidence < 1:
            raise BadSetting(setting="confidence", value=self.confidence, allowed="0.501 … 0.999")

    def check(self) -> None:
        """Raises BadSetting when something is out of range."""
        if not 0 < self.margin < 1:
            raise BadSetting(setting="margin", value=self.margin, allowed="0.001 … 0.999")
        if not 0.5 < self.confidence < 1:
            raise BadSetting(setting="confidence", value=self.confidence, allowed="0.501 … 0.999")
        if self.cost not in get_args(Cost):
            raise BadSetting(setting="cost", value=self.cost, allowed=", ".join(get_args(Cost)))
