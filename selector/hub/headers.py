# SPDX-License-Identifier: Apache-2.0
"""What the head of a safetensors file says: how many weights, stored as what. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from selector.engines.facts import DTYPE_BYTES
from selector.errors import HubAnswerBad
from selector.hub import checked

FIRST_BYTES = 100_000
"""Nearly every header fits in this; the client of the Hub asks for the same."""
HEADER_LIMIT = 16_000_000
_TENSORS = 200_000


def header_length(start: bytes) -> int:
    """Bytes of the JSON header, from the first eight bytes of the file. Raises HubAnswerBad."""
    length = int.from_bytes(start[:8], "little")
    if len(start) < 8 or not 2 <= length <= HEADER_LIMIT:
        raise HubAnswerBad(reason="not a safetensors header", length=length)
    return length


def weights_by_dtype(header: bytes) -> dict[str, int]:
    """Number of weights of each dtype. Raises HubAnswerBad when ``header`` is not one."""
    try:
        tensors = json.loads(header)
    except (ValueError, RecursionError) as error:
        raise HubAnswerBad(reason="not a safetensors header") from error
    if not isinstance(tensors, dict) or len(tensors) > _TENSORS:
        raise HubAnswerBad(reason="not a safetensors header")
    found: dict[str, int] = {}
    for name, tensor in tensors.items():
        if name == "__metadata__":
            continue
        dtype, count = _tensor(tensor)
        found[dtype] = found.get(dtype, 0) + count
    return found


def _tensor(tensor: object) -> tuple[str, int]:
    entry = checked.mapping(tensor)
    dtype, shape = checked.text(entry.get("dtype"), 32), entry.get("shape")
    if dtype is None or not isinstance(shape, list):
        raise HubAnswerBad(reason="not a safetensors header")
    sizes = [checked.whole(size) for size in shape]
    if any(size is None for size in sizes):
        raise HubAnswerBad(reason="not a safetensors header")
    return dtype, math.prod(size for size in sizes if size is not None)


def sharded_weights(index: Mapping[str, Any], first_shard: Mapping[str, int]) -> dict[str, int]:
    """Weights by dtype of a sharded model, from its index and the dtypes of one shard.

    The index knows the bytes of all shards; the dtype that dominates one dominates all. Empty when
    the index does not say.
    """
    total = checked.whole(checked.mapping(index.get("metadata")).get("total_size"))
    if not total or not first_shard:
        return {}
    dtype = max(first_shard, key=lambda name: first_shard[name] * DTYPE_BYTES.get(name, 4))
    return {dtype: round(total / DTYPE_BYTES.get(dtype, 4))}
