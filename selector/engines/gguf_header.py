# SPDX-License-Identifier: Apache-2.0
"""Reads the header of a GGUF file: what the model is, how long its context is, how many weights it has.

The layout is that of ggml's docs/gguf.md, versions 2 and 3, little-endian: magic, version, number of
tensors, number of pairs; then pairs of key, type and value; then for each tensor name, dimensions, type and
offset. Nothing in it is believed: nothing is allocated by a number that it states, texts, counts and
nesting are bounded, and what runs past the bytes at hand ends the reading with what is known so far.
"""

from __future__ import annotations

import math
import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from selector.engines.gguf_types import ARRAY, FILE_TYPES, POOLINGS, SCALARS, STRING, TENSOR_TYPES

_MAGIC = b"GGUF"
_PAIRS, _TENSORS, _ITEMS = 100_000, 100_000, 4_000_000
_KEPT = 10_000
_TEXT, _TEXT_KEPT = 16_000_000, 4096
_NESTING = 4
_DIMENSIONS = 8
_MOST_WEIGHTS = 10**15


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """What one file says of itself. Arrays (vocabulary, merges) are passed over."""

    values: Mapping[str, Any] = field(default_factory=dict)
    weights_by_type: Mapping[str, int] = field(default_factory=dict)
    """Weights in this file by the type of their tensors; one of several parts holds a part of them."""
    complete: bool = False
    """Whether the header ended before the bytes did."""

    @property
    def architecture(self) -> str:
        """llama.cpp's name of the family; empty when it was not read."""
        return str(self.values.get("general.architecture", ""))

    @property
    def parameters(self) -> int:
        """Weights in this file."""
        return sum(self.weights_by_type.values())

    @property
    def parts(self) -> int:
        """Files that the model is split into."""
        found = self.values.get("split.count")
        return found if isinstance(found, int) and 1 <= found <= 100_000 else 1

    @property
    def quantisation(self) -> str | None:
        """As in file names, ``Q4_K_M`` or ``F16``: stated, or what most of the weights are."""
        kind = self.values.get("general.file_type")
        stated = FILE_TYPES.get(kind) if isinstance(kind, int) else None
        if stated is None and self.complete and self.weights_by_type:
            return max(self.weights_by_type, key=lambda key: self.weights_by_type[key])
        return stated

    def number(self, name: str) -> int | None:
        """A whole number under the architecture's own prefix, such as ``context_length``."""
        value = self.values.get(f"{self.architecture}.{name}")
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    @property
    def pooling(self) -> str | None:
        """How its vectors are pooled; None for a model that writes, ``rank`` for what is no vector."""
        number = self.number("pooling_type")
        return None if number is None else POOLINGS.get(number, "rank")

    def context(self, default: int, longest: int) -> int:
        """Tokens the model was made for, at most ``longest``."""
        return min(self.number("context_length") or default, longest)

    @property
    def template(self) -> bool:
        """Whether there is a chat template."""
        return bool(self.values.get("tokenizer.chat_template"))


class _Short(Exception):
    """The bytes at hand end before the header does."""


class _Cursor:
    """A place in the bytes at hand: ``bytes`` or a mapped file."""

    def __init__(self, data: Any) -> None:
        self._data, self._at = data, 0

    def take(self, form: str) -> Any:
        size = struct.calcsize(form)
        if self._at + size > len(self._data):
            raise _Short
        (value,) = struct.unpack_from(form, self._data, self._at)
        self._at += size
        return value

    def count(self, most: int, form: str = "<Q") -> int:
        value = int(self.take(form))
        if value > most:
            raise ValueError(f"its header claims the impossible: {value}")
        return value

    def skip(self, size: int) -> None:
        self._at += size
        if self._at > len(self._data):
            raise _Short

    def text(self) -> str:
        length, start = self.count(_TEXT), self._at
        self.skip(length)
        kept = bytes(self._data[start : start + min(length, _TEXT_KEPT)])
        return kept.decode("utf-8", "replace")


def _value(cursor: _Cursor, kind: int, nesting: int = 0) -> Any:
    """A scalar or text; None for an array, whose items are passed over."""
    if kind in SCALARS:
        return cursor.take(SCALARS[kind])
    if kind == STRING:
        return cursor.text()
    if kind != ARRAY or nesting >= _NESTING:
        raise ValueError(f"a value of unknown type {kind}")
    item, length = int(cursor.take("<I")), cursor.count(_ITEMS)
    if item in SCALARS:
        cursor.skip(struct.calcsize(SCALARS[item]) * length)
        return None
    for _ in range(length):
        if item == STRING:
            cursor.skip(cursor.count(_TEXT))
        else:
            _value(cursor, item, nesting + 1)
    return None


def _tensor(cursor: _Cursor) -> tuple[str, int]:
    cursor.text()
    dimensions = cursor.count(_DIMENSIONS, "<I")
    sizes = [cursor.count(_MOST_WEIGHTS) for _ in range(dimensions)]
    kind = TENSOR_TYPES.get(int(cursor.take("<I")), "other")
    cursor.take("<Q")
    return kind, min(math.prod(sizes), _MOST_WEIGHTS)


def parse(data: Any) -> GgufHeader:
    """The header, as far as ``data`` (bytes or a mapped file) goes. Raises ValueError when it is none."""
    cursor = _Cursor(data)
    values: dict[str, Any] = {}
    weights: dict[str, int] = {}
    try:
        if len(data) < len(_MAGIC):
            raise _Short
        if data[: len(_MAGIC)] != _MAGIC:
            raise ValueError("it is not a GGUF file")
        cursor.skip(len(_MAGIC))
        if (version := int(cursor.take("<I"))) not in {2, 3}:
            raise ValueError(f"GGUF version {version}")
        tensors, pairs = cursor.count(_TENSORS), cursor.count(_PAIRS)
        for _ in range(pairs):
            key = cursor.text()
            value = _value(cursor, int(cursor.take("<I")))
            if value is not None and len(values) < _KEPT:
                values[key] = value
        for _ in range(tensors):
            kind, count = _tensor(cursor)
            weights[kind] = weights.get(kind, 0) + count
    except _Short:
        return GgufHeader(values, weights)
    return GgufHeader(values, weights, complete=True)


def read_header(path: Path) -> GgufHeader:
    """Read the whole header of ``path``. Raises OSError, ValueError for what is no GGUF file."""
    with path.open("rb") as handle:
        if handle.read(4) != _MAGIC:
            raise ValueError("it is not a GGUF file")
        with mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as data:
            found = parse(data)
    if not found.complete:
        raise ValueError("the file ends within its header")
    return found
