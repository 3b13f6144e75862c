# SPDX-License-Identifier: Apache-2.0
"""A folder as Petit leaves it where it has made forms of a model; the graphs in it hold no model."""

from __future__ import annotations

import json
from pathlib import Path

NAMES = {"fp32": "model.onnx", "int8": "model_int8.onnx"}
BYTES = 40_000


def make_form(made: Path, repo: str, key: str = "0" * 32, **equal: float) -> Path:
    """``equal`` names the precisions with their share of answers equal to the original's."""
    folder = made / key
    folder.mkdir(parents=True)
    checks = {
        precision: {
            "n": 40,
            "equal_answers": share,
            "largest_difference": 0.01,
            "file": NAMES[precision],
        }
        for precision, share in equal.items()
    }
    for precision in equal:
        (folder / NAMES[precision]).write_bytes(b"x" * BYTES)
    record = {"version": 1, "repo": repo, "engine": "onnx", "key": key, "checks": checks}
    (folder / "made.json").write_text(json.dumps(record))
    return folder
