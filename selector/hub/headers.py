# SPDX-License-Identifier: Apache-2.0
"""What the head of a safetensors file says: how many weights, stored as what. Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from selector.engines.facts import DTYPE_BYTES
from selector.errors import HubAnswerBad
from selector.hub import checked

FIRST_BYTES = 100_000
"""Nearly every header fits in this; the client of the Hub asks for the same."""
HEADER_LIMIT = 16_000_000
_TENSORS = 200_000
_DIMENSIONS = 16
_LARGEST = 10**15
"""Numbers in one tensor: a header may claim anything."""


def header_length(start: bytes) -> int:
    """Bytes of the JSON header, from the first eight bytes of the file. Raises HubAnswerBad."""
    length = int.from_bytes(start[:8], "little")
    if len(start) < 8 or not 2 <= length <= HEADER_LIMIT:
        raise HubAnswerBad(reason="not a safetensors header", length=length)
    return length


# Names of what is stored beside the weights, under the names its families use.
_BUFFER = re.compile(
    r"(^|\.)(position_ids|token_type_ids|inv_freq|num_batches_tracked|running_mean|running_var"
    r"|masked_bias|relative_position_index)$"
)
_MASK = re.compile(r"(^|\.)attn\.bias$")
_OUTPUT = re.compile(r"(^|\.)(lm_head|embed_out|cls\.predictions\.decoder)\.weight$")
_INPUT = re.compile(r"(^|\.)(embed_tokens|wte|word_embeddings|embed_in|shared)\.weight$")


@dataclass(frozen=True, slots=True)
class Tensors:
    """What one weights file holds."""

    by_dtype: Mapping[str, int] = field(default_factory=dict)
    """Numbers as stored, by dtype: what bytes follow from."""
    buffers: int = 0
    """Of these, numbers that are no weights: positions, masks, running statistics."""
    inputs: frozenset[tuple[int, ...]] = frozenset()
    """Shapes of the input embeddings."""
    outputs: tuple[tuple[int, ...], ...] = ()
    """Shapes of the output matrices; in a sharded model they lie in another file than the inputs."""

    @property
    def twins(self) -> int:
        """Numbers of output matrices shaped like the input embeddings: the same where they are tied."""
        return sum(math.prod(shape) for shape in self.outputs if shape in self.inputs)

    def parameters(self, tied: bool) -> int:
        """The number of weights."""
        return sum(self.by_dtype.values()) - self.buffers - (self.twins if tied else 0)

    def __add__(self, other: Tensors) -> Tensors:
        counts = dict(self.by_dtype)
        for name, count in other.by_dtype.items():
            counts[name] = counts.get(name, 0) + count
        return Tensors(
            counts,
            self.buffers + other.buffers,
            self.inputs | other.inputs,
            self.outputs + other.outputs,
        )


def tensors_of(header: bytes) -> Tensors:
    """What is in a file with this header. Raises HubAnswerBad when ``header`` is not one."""
    try:
        entries = json.loads(header)
    except (ValueError, RecursionError) as error:
        raise HubAnswerBad(reason="not a safetensors header") from error
    if not isinstance(entries, dict) or len(entries) > _TENSORS:
        raise HubAnswerBad(reason="not a safetensors header")
    found: dict[str, int] = {}
    seen: set[tuple[int, int]] = set()
    inputs: set[tuple[int, ...]] = set()
    outputs: list[tuple[int, ...]] = []
    buffers = 0
    for name, entry in entries.items():
        if name == "__metadata__":
            continue
        dtype, shape, place = _tensor(entry)
        if place is not None and place[1] > place[0]:
            if place in seen:
                continue  # two names for the same bytes
            seen.add(place)
        count = math.prod(shape)
        found[dtype] = found.get(dtype, 0) + count
        if _BUFFER.search(name) or (_MASK.search(name) and len(shape) == 4):
            buffers += count
        elif _INPUT.search(name):
            inputs.add(shape)
        elif _OUTPUT.search(name):
            outputs.append(shape)
    return Tensors(found, buffers, frozenset(inputs), tuple(outputs))


def _tensor(tensor: object) -> tuple[str, tuple[int, ...], tuple[int, int] | None]:
    entry = checked.mapping(tensor)
    dtype, shape = checked.text(entry.get("dtype"), 32), entry.get("shape")
    if dtype is None or not isinstance(shape, list) or len(shape) > _DIMENSIONS:
        raise HubAnswerBad(reason="not a safetensors header")
    sizes = tuple(size for size in map(checked.whole, shape) if size is not None)
    if len(sizes) != len(shape) or math.prod(sizes) > _LARGEST:
        raise HubAnswerBad(reason="not a safetensors header")
    return dtype, sizes, _place(entry.get("data_offsets"))


def _place(value: object) -> tuple[int, int] | None:
    ends = [checked.whole(end) for end in checked.items(value, 3)]
    return (ends[0], ends[1]) if len(ends) == 2 and None not in ends else None  # type: ignore[return-value]


def sharded(index: Mapping[str, Any], first_shard: Tensors) -> Tensors:
    """A sharded model, from its index and the dtypes of one shard, however many there are.

    The index knows the bytes of all shards; the dtype that dominates one dominates all. Empty when
    the index does not say.
    """
    stated = checked.mapping(index.get("metadata"))
    total, counts = checked.whole(stated.get("total_size")), first_shard.by_dtype
    if not total or not counts:
        return Tensors()
    dtype = max(counts, key=lambda name: counts[name] * DTYPE_BYTES.get(name, 4))
    stored = round(total / DTYPE_BYTES.get(dtype, 4))
    # Newer indexes count the parameters themselves; what is stored beyond them is no weight.
    parameters = checked.whole(stated.get("total_parameters")) or stored
    return Tensors({dtype: stored}, buffers=max(0, stored - parameters))
