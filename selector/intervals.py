# SPDX-License-Identifier: Apache-2.0
"""An uncertain number: low, expected, high."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interval:
    """A number with its uncertainty; ``low <= expected <= high``, all in the unit of the field."""

    low: float
    expected: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.expected <= self.high:
            raise ValueError(f"not an interval: {self.low}, {self.expected}, {self.high}")

    def scaled(self, factor: float) -> Interval:
        """All three times a positive ``factor``."""
        return Interval(self.low * factor, self.expected * factor, self.high * factor)
