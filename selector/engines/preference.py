# SPDX-License-Identifier: Apache-2.0
"""Which form of a model is preferred at equal fit: what is closest to the original, then the fastest engine. Pure.

The order of engines for each kind of task comes from interleaved runs on two cores: against torch, ONNX
Runtime is 1.3 times as fast for encoders, with a first result after 0.5 s instead of 7; llama.cpp is 5
times as fast for decoders, in a sixth of the memory (tests/benchmarks/engines.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from selector.tasks.base import Task

_FASTEST: Mapping[str, tuple[str, ...]] = {
    "writer": ("llama", "torch", "onnx"),
    "classifier": ("onnx", "torch", "llama"),
    "embedder": ("onnx", "torch", "llama"),
}
_FLOAT = re.compile(r"(b?fp?\d\d|stored|tf32)$")
_BITS = re.compile(r"[iqtu]*(?:nt|bnb|mxfp|fp)?(\d)")


def loss(precision: str) -> int:
    """How far from the original: 0 as good as the same, 1 eight bits, 2 four, then one more a bit.

    GGUF's ``q8_0`` counts as the same: its outputs agree with the original's to three digits.
    """
    if _FLOAT.match(precision) or precision == "q8_0":
        return 0
    match = _BITS.match(precision)
    bits = int(match[1]) if match else 4
    return 1 if bits >= 5 else 2 if bits == 4 else 6 - bits


def place(engine: str, task: Task) -> int:
    """Where an engine stands for a kind of task, the fastest at equal results first."""
    order = _FASTEST.get(task.head or "", ("torch",))
    return order.index(engine) if engine in order else len(order)
