# SPDX-License-Identifier: Apache-2.0
"""What the head of a GGUF file says: architecture, weights, context, quantisation. Pure.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3, little-endian.
A head may be hostile: nothing is allocated by a number that it states, strings and nesting are
bounded, and what runs past the bytes at hand ends the reading with what is known so far.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from selector.errors import HubAnswerBad
from selector.hub import checked

_MAGIC = b"GGUF"
_PAIRS, _TENSORS, _ITEMS = 100_000, 100_000, 4_000_000
_TEXT = 16_000_000
_NESTING = 4
_DIMENSIONS = 8
_MOST_WEIGHTS = 10**15
_STRING, _ARRAY = 8, 9
_SCALARS: Mapping[int, str] = {
    0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q",
    12: "<d",
}  # fmt: skip
_TYPES: Mapping[int, str] = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 6: "Q5_0", 7: "Q5_1", 8: "Q8_0", 9: "Q8_1", 10: "Q2_K",
    11: "Q3_K", 12: "Q4_K", 13: "Q5_K", 14: "Q6_K", 15: "Q8_K", 16: "IQ2_XXS", 17: "IQ2_XS",
    18: "IQ3_XXS", 19: "IQ1_S", 20: "IQ4_NL", 21: "IQ3_S", 22: "IQ2_S", 23: "IQ4_XS", 24: "I8",
    25: "I16", 26: "I32", 27: "I64", 28: "F64", 29: "IQ1_M", 30: "BF16", 34: "TQ1_0", 35: "TQ2_0",
    39: "MXFP4",
}  # fmt: skip
_FILE_TYPES: Mapping[int, str] = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K",
    11: "Q3_K_S", 12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S", 17: "Q5_K_M",
    18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS", 23: "IQ3_XXS", 24: "IQ1_S",
    25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S", 29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M",
    32: "BF16", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4",
}  # fmt: skip
_BITS: Mapping[str, float] = {
    "F32": 32, "F16": 16, "BF16": 16, "Q8_0": 8.5, "Q6_K": 6.57, "Q5_1": 6.0, "Q5_0": 5.54,
    "Q5_K_M": 5.69, "Q5_K_S": 5.54, "Q4_1": 5.0, "Q4_0": 4.55, "Q4_K_M": 4.85, "Q4_K_S": 4.58,
    "Q4_K_L": 5.0, "Q5_K_L": 5.8, "Q6_K_L": 6.7, "Q3_K_XL": 4.5, "Q4_K_XL": 5.0, "Q5_K_XL": 5.8,
    "Q6_K_XL": 7.0, "Q8_K_XL": 10.0, "Q2_K_XL": 3.3, "Q2_K_L": 3.2,
    "IQ4_NL": 4.5, "IQ4_XS": 4.3, "MXFP4": 4.3, "Q3_K_L": 4.27, "Q3_K_M": 3.91, "Q3_K_S": 3.5,
    "IQ3_M": 3.7, "IQ3_S": 3.5, "IQ3_XS": 3.3, "IQ3_XXS": 3.1, "Q2_K": 3.0, "Q2_K_S": 2.8,
    "IQ2_M": 2.7, "IQ2_S": 2.5, "IQ2_XS": 2.4, "IQ2_XXS": 2.1, "TQ2_0": 2.1, "IQ1_M": 1.8,
    "IQ1_S": 1.6, "TQ1_0": 1.7,
}  # fmt: skip
_NAMES = sorted(_BITS, key=len, reverse=True)
_SPLIT = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$", re.IGNORECASE)
_BESIDE = re.compile(r"mmproj|imatrix|adapter|lora|vocab-only", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class GgufHeader:
    """What could be read. ``complete`` when the head ended before the bytes did."""

    architecture: str | None = None
    parameters: int | None = None
    """Weights, counted from the tensors or stated; None when neither could be read."""
    context_length: int | None = None
    quantisation: str | None = None
    """As in file names: ``Q4_K_M``, ``F16``."""
    layers: int | None = None
    hidden: int | None = None
    splits: int = 1
    """Files the model is split into; the tensors of this head are those of one of them."""
    weights_by_type: Mapping[str, int] = field(default_factory=dict)
    complete: bool = False


class _Short(Exception):
    """The bytes at hand end before the head does."""


class _Cursor:
    """A place in the bytes at hand."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, form: str) -> int | float | bool:
        size = struct.calcsize(form)
        if self.at + size > len(self.data):
            raise _Short
        (value,) = struct.unpack_from(form, self.data, self.at)
        self.at += size
        return value  # type: ignore[no-any-return]

    def count(self, most: int, form: str = "<Q") -> int:
        value = int(self.take(form))
        if value > most:
            raise HubAnswerBad(reason="not a GGUF header", count=value)
        return value

    def skip(self, size: int) -> None:
        # Beyond the end is fine for a place, the next reading says that the bytes are short.
        self.at += size
        if self.at > len(self.data):
            raise _Short

    def text(self) -> str:
        length = self.count(_TEXT)
        start = self.at
        self.skip(length)
        return self.data[start : min(self.at, start + 4096)].decode("utf-8", "replace")


def _value(cursor: _Cursor, kind: int, nesting: int = 0) -> object:
    """A scalar or text; None for an array, whose items are passed over."""
    if kind in _SCALARS:
        return cursor.take(_SCALARS[kind])
    if kind == _STRING:
        return cursor.text()
    if kind != _ARRAY or nesting >= _NESTING:
        raise HubAnswerBad(reason="not a GGUF header", type=kind)
    item, length = int(cursor.take("<I")), cursor.count(_ITEMS)
    if item in _SCALARS:
        cursor.skip(struct.calcsize(_SCALARS[item]) * length)
        return None
    for _ in range(length):
        if item == _STRING:
            cursor.skip(cursor.count(_TEXT))
        else:
            _value(cursor, item, nesting + 1)
    return None


def _tensor(cursor: _Cursor) -> tuple[str, int]:
    cursor.text()
    dimensions = cursor.count(_DIMENSIONS, "<I")
    sizes = [cursor.count(_MOST_WEIGHTS) for _ in range(dimensions)]
    kind = _TYPES.get(int(cursor.take("<I")), "other")
    cursor.take("<Q")
    return kind, min(math.prod(sizes), _MOST_WEIGHTS)


def _header(
    pairs: Mapping[str, object], weights: Mapping[str, int], *, complete: bool
) -> GgufHeader:
    name = checked.text(pairs.get("general.architecture"), 80)
    splits = max(1, checked.whole(pairs.get("split.count"), 100_000) or 1)
    stated = checked.whole(pairs.get("general.parameter_count"))
    counted = sum(weights.values()) if complete and splits == 1 else 0
    kind = checked.whole(pairs.get("general.file_type"), 1000)
    quantisation = _FILE_TYPES.get(kind) if kind is not None else None
    if quantisation is None and complete and weights:
        quantisation = max(weights, key=lambda key: weights[key])
    return GgufHeader(
        architecture=name,
        parameters=(counted if 0 < counted <= _MOST_WEIGHTS else None) or stated or None,
        context_length=checked.whole(pairs.get(f"{name}.context_length"), 10**9),
        quantisation=quantisation,
        layers=checked.whole(pairs.get(f"{name}.block_count"), 10**6),
        hidden=checked.whole(pairs.get(f"{name}.embedding_length"), 10**8),
        splits=splits,
        weights_by_type=dict(weights),
        complete=complete,
    )


def parse(data: bytes) -> GgufHeader:
    """The head, as far as ``data`` goes. Raises HubAnswerBad when it is none."""
    cursor = _Cursor(data)
    pairs: dict[str, object] = {}
    weights: dict[str, int] = {}
    try:
        if len(data) < len(_MAGIC):
            raise _Short
        cursor.skip(len(_MAGIC))
        version = int(cursor.take("<I")) if data.startswith(_MAGIC) else 0
        if version not in {2, 3}:
            raise HubAnswerBad(reason="not a GGUF header", version=version)
        tensors, entries = cursor.count(_TENSORS), cursor.count(_PAIRS)
        for _ in range(entries):
            key = cursor.text()
            value = _value(cursor, int(cursor.take("<I")))
            if value is not None and len(pairs) < 10_000:
                pairs[key] = value
        for _ in range(tensors):
            kind, count = _tensor(cursor)
            weights[kind] = weights.get(kind, 0) + count
    except _Short:
        return _header(pairs, weights, complete=False)
    return _header(pairs, weights, complete=True)


FIRST_BYTES = 64_000
"""Architecture and context come before the vocabulary, and this holds them."""


def read(part: Callable[[int, int], bytes], limit: int) -> GgufHeader:
    """The head of a remote file, read in growing pieces up to ``limit`` bytes.

    ``part(start, length)`` gives bytes of the file. Raises HubAnswerBad, and what ``part`` raises.
    """
    data = b""
    step = FIRST_BYTES
    while True:
        wanted = min(step, limit - len(data))
        came = part(len(data), wanted)
        data += came
        header = parse(data)
        if header.complete or len(came) < wanted or len(data) >= limit:
            return header
        step *= 4


def quantisation_of(path: str) -> str | None:
    """The quantisation that a file is named after; None when its name has none."""
    name = PurePosixPath(path).name.upper().replace("-", "_")
    return next((kind for kind in _NAMES if kind in name), None)


def main_file(sizes: Mapping[str, int]) -> str | None:
    """The smallest GGUF file that is a model, or the first of one in pieces; None without any."""
    models = {
        path: size
        for path, size in sizes.items()
        if path.lower().endswith(".gguf")
        and not _BESIDE.search(path)
        and ((split := _SPLIT.search(path)) is None or int(split[1]) == 1)
    }
    return min(models, key=lambda path: (models[path], path), default=None)


def whole_size(path: str, sizes: Mapping[str, int]) -> int:
    """Bytes of a model, all pieces together."""
    split = _SPLIT.search(path)
    if split is None:
        return sizes.get(path, 0)
    stem, ending = path[: split.start()], f"-of-{split[2]}.gguf"
    return sum(
        size for name, size in sizes.items() if name.startswith(stem) and name.endswith(ending)
    )


def weights_from_size(size: int, quantisation: str | None) -> int | None:
    """About how many weights a file of ``size`` bytes has; None when it is unknown as what."""
    bits = _BITS.get(quantisation or "")
    return round(size * 8 / bits) if bits and size else None
