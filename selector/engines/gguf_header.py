# SPDX-License-Identifier: Apache-2.0
"""Reads the header of a GGUF file: what the model is, how long its context is, whether it has a template.

The layout is that of ggml's docs/gguf.md, versions 2 and 3: magic, version, number of tensors, number of
pairs; then pairs of key, type and value; then for each tensor name, dimensions, type and offset. Nothing
in it is believed: every length is checked against the file before it is used.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

_NUMBERS = {
    0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d",
}  # fmt: skip
_STRING, _ARRAY = 8, 9
_POOLINGS = {0: "none", 1: "mean", 2: "cls", 3: "last", 4: "rank"}
MAX_PAIRS = 100_000
MAX_TENSORS = 1_000_000
MAX_TEXT = 1_000_000
"""Signs of one value that are kept; a chat template has a few thousand."""


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """What one file says of itself. Arrays (vocabulary, merges) are skipped."""

    values: Mapping[str, Any]
    parameters: int
    """Weights in this file; one of several parts holds a part of them."""

    @property
    def architecture(self) -> str:
        """llama.cpp's name of the family."""
        return str(self.values.get("general.architecture", ""))

    def number(self, name: str) -> int | None:
        """A whole number under the architecture's own prefix, such as ``context_length``."""
        value = self.values.get(f"{self.architecture}.{name}")
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    @property
    def pooling(self) -> str | None:
        """How its vectors are pooled; None for a model that writes, ``rank`` for what is no vector."""
        number = self.number("pooling_type")
        return None if number is None else _POOLINGS.get(number, "rank")

    def context(self, default: int, longest: int) -> int:
        """Tokens the model was made for, at most ``longest``."""
        return min(self.number("context_length") or default, longest)

    @property
    def template(self) -> bool:
        """Whether there is a chat template."""
        return bool(self.values.get("tokenizer.chat_template"))


class _Reader:
    def __init__(self, data: Any) -> None:
        self._data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        if size < 0 or size > len(self._data) - self.at:
            raise ValueError("the file ends within its header")
        found = bytes(self._data[self.at : self.at + size])
        self.at += size
        return found

    def skip(self, size: int) -> None:
        if size < 0 or size > len(self._data) - self.at:
            raise ValueError("the file ends within its header")
        self.at += size

    def number(self, pattern: str) -> Any:
        return struct.unpack(pattern, self.take(struct.calcsize(pattern)))[0]

    def text(self) -> str:
        length = self.number("<Q")
        kept = self.take(min(length, MAX_TEXT))
        self.skip(length - len(kept))
        return kept.decode("utf-8", "replace")

    def value(self, kind: int) -> Any:
        if kind in _NUMBERS:
            return self.number(_NUMBERS[kind])
        if kind == _STRING:
            return self.text()
        if kind != _ARRAY:
            raise ValueError(f"a value of unknown type {kind}")
        inner, count = self.number("<I"), self.number("<Q")
        if inner in _NUMBERS:
            self.skip(count * struct.calcsize(_NUMBERS[inner]))
        elif inner == _STRING:
            for _ in range(count):
                self.skip(self.number("<Q"))
        else:
            raise ValueError(f"an array of type {inner}")
        return None


def read_header(path: Path) -> GgufHeader:
    """Read the header of ``path``. Raises OSError, ValueError for what is no GGUF file."""
    with path.open("rb") as handle:
        if handle.read(4) != b"GGUF":
            raise ValueError("it is not a GGUF file")
        with mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _header(_Reader(data))


def _header(reader: _Reader) -> GgufHeader:
    reader.skip(4)
    version = reader.number("<I")
    if version not in {2, 3}:
        raise ValueError(f"GGUF version {version}")
    tensors, pairs = reader.number("<Q"), reader.number("<Q")
    if tensors > MAX_TENSORS or pairs > MAX_PAIRS:
        raise ValueError("its header is too long")
    values: dict[str, Any] = {}
    for _ in range(pairs):
        key = reader.text()
        found = reader.value(reader.number("<I"))
        if found is not None:
            values[key] = found
    parameters = 0
    for _ in range(tensors):
        reader.text()
        count = reader.number("<I")
        if count > 8:
            raise ValueError("a tensor of too many dimensions")
        parameters += prod(reader.number("<Q") for _ in range(count))
        reader.skip(12)
    return GgufHeader(values, parameters)
