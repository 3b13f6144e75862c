# SPDX-License-Identifier: Apache-2.0
"""The forms of weights that lie in a repository, read off the names of its files. Pure.

Engines say themselves what they can run (see variants.py); this finds also what no engine here runs, so
that it can be listed and explained instead of hidden.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from selector.engines.facts import DTYPE_BYTES, FORMATS, FileFact, ModelFacts, format_of

EMPTY = frozenset(
    {
        "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    }
)
"""What git and SHA-256 call a file without content."""
_DTYPES: Mapping[str, str] = {
    "F64": "fp64", "F32": "fp32", "BF16": "bf16", "F16": "fp16", "F8_E4M3": "fp8", "F8_E5M2": "fp8",
    "I8": "int8", "U8": "packed", "I32": "packed",
}  # fmt: skip
_SHARD = re.compile(r"[-.](\d{5})-of-(\d{5})$")
_GGUF = re.compile(
    r"(?:^|[-_. ])(iq\d_[a-z]+|t?q\d(?:_[0-9a-z]+){0,2}|mxfp4(?:_moe)?|bf16|f(?:p)?(?:16|32))$",
    re.IGNORECASE,
)
_ONNX = re.compile(r"(?:^|[-_.])(fp16|fp32|bf16|u?int8|quantized|q4f16|q4|bnb4|int4|q8)$")
_ONNX_NAMES: Mapping[str, str] = {"quantized": "int8", "int4": "q4", "q8": "int8"}
_SAFETENSORS = re.compile(r"model(\.(fp16|bf16|fp32))?")
# A projector is a part for pictures, an importance matrix a tool of who quantises.
_PART = re.compile(r"mmproj|imatrix", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Form:
    """One form: its format, its precision as the files are called, and the files of its weights."""

    format: str
    precision: str
    paths: tuple[str, ...]


def is_empty(file: FileFact) -> bool:
    """Whether a file is known to have no content; a size that was not told is 0 as well."""
    return file.size == 0 and bool({file.git_sha1, file.sha256} & EMPTY)


def stored_precision(facts: ModelFacts) -> str:
    """What most of the weights are stored as; ``stored`` when nobody says."""
    counts = facts.parameters_by_dtype
    if not counts:
        return "stored"
    main = max(counts, key=lambda name: counts[name] * DTYPE_BYTES.get(name, 4))
    return _DTYPES.get(main, main.lower()[:12])


def forms_of(facts: ModelFacts) -> tuple[Form, ...]:
    """Every form in the repository, the safest format first, each in the order of the files."""
    paths = [file.path for file in facts.files]
    stored = stored_precision(facts)
    found: dict[tuple[str, str], list[str]] = {}
    for path in paths:
        kind = format_of(path)
        precision = None if kind is None else _precision(path, kind, stored)
        if kind is not None and precision is not None:
            found.setdefault((kind, precision), []).append(path)
    for (kind, _), mine in found.items():
        if kind == "onnx":
            mine += [path for path in paths if _is_data_of(path, mine)]
    order = sorted(found, key=lambda key: FORMATS.index(key[0]))
    return tuple(Form(*key, tuple(_whole(found[key]))) for key in order)


def _is_data_of(path: str, models: Iterable[str]) -> bool:
    """Large ONNX models keep their numbers beside them: ``model.onnx_data``, ``model.onnx.data``."""
    return any(path.startswith((f"{model}_data", f"{model}.data")) for model in models)


def _whole(paths: list[str]) -> list[str]:
    """One whole file makes its own shards superfluous."""
    whole = [path for path in paths if not _SHARD.search(PurePosixPath(path).stem)]
    return whole if "model.safetensors" in whole else paths


def _precision(path: str, kind: str, stored: str) -> str | None:
    pure = PurePosixPath(path)
    stem = _SHARD.sub("", pure.stem)
    if kind == "gguf":
        if _PART.search(stem):
            return None
        match = _GGUF.search(stem)
        return match[1].lower().replace("fp", "f") if match else "stored"
    if kind == "onnx":
        match = _ONNX.search(stem.lower())
        return "fp32" if match is None else _ONNX_NAMES.get(match[1], match[1])
    if kind == "safetensors":
        match = _SAFETENSORS.fullmatch(stem)
        # Anything deeper or called otherwise is a part: a decoder, an adapter, a layer of its own.
        if match is None or len(pure.parts) > 1:
            return None
        return match[2] or stored
    return "stored" if len(pure.parts) == 1 else None
