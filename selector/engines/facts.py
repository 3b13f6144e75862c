# SPDX-License-Identifier: Apache-2.0
"""What is known of a model before its weights are here: files, sizes, configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

FORMATS = ("safetensors", "onnx", "gguf", "pickle")
"""Formats of weights, the safest and widest read first."""
_FORMAT_BY_SUFFIX = {f".{name}": name for name in FORMATS[:3]} | dict.fromkeys(
    (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib"), "pickle"
)
# Files with a weights suffix that are not a model's weights.
_NOT_WEIGHTS = re.compile(
    r"adapter_model|optimizer|scheduler|training_args|rng_state|scaler|tokenizer|vocab|sentencepiece"
)


# The same few names come again and again while hundreds of models are judged.
@lru_cache(maxsize=4096)
def format_of(path: str) -> str | None:
    """The format of the weights in one file; None when it holds none."""
    pure = PurePosixPath(path)
    if _NOT_WEIGHTS.search(pure.name):
        return None
    return _FORMAT_BY_SUFFIX.get(pure.suffix.lower())


def formats_of(paths: Iterable[str]) -> tuple[str, ...]:
    """Every format of weights among the files, in the order of FORMATS."""
    found = {format_of(path) for path in paths}
    return tuple(name for name in FORMATS if name in found)


@dataclass(frozen=True, slots=True)
class FileFact:
    """One file of a repository. ``sha256`` for large files, ``git_sha1`` for small ones."""

    path: str
    size: int
    sha256: str | None = None
    git_sha1: str | None = None


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model at one commit: enough to say whether it will load and what it will cost."""

    repo: str
    revision: str
    files: tuple[FileFact, ...]
    """Every file of the repository at ``revision``."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """config.json, as data; empty when there is none."""
    parameters: int | None = None
    """Number of weights, tied ones counted once."""
    parameters_by_dtype: Mapping[str, int] = field(default_factory=dict)
    """Weights as stored in the file (safetensors dtype names: F32, BF16, F16, I64 …)."""
    weight_format: str | None = None
    """``safetensors``, ``gguf``, ``onnx``, ``pickle`` or None when there are no weights."""
    needs_remote_code: bool = False
    basis: str = "unknown"
    """Where ``parameters`` comes from: ``header``, ``hub``, ``config``, ``file size`` or ``unknown``."""

    @property
    def weight_formats(self) -> tuple[str, ...]:
        """Every format of weights in the repository; ``weight_format`` is the first of them."""
        found = formats_of(file.path for file in self.files)
        return found or ((self.weight_format,) if self.weight_format else ())

    @property
    def stored_bytes(self) -> int | None:
        """Bytes of the weights as stored, from the dtypes; None when unknown."""
        if not self.parameters_by_dtype:
            return None
        return round(sum(n * DTYPE_BYTES.get(k, 4) for k, n in self.parameters_by_dtype.items()))


DTYPE_BYTES: Mapping[str, float] = {
    "F64": 8, "I64": 8, "F32": 4, "I32": 4, "F16": 2, "BF16": 2, "I16": 2,
    "F8_E4M3": 1, "F8_E5M2": 1, "I8": 1, "U8": 1, "BOOL": 1, "F4": 0.5,
}  # fmt: skip
