# SPDX-License-Identifier: Apache-2.0
"""Writes heads of GGUF files, honest and otherwise."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}  # fmt: skip
Pair = tuple[int, object]


def text(value: str) -> bytes:
    """A string as GGUF has it."""
    data = value.encode("utf-8", "replace")
    return struct.pack("<Q", len(data)) + data


def value(kind: int, said: object) -> bytes:
    """A value of a kind; an array is (kind of its items, items)."""
    if kind == 8:
        return text(str(said))
    if kind == 9:
        assert isinstance(said, tuple)
        inner, items = said
        return struct.pack("<IQ", inner, len(items)) + b"".join(value(inner, x) for x in items)
    return struct.pack(f"<{_SCALARS[kind]}", said)


def gguf(
    pairs: Mapping[str, Pair],
    tensors: Sequence[tuple[str, Sequence[int], int]] = (),
    *,
    version: int = 3,
    filler: int = 0,
) -> bytes:
    """A file with this head and ``filler`` bytes of weights."""
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(pairs))
    for key, (kind, said) in pairs.items():
        head += text(key) + struct.pack("<I", kind) + value(kind, said)
    for name, shape, kind in tensors:
        head += text(name) + struct.pack("<I", len(shape))
        head += b"".join(struct.pack("<Q", size) for size in shape)
        head += struct.pack("<IQ", kind, 0)
    return head + bytes(filler)


def model(
    architecture: str = "llama",
    *,
    weights: int = 64_000,
    vocabulary: int = 20,
    file_type: int = 15,
    filler: int = 40_000,
    more: Mapping[str, Pair] | None = None,
) -> bytes:
    """A model with a vocabulary and one tensor of ``weights`` weights in Q4_K."""
    pairs: dict[str, Pair] = {
        "general.architecture": (8, architecture),
        "general.file_type": (4, file_type),
        f"{architecture}.context_length": (4, 2048),
        f"{architecture}.block_count": (4, 2),
        f"{architecture}.embedding_length": (4, 64),
        **(more or {}),
        "tokenizer.ggml.tokens": (9, (8, [f"token{n}" for n in range(vocabulary)])),
        "tokenizer.ggml.scores": (9, (6, [0.0] * vocabulary)),
    }
    return gguf(pairs, [("output.weight", [weights], 12)], filler=filler)
