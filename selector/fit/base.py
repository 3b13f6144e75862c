# SPDX-License-Identifier: Apache-2.0
"""What a fit prediction says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from selector.fit.workload import Workload
from selector.intervals import Interval

Verdict = Literal["fits", "tight", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class Fit:
    """Will a variant run here: peak memory in bytes, speed in ``speed_unit``, times in seconds."""

    verdict: Verdict
    memory_bytes: Interval | None
    speed: Interval | None
    speed_unit: str
    """``inputs/s`` for encoders (inputs of 32 tokens, one at a time), ``tokens/s`` for writers."""
    basis: str
    """Where the number of weights comes from, as in ModelFacts.basis."""
    load_s: Interval | None = None
    """Until the model is ready in a new process, its files in the system's cache."""
    first_token_s: Interval | None = None
    """Until a writer's answer begins."""
    disk_bytes: int | None = None
    """Bytes of the weights' files of this form, on the disk."""
    parts: tuple[tuple[str, float], ...] = ()
    """Where the expected memory goes, in bytes: engine, tokenizer, weights, copies, cache, activations."""
    dominated_by: str = ""
    """What most of an item's time goes into: ``multiplying``, ``reading`` or ``overhead``."""
    architecture: str = ""
    """``known``: the formulas of its layers; ``unknown``: only the bytes of its weights."""
    rates: str = ""
    """What the speed rests on: ``engine`` (calibrated here), ``machine`` (calibrated), ``guess``."""
    runs: int = 0
    """Earlier runs on this machine that corrected the prediction."""
    assumed: Workload = field(default_factory=Workload)
    """How large the inputs are taken to be."""

    def to_json(self) -> dict[str, Any]:
        """The JSON of a row: hundreds of them travel with a search."""
        return {
            "verdict": self.verdict,
            "memory_bytes": _whole(self.memory_bytes),
            "speed": None
            if self.speed is None
            else {"unit": self.speed_unit, **_numbers(self.speed)},
            "basis": self.basis,
        }

    def details_to_json(self) -> dict[str, Any]:
        """The JSON of a row, and what explains it."""
        return {
            **self.to_json(),
            "load_s": None if self.load_s is None else _numbers(self.load_s),
            "first_token_s": None if self.first_token_s is None else _numbers(self.first_token_s),
            "disk_bytes": self.disk_bytes,
            "memory_parts": {name: round(value) for name, value in self.parts},
            "dominated_by": self.dominated_by or None,
            "architecture": self.architecture or None,
            "rates": self.rates or None,
            "runs": self.runs,
            "assumed": {
                "items": self.assumed.items,
                "tokens": self.assumed.tokens,
                "new_tokens": self.assumed.new_tokens,
            },
        }


def _numbers(interval: Interval) -> dict[str, float]:
    return {"low": interval.low, "expected": interval.expected, "high": interval.high}


def _whole(interval: Interval | None) -> dict[str, int] | None:
    return None if interval is None else {k: round(v) for k, v in _numbers(interval).items()}
