# SPDX-License-Identifier: Apache-2.0
"""Forms of models that Petit makes itself: where each is kept, and what is recorded of its worth."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from selector.engines.json_files import read_object

RECORD = "made.json"
VERSION = 1
"""Raised when forms must be made anew: it is part of the key."""


@dataclass(frozen=True, slots=True)
class Fidelity:
    """How a form's answers compare with the original's."""

    n: int
    """Sentences compared."""
    equal_answers: float
    """Share with the same best label, or the same nearest sentence."""
    largest_difference: float
    """Of a score (0 to 1), or of a cosine from 1."""


def source_key(files: Iterable[tuple[str, str, int]], head: str) -> str:
    """A folder name that changes with the content: path, sha256 (or size, without one) of each file."""
    lines = [f"{path}\0{sha256 or size}\n" for path, sha256, size in sorted(files)]
    text = f"{VERSION}\0{head}\n" + "".join(lines)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def fidelity_of(made: Path, precision: str) -> Fidelity | None:
    """What is recorded of a form that is there; None when it has to be made."""
    checks = read_object(made / RECORD).get("checks")
    found = checks.get(precision) if isinstance(checks, Mapping) else None
    if not isinstance(found, Mapping) or not (made / str(found.get("file", "?"))).is_file():
        return None
    try:
        return Fidelity(
            int(found["n"]), float(found["equal_answers"]), float(found["largest_difference"])
        )
    except (KeyError, TypeError, ValueError):
        return None
