# SPDX-License-Identifier: Apache-2.0
"""Which ONNX file of a repository holds which precision. Pure.

The names are those of transformers.js and optimum (``onnx/model_fp16.onnx``, ``model_quantized``) and
of sentence-transformers (``model_qint8_avx512_vnni``, ``model_quint8_avx2``, ``model_O2``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

# Per precision, the endings of a file's name in order of preference.
_ENDINGS: Mapping[str, tuple[str, ...]] = {
    "fp32": ("", "_O3", "_O2", "_O1", "_fp32"),
    "fp16": ("_fp16", "_float16", "_O4"),
    "int8": (
        "_int8", "_quantized", "_qint8", "_quint8_avx2", "_qint8_avx2", "_qint8_avx512_vnni",
        "_qint8_avx512", "_qint8_arm64",
    ),
    "uint8": ("_uint8", "_quint8"),
    "q4": ("_q4", "_int4"),
    "q4f16": ("_q4f16",),
    "bnb4": ("_bnb4",),
}  # fmt: skip
PRECISIONS = tuple(_ENDINGS)
_FOLDERS = ("onnx", "")
"""Where the file of a whole model lies; others hold parts of pipelines."""
_STEM = "model"


def onnx_variants(paths: Iterable[str]) -> dict[str, str]:
    """The file of each precision that is there, in the order of PRECISIONS."""
    here = {path for path in paths if path.endswith(".onnx")}
    found: dict[str, str] = {}
    if not here:
        return found
    for precision, endings in _ENDINGS.items():
        for folder in _FOLDERS:
            names = (f"{folder}/{_STEM}{e}.onnx".lstrip("/") for e in endings)
            if path := next((name for name in names if name in here), None):
                found.setdefault(precision, path)
    return found


def external_data(path: str, paths: Iterable[str]) -> tuple[str, ...]:
    """The files beside ``path`` that its weights may lie in: ``model.onnx_data``, ``model.onnx_data_1`` …."""
    pure = PurePosixPath(path)
    folder = "" if str(pure.parent) == "." else f"{pure.parent}/"
    pattern = re.compile(
        re.escape(folder)
        + rf"({re.escape(pure.name)}([_.]data)(_\d+)?|{re.escape(pure.stem)}\.data)"
    )
    return tuple(other for other in paths if pattern.fullmatch(other))
