# SPDX-License-Identifier: Apache-2.0
"""What Petit's engines are meant to reach, and whether a measured value does."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """A floor that must hold and a target to aim at; ``least``: smaller is better."""

    floor: float
    target: float
    least: bool = False

    def verdict(self, value: float) -> str:
        """In words, with both numbers."""

        def reached(limit: float) -> bool:
            return value <= limit if self.least else value >= limit

        said = "met" if reached(self.target) else "floor only" if reached(self.floor) else "NOT MET"
        return f"{said} (floor {self.floor:g}, target {self.target:g})"


TARGETS = {
    # Times as fast as pipeline(batch_size=1) and (batch_size=16), in processor seconds.
    "torch-fp32 against batch 1": Target(1.5, 2.0),
    "torch-fp32 against batch 16": Target(1.8, 2.5),
    "onnx-fp32 against batch 1": Target(2.3, 2.9),
    "onnx-fp32 against batch 16": Target(3.0, 3.7),
    "onnx-int8 against batch 1": Target(3.0, 5.0),
    "onnx-int8 against batch 16": Target(4.0, 6.0),
    # Tokens a second.
    "q8_0 against llama.cpp": Target(0.95, 0.99),
    "q8_0 against fp32": Target(3.5, 5.0),
    "q8_0 against bf16": Target(2.0, 3.0),
    "summaries in batches against one by one": Target(3.0, 3.0),
    # Seconds from the start of a process to its first result.
    "cold onnx": Target(1.5, 1.0, least=True),
    "cold llama": Target(2.0, 1.2, least=True),
    "cold torch": Target(9.0, 6.0, least=True),
    "spare torch": Target(1.5, 1.5, least=True),
    # Of a worker.
    "milliseconds a request": Target(0.3, 0.3, least=True),
    "microseconds a streamed piece": Target(20.0, 20.0, least=True),
}


def judged(name: str, value: float) -> str:
    """The verdict on the value of one target."""
    return f"{name}: {value:.2f}, {TARGETS[name].verdict(value)}"
