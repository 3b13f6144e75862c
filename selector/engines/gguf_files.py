# SPDX-License-Identifier: Apache-2.0
"""Which GGUF file of a repository holds which precision, read from the files' names. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

PRECISIONS = (
    "q8_0", "q4_k_m", "f16", "bf16", "f32", "q6_k", "q5_k_m", "q5_k_s", "q5_k", "q4_k_s", "q4_k", "q3_k_l",
    "q3_k_m", "q3_k_s", "q3_k", "q2_k", "q2_k_s", "q5_0", "q5_1", "q4_0", "q4_1", "q8_1", "q6_k_l", "q5_k_l",
    "q4_k_l", "q2_k_l", "q8_k_xl", "q6_k_xl", "q5_k_xl", "q4_k_xl", "q3_k_xl", "q2_k_xl", "iq4_xs", "iq4_nl",
    "iq3_m", "iq3_s", "iq3_xs", "iq3_xxs", "iq2_m", "iq2_s", "iq2_xs", "iq2_xxs", "iq1_m", "iq1_s", "tq1_0",
    "tq2_0", "mxfp4", "q1_0", "stored",
)  # fmt: skip
"""Names as llama.cpp's tools write them, lower case. ``stored``: the file's name does not say."""
_NAMED = re.compile(
    rf"(?:^|[^a-z0-9])({'|'.join(sorted(PRECISIONS[:-1], key=len, reverse=True))}|fp16|fp32)(?![a-z0-9_])"
)
_SAME = {"fp16": "f16", "fp32": "f32"}
_PART = re.compile(r"-(\d{5})-of-(\d{5})$")
# Files that are no language model by themselves: projectors, importance matrices, draft heads.
_NO_MODEL = re.compile(r"(^|[-_.])(mmproj|imatrix|vocab|lora|adapter|draft|mtp)([-_.]|$)")
BITS: Mapping[str, float] = {
    "f32": 32, "f16": 16, "bf16": 16, "q8_0": 8.5, "q8_1": 9, "q8_k_xl": 9.5, "q6_k": 6.56, "q5": 5.6,
    "q4": 4.8, "q3": 3.9, "q2": 3.0, "iq4": 4.4, "iq3": 3.5, "iq2": 2.5, "iq1": 1.75, "tq": 2.0, "mxfp4": 4.3,
}  # fmt: skip
"""Bits a weight by name or by its beginning, for models whose file sizes are unknown."""


@dataclass(frozen=True, slots=True)
class GgufVariant:
    """One model in GGUF form: its files in order, the one to open first."""

    precision: str
    paths: tuple[str, ...]


def precision_of(path: str) -> str:
    """The precision that a file's name, or else its folder's, tells."""
    pure = PurePosixPath(path.lower())
    for name in (_PART.sub("", pure.stem), str(pure.parent)):
        if found := _NAMED.findall(name):
            return _SAME.get(str(found[-1]), str(found[-1]))
    return "stored"


def bits_of(precision: str) -> float:
    """About how many bits a weight takes, scales included."""
    for length in (len(precision), 4, 3, 2):
        if bits := BITS.get(precision[:length].rstrip("_")):
            return bits
    return 8.5


def gguf_variants(paths: Iterable[str]) -> dict[str, GgufVariant]:
    """Every precision that is there whole, in the order of PRECISIONS.

    Of several models with one precision the one with the shortest name counts.
    """
    found: dict[str, GgufVariant] = {}
    wholes: dict[str, dict[int, str]] = {}
    expected: dict[str, int] = {}
    for path in paths:
        pure = PurePosixPath(path)
        if pure.suffix.lower() != ".gguf" or _NO_MODEL.search(pure.stem.lower()):
            continue
        part = _PART.search(pure.stem)
        name = str(pure.with_name(pure.stem[: part.start()])) if part else path
        wholes.setdefault(name, {})[int(part[1]) if part else 1] = path
        expected[name] = int(part[2]) if part else 1
    for name in sorted(wholes, key=lambda text: (len(text), text)):
        parts = wholes[name]
        if sorted(parts) != list(range(1, expected[name] + 1)):
            continue  # a part is missing
        precision = precision_of(parts[1])
        variant = GgufVariant(precision, tuple(parts[n] for n in sorted(parts)))
        found.setdefault(precision, variant)
    return {name: found[name] for name in PRECISIONS if name in found}
