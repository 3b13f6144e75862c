# SPDX-License-Identifier: Apache-2.0
"""What the user asks of a verdict. No numpy: the window and the command line build these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from selector.errors import BadSetting

Cost = Literal["parameters", "memory", "latency", "download", "energy", "price", "given"]
"""``energy`` and ``price``: of 1,000 inputs, by the user's own table; ``given``: what the user's file says."""
COSTS: tuple[str, ...] = get_args(Cost)
Failed = Literal["wrong", "exclude"]
"""What an example without an answer counts as: wrong, or it is left out for every contestant."""


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
    failed: str = "wrong"
    label_map: tuple[tuple[str, str], ...] = ()
    """Names of models and the user's categories that they mean."""
    tests: bool = False
    """Whether classical tests are wanted beside the verdict."""
    targets: tuple[float, ...] = ()
    """Shares of right answers for which thresholds of sureness are looked for; none: the usual ones."""

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
        if self.cost not in COSTS:
            raise BadSetting(setting="cost", value=self.cost, allowed=", ".join(COSTS))
        if not all(0 < target < 1 for target in self.targets):
            raise BadSetting(setting="target", value=str(self.targets), allowed="0.001 … 0.999")
        if self.failed not in get_args(Failed):
            allowed = ", ".join(get_args(Failed))
            raise BadSetting(setting="failed", value=self.failed, allowed=allowed)
