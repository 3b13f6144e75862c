# SPDX-License-Identifier: Apache-2.0
"""Reads of an ONNX file what Petit checks before a runtime sees it: weights and where they lie.

An ONNX file is one protobuf message (onnx/onnx.proto): ModelProto.graph = 7, GraphProto.initializer = 5,
TensorProto.dims = 1, data_type = 2, name = 8, external_data = 13. Only lengths are read and skipped, so
that a file of gigabytes costs milliseconds and no memory; the ``onnx`` package would read it whole.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

_GRAPH, _INITIALIZER = 7, 5
_DIMS, _DATA_TYPE, _EXTERNAL = 1, 2, 13
_INTEGERS = {6, 7, 12, 13}
"""int32, int64, uint32, uint64: shapes and indices, no weights."""
_UINT8, _INT4, _UINT4 = 2, 22, 21
MAX_TENSORS = 100_000


@dataclass(frozen=True, slots=True)
class OnnxWeights:
    """Number of weights, and the names of the files outside the graph that hold some of them."""

    parameters: int
    locations: tuple[str, ...]


def _varint(data: Any, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("a number without end")


def _fields(data: Any, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Fields of one message: number, value (of a varint), start and end (of bytes)."""
    while at < end:
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = _varint(data, at)
            yield number, value, at, at
        elif kind == 2:
            length, at = _varint(data, at)
            if length > end - at:
                raise ValueError("a part that is longer than the file")
            yield number, 0, at, at + length
            at += length
        elif kind in {1, 5}:
            at += 8 if kind == 1 else 4
        else:
            raise ValueError(f"a field of kind {kind}")


def _external(data: Any, start: int, end: int) -> str | None:
    """The value of one entry when its key is ``location``."""
    texts = {n: bytes(data[a:b]) for n, _, a, b in _fields(data, start, end) if n in {1, 2}}
    return texts.get(2, b"").decode("utf-8", "replace") if texts.get(1) == b"location" else None


def _tensor(data: Any, start: int, end: int) -> tuple[int, str | None]:
    """Number of weights of a tensor, and the file that holds them."""
    dims: list[int] = []
    kind, location = 0, None
    for number, value, a, b in _fields(data, start, end):
        if number == _DIMS and a == b:
            dims.append(value)
        elif number == _DIMS:  # packed
            while a < b:
                value, a = _varint(data, a)
                dims.append(value)
        elif number == _DATA_TYPE:
            kind = value
        elif number == _EXTERNAL:
            location = _external(data, a, b) or location
    if kind in _INTEGERS or any(size > 1 << 40 for size in dims):
        return 0, location
    # MatMulNBits keeps two weights of 4 bits in each byte of a tensor with three dimensions.
    packed = 2 if kind == _UINT8 and len(dims) == 3 else 1
    return prod(dims) * packed, location


def read_weights(path: Path) -> OnnxWeights:
    """Read the graph of ``path``. Raises OSError, ValueError for what is no ONNX file."""
    parameters, locations, count = 0, dict[str, None](), 0
    with path.open("rb") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as data:
        graph = None
        try:
            for number, _, start, end in _fields(data, 0, len(data)):
                if number == _GRAPH and end > start:
                    graph = start, end
            if graph is None:
                raise ValueError("no graph in it")
            for number, _, start, end in _fields(data, *graph):
                if number != _INITIALIZER or end == start:
                    continue
                count += 1
                if count > MAX_TENSORS:
                    raise ValueError("too many weights")
                size, location = _tensor(data, start, end)
                parameters += size
                if location is not None:
                    locations[location] = None
        except IndexError as error:
            raise ValueError("it ends too early") from error
    return OnnxWeights(parameters, tuple(locations))
