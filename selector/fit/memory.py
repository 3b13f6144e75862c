# SPDX-License-Identifier: Apache-2.0
"""Peak memory of one form of a model while it loads and while it runs, part by part. Pure.

Loading and running have peaks of their own, and the larger one counts:

- loading: engine + tokenizer + weights as run + the copy that is held while they are converted, packed or
  laid out anew;
- running: engine + tokenizer + weights that are touched + key/value cache + activations of one batch.

Weights that are memory-mapped count once they are touched: of an encoder's table of tokens a few rows are.
Attention is computed in pieces (no tokens x tokens matrix), except with relative positions, whose scores
are kept for every head: DeBERTa's kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from selector.fit.costs import EngineCosts
from selector.fit.stacks import Computation
from selector.fit.workload import Workload

RUN_BYTES: Mapping[str, float] = {
    "fp32": 4,
    "fp16": 2,
    "bf16": 2,
    "int8": 1,
    "uint8": 1,
    "q4": 0.6,
    "q4f16": 0.55,
    "bnb4": 0.6,
}
"""Bytes of one weight as it is held while it runs."""
_UNKNOWN_CACHE = 0.1
"""Key/value cache of a decoder of unknown shape, as a share of its weights."""
_UNKNOWN_ACTIVATIONS = 0.15
"""Activations of a model of unknown shape, as a share of its weights."""
_IMAGE_BYTES_PER_MAC = 7.5e-3
"""Activations of a convolutional network, from ResNet-50."""
_SHARED_TABLE = frozenset({"fill-mask"})
"""Tasks that multiply with the whole table of tokens although the model only reads."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Weights of one form: bytes as run and as stored (0 where loading copies nothing)."""

    run: float
    copied: float = 0.0


@dataclass(frozen=True, slots=True)
class MemoryParts:
    """Where memory goes at the larger of the two peaks; bytes. Their sum is the prediction."""

    engine: float
    tokenizer: float
    weights: float
    copies: float
    cache: float
    activations: float

    @property
    def total(self) -> float:
        """Peak bytes."""
        return sum(value for _, value in self.items())

    def items(self) -> tuple[tuple[str, float], ...]:
        """Name and bytes of every part."""
        return (
            ("engine", self.engine),
            ("tokenizer", self.tokenizer),
            ("weights", self.weights),
            ("copies", self.copies),
            ("cache", self.cache),
            ("activations", self.activations),
        )


CACHE_BYTES = {"f32": 4.0, "f16": 2.0, "bf16": 2.0, "q8_0": 34 / 32, "q5_1": 24 / 32, "q5_0": 22 / 32,
               "q4_1": 20 / 32, "q4_0": 18 / 32, "iq4_nl": 18 / 32}  # fmt: skip
"""Bytes of a number by llama.cpp's ``--cache-type-k`` and ``-v``: blocks of 32 with their scales."""


def cache_bytes(
    computation: Computation,
    costs: EngineCosts,
    engine: str,
    size: float,
    run: float,
    work: Workload,
) -> float:
    """Keys and values of everything that was read and written."""
    decoder = computation.decoder
    if decoder is None:
        # A repository of GGUF files often has no configuration: what it is, only its header says.
        return _UNKNOWN_CACHE * run if engine == "llama" and not computation.stacks else 0.0
    tokens = work.tokens + work.new_tokens
    if costs.context_tokens:
        tokens = max(tokens, costs.context_tokens)
    values = decoder.cache_values(tokens)
    if decoder.cross:
        read = max((stack.fixed_tokens for stack in computation.encoders), default=0) or work.tokens
        values = decoder.cache_values(work.new_tokens) + decoder.cache_values(read)
    return work.items * values * (CACHE_BYTES.get(work.cache, 2.0) if engine == "llama" else size)


def _activations(
    computation: Computation, costs: EngineCosts, precision: str, run: float, work: Workload
) -> float:
    if not computation.stacks and not computation.macs:
        return costs.small_bytes + _UNKNOWN_ACTIVATIONS * run
    if computation.macs:
        return costs.small_bytes + work.items * computation.macs * _IMAGE_BYTES_PER_MAC
    factor = costs.row_factor_of.get(precision, costs.row_factor)
    largest = 0.0
    for stack in computation.stacks:
        # A decoder's prompt goes through at once; an encoder-decoder writes one token at a time.
        rows = work.items if stack.cross else work.rows(stack)
        wide = 4.0 * max(stack.inner, 2 * stack.hidden) * max(1, stack.experts_used)
        found = factor * rows * wide + costs.scratch_bytes * rows / (rows + 512)
        # Both directions of relative positions, before and after rows are picked from them.
        found += 16.0 * rows * stack.heads * stack.relative
        largest = max(largest, found)
    return costs.small_bytes + largest


def memory_parts(
    computation: Computation,
    costs: EngineCosts,
    engine: str,
    precision: str,
    weights: Weights,
    work: Workload,
    task_id: str = "",
) -> MemoryParts:
    """The parts of the larger peak."""
    size = RUN_BYTES.get(precision, 4.0)
    table = min(computation.embedding * size, 0.9 * weights.run)
    tokenizer = float(costs.piece_bytes * computation.vocabulary)
    reads_only = computation.decoder is None and bool(computation.stacks)
    # Converted or packed weights are all there; mapped ones only where they are touched.
    untouched = table if costs.converts and reads_only and task_id not in _SHARED_TABLE else 0.0
    cache = cache_bytes(computation, costs, engine, size, weights.run, work)
    activations = _activations(computation, costs, precision, weights.run, work)
    kept = _repacked(computation, costs, precision) * weights.run
    copies = weights.copied
    if costs.packs:
        copies += table + costs.packed_share.get(precision, 0.0) * (weights.run - table)
    held = weights.run if weights.copied else weights.run - untouched
    start = weights.run if weights.copied or not costs.converts else 0.0
    loading = start + copies + kept + (cache if costs.context_tokens else 0.0)
    running = held + kept + cache + activations
    if loading > running:
        return MemoryParts(
            costs.empty_bytes, tokenizer, start, copies + kept,
            cache if costs.context_tokens else 0.0, 0.0,
        )  # fmt: skip
    return MemoryParts(costs.empty_bytes, tokenizer, held, kept, cache, activations)


def _repacked(computation: Computation, costs: EngineCosts, precision: str) -> float:
    """Share of the weights kept a second time: rows of whole blocks of 256, others stay as they are."""
    if not costs.repacks or not precision.startswith(costs.repacks):
        return 0.0
    decoder = computation.decoder
    if decoder is None:
        return 0.3
    return 0.6 if decoder.hidden % 256 == 0 else 0.0
