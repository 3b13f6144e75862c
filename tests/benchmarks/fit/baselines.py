# SPDX-License-Identifier: Apache-2.0
"""What others would predict for the same rows: formulas as their sources state them, written anew.

llmfit 1.x (models.rs, fit.rs), whichllm, ``accelerate estimate-memory``, and a roofline with Petit's own
measured rates. Bytes and seconds; None where a tool has no answer for that kind of model.
"""

from __future__ import annotations

from dataclasses import dataclass

from selector.fit.pace import Pace
from selector.fit.stacks import Computation
from selector.fit.workload import Workload

GIB = 1024**3
_BYTES = {"fp32": 4.0, "bf16": 2.0, "q8_0": 1.05, "q4_k_m": 0.58, "int8": 1.05}
_LLMFIT_SPEED = {"fp32": 0.6, "bf16": 0.6, "q8_0": 0.8, "q4_k_m": 1.15, "int8": 0.8}
_WHICHLLM_CPU = 18.0


@dataclass(frozen=True)
class Asked:
    """One row: what is known of the model and what is asked of it."""

    computation: Computation
    parameters: int
    precision: str
    file_bytes: float
    work: Workload
    cores: int


def llmfit_memory(asked: Asked) -> float:
    """P * bytes + cache + half a gibibyte."""
    gib = asked.parameters * _BYTES[asked.precision] / GIB
    decoder = asked.computation.decoder
    context = min(8192, asked.computation.positions or 8192)
    if decoder is not None:
        cache = 2.0 * decoder.layers * decoder.kv_heads * decoder.head_dim * context * 2 / GIB
    else:
        cache = 8e-6 * asked.parameters / 1e9 * context
    return (gib + cache + 0.5) * GIB


def llmfit_seconds(asked: Asked) -> float | None:
    """Of one token on a processor without a known GPU; encoders have no answer."""
    if asked.computation.decoder is None:
        return None
    billions = max(asked.parameters / 1e9, 0.1)
    faster = 1.1 if asked.cores >= 8 else 1.0
    return 1 / (70 / billions * _LLMFIT_SPEED[asked.precision] * faster * 0.3)


def whichllm_memory(asked: Asked) -> float:
    """Weights + cache + activations + half a gigabyte of framework."""
    billions = asked.parameters / 1e9
    context = min(4096, asked.computation.positions or 4096) / 1024
    cache = 3.5 * 1024**2 * billions * context
    activations = 400e6 + 0.08 * asked.parameters + 150e6 * context / 4
    return asked.file_bytes + cache + activations + 500e6


def whichllm_seconds(asked: Asked) -> float | None:
    """Of one token on a processor."""
    if asked.computation.decoder is None:
        return None
    return max(asked.parameters / 1e9, 0.5) / _WHICHLLM_CPU


def accelerate_memory(asked: Asked) -> float:
    """Parameters in their dtype, and the fifth that its documentation adds for inference."""
    size = {"fp32": 4.0, "bf16": 2.0, "int8": 1.0}.get(asked.precision)
    return 1.2 * (asked.parameters * size if size else asked.file_bytes)


def roofline_seconds(asked: Asked, pace: Pace, writes: bool) -> float:
    """The larger of multiplying and reading, every weight for every token."""
    work = asked.work
    rows = 1 if writes else work.items * max(
        work.tokens, *(stack.fixed_tokens for stack in asked.computation.stacks), 1
    )  # fmt: skip
    flop = 2.0 * asked.parameters * rows
    steps = 1 + (0 if writes else work.new_tokens)
    both = max(flop / pace.peak_flop_per_s, asked.file_bytes / pace.read_bytes_per_s)
    alone = max(
        2.0 * asked.parameters / pace.peak_flop_per_s, asked.file_bytes / pace.read_bytes_per_s
    )
    return (both + alone * (steps - 1)) / (1 if writes else work.items)
