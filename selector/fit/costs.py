# SPDX-License-Identifier: Apache-2.0
"""What each engine costs beside the weights: constants of the predictions, with where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class EngineCosts:
    """Constants of one engine; bytes, seconds, and rates as shares of the machine's fp32 rate."""

    runtime_bytes: int
    """A worker with the engine and a model of no size."""
    activation_bytes: int
    held: tuple[float, float, float]
    """How often the weights are held at the peak: low, expected, high."""
    layer_overhead_s: float = 0.0
    """Dispatch of one transformer layer."""
    rate: float = 0.7
    """Share of the fp32 multiplication rate reached with one short input."""
    rate_of: Mapping[str, float] = field(default_factory=dict)
    """The same for precisions that differ."""
    context_tokens: int = 1024
    """Tokens the key/value cache is predicted for."""
    converts: bool = False
    """Whether loading holds the weights as stored beside the weights as run."""


TORCH = EngineCosts(
    # A transformers model class in an otherwise empty process: 393 to 409 MB. Mapped rows of an embedding
    # table that no input uses never become resident.
    runtime_bytes=393_000_000,
    activation_bytes=60_000_000,
    held=(0.7, 1.0, 1.0),
    # Eager torch on a model of tiny width.
    layer_overhead_s=0.00052,
    converts=True,
)
_COSTS: Mapping[str, EngineCosts] = {
    "torch": TORCH,
    # Workers with a MiniLM: 76 MB empty, 208 with 91 MB in fp32, 123 with 23 MB in int8: matrices are packed
    # anew while the file's are still there. int8 reached 1.9 times the fp32 rate.
    "onnx": EngineCosts(
        runtime_bytes=74_000_000,
        activation_bytes=20_000_000,
        held=(0.9, 1.3, 1.6),
        rate=0.9,
        rate_of={"int8": 1.7, "uint8": 1.7, "fp16": 0.6, "q4": 0.6, "q4f16": 0.5, "bnb4": 0.5},
    ),
    # Workers: 45 MB empty, 77 with 22 MB in f32; the file is mapped. Prompts run at half the fp32 rate or
    # less, because weights are unpacked while they are multiplied.
    "llama": EngineCosts(
        runtime_bytes=45_000_000,
        activation_bytes=60_000_000,
        held=(0.9, 1.0, 1.05),
        rate=0.35,
        context_tokens=2048,
    ),
}


def costs_of(engine: str) -> EngineCosts:
    """The constants of ``engine``; torch's, the most pessimistic, for one that is not known."""
    return _COSTS.get(engine, TORCH)
