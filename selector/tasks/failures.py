# SPDX-License-Identifier: Apache-2.0
"""What the runtimes raise, told apart: memory that ran out, and everything else in one line."""

from __future__ import annotations

_NO_MEMORY = (
    "can't allocate memory",
    "not enough memory",
    "failed to allocate memory",
    "bad_alloc",
    "bad allocation",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether ``error`` is a runtime's or Python's way to say that memory ran out."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    text = str(error).lower()
    return any(words in text for words in _NO_MEMORY)


def first_line(error: BaseException) -> str:
    """The class of an error and its first line."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"[:300]
