# SPDX-License-Identifier: Apache-2.0
"""What a fit prediction says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from selector.intervals import Interval

Verdict = Literal["fits", "tight", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class Fit:
    """Will a variant run here: peak memory in bytes, speed in ``speed_unit``, download in bytes."""

    verdict: Verdict
    memory_bytes: Interval | None
    speed: Interval | None
    speed_unit: str
    """``inputs/s`` for encoders (inputs of 32 tokens, one at a time), ``tokens/s`` for decoders."""
    basis: str
    """What the prediction rests on, as in ModelFacts.basis, or ``measured``."""

    def to_json(self) -> dict[str, Any]:
        """The JSON of the command-line contract."""
        memory, speed = self.memory_bytes, self.speed
        return {
            "verdict": self.verdict,
            "memory_bytes": None
            if memory is None
            else {
                "low": round(memory.low),
                "expected": round(memory.expected),
                "high": round(memory.high),
            },
            "speed": None
            if speed is None
            else {
                "unit": self.speed_unit,
                "low": speed.low,
                "expected": speed.expected,
                "high": speed.high,
            },
            "basis": self.basis,
        }
