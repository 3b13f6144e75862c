# SPDX-License-Identifier: Apache-2.0
"""What each engine costs beside the weights: constants of the predictions, with where they come from.

They were fitted on the models of tests/benchmarks/fit that its table marks as such, and tested on the others.
A calibration of this machine (selector/machine) takes the place of those that it measures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class EngineCosts:
    """Constants of one engine; bytes, seconds, and rates as shares of the machine's fp32 rates."""

    empty_bytes: int
    """A worker with the engine and a model of no size."""
    piece_bytes: int
    """One piece of a tokenizer's vocabulary."""
    small_bytes: int
    """Activations of the smallest input, with the engine's first allocations."""
    scratch_bytes: int
    """What working memory of the libraries adds once batches are large."""
    row_factor: float
    """Bytes of activations for each row (token) and byte of the widest layer in fp32."""
    row_factor_of: Mapping[str, float] = field(default_factory=dict)
    """The same for precisions that differ."""
    packs: bool = False
    """Whether loading holds the largest table twice."""
    packed_share: Mapping[str, float] = field(default_factory=dict)
    """Share of the matrices that is held a second time while loading, for each precision."""
    repacks: tuple[str, ...] = ()
    """Beginnings of the precisions whose weights are kept a second time in another order."""
    context_tokens: int = 0
    """Tokens that the key/value cache has room for from the start; 0: it grows."""
    converts: bool = False
    """Whether loading holds the weights as stored beside the weights as run."""
    start_s: float = 0.2
    """Start of a worker with the engine, on a processor of today."""
    piece_s: float = 3e-6
    """Reading one piece of a vocabulary."""
    load_bytes_per_s: float = 2e9
    """Reading weights from the system's cache."""
    convert_bytes_per_s: float = 0.45e9
    """Converting weights to another precision."""
    gemm: Mapping[str, float] = field(default_factory=lambda: {"fp32": 1.0})
    """Share of the machine's multiplication rate with many rows."""
    read: Mapping[str, float] = field(default_factory=lambda: {"fp32": 1.0})
    """Share of the machine's bandwidth reached while weights are read once for each token."""
    reached: Mapping[str, float] = field(default_factory=dict)
    """Share of the rate of a single product that the products of a whole model reach; else 1."""
    looking: Mapping[str, float] = field(default_factory=lambda: {"fp32": 0.1})
    """Share of the fp32 multiplication rate reached while one new token attends to the earlier ones."""
    few_rows: float = 40.0
    """Rows at which half of the multiplication rate is reached."""
    layer_overhead_s: float = 0.0
    """Dispatch of one transformer layer."""
    step_layers: float = 1.0
    """Dispatch of a layer while one token is written, beside that of an encoder's layer."""
    step_overhead_s: float = 0.0
    """What one step of writing costs beside its layers."""

    def measured_empty(self, empty_bytes: int) -> EngineCosts:
        """The same with an empty worker's size as it was measured."""
        return replace(self, empty_bytes=empty_bytes)


TORCH = EngineCosts(
    # A transformers model class in an otherwise empty process: 393 to 409 MB.
    empty_bytes=397_000_000,
    piece_bytes=900,
    small_bytes=14_000_000,
    scratch_bytes=75_000_000,
    row_factor=4.2,
    converts=True,
    start_s=2.8,
    gemm={"fp32": 1.0, "bf16": 1.0, "fp16": 0.2},
    read={"fp32": 1.0, "bf16": 0.8, "fp16": 0.5},
    # Attention in half precision converts its keys anew for every token.
    looking={"fp32": 0.15, "bf16": 0.027, "fp16": 0.027},
    few_rows=10.0,
    reached={"fp32": 0.97, "bf16": 0.75},
    # Eager torch on a model of tiny width. Decoders dispatch many more operations: rotation, cache, gates.
    layer_overhead_s=0.00015,
    step_layers=3.6,
    step_overhead_s=0.0015,
)
_COSTS: Mapping[str, EngineCosts] = {
    "torch": TORCH,
    "onnx": EngineCosts(
        empty_bytes=74_000_000,
        piece_bytes=500,
        small_bytes=5_000_000,
        scratch_bytes=0,
        # Its arena grows by powers of two.
        row_factor=10.5,
        row_factor_of={"int8": 7.8, "uint8": 7.8, "q4": 7.8, "q4f16": 7.8, "bnb4": 7.8},
        packs=True,
        load_bytes_per_s=1e9,
        packed_share={"int8": 0.6, "uint8": 0.6, "q4": 0.3, "q4f16": 0.3, "bnb4": 0.3},
        gemm={"fp32": 1.3, "int8": 4.0, "uint8": 4.0, "fp16": 0.6, "q4": 1.0, "q4f16": 0.6, "bnb4": 0.6},
        read={"fp32": 1.0, "int8": 1.0, "uint8": 1.0, "fp16": 0.5, "q4": 0.7, "q4f16": 0.5, "bnb4": 0.5},
        few_rows=4.0,
        reached={"fp32": 0.73, "int8": 0.6, "uint8": 0.6},
        layer_overhead_s=0.00004,
        step_overhead_s=0.0002,
    ),
    "llama": EngineCosts(
        empty_bytes=45_000_000,
        piece_bytes=420,
        small_bytes=8_000_000,
        scratch_bytes=12_000_000,
        row_factor=4.0,
        # Types of four bits are laid out anew for wide instructions; the file's pages were read for it.
        repacks=("q4_0", "q4_k", "iq4_nl"),
        context_tokens=2048,
        gemm={"fp32": 0.5},
        read={"fp32": 1.0},
        few_rows=8.0,
        layer_overhead_s=0.00002,
        step_overhead_s=0.0003,
    ),
}  # fmt: skip


def costs_of(engine: str) -> EngineCosts:
    """The constants of ``engine``; torch's, the most pessimistic, for one that is not known."""
    return _COSTS.get(engine, TORCH)
