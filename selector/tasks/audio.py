# SPDX-License-Identifier: Apache-2.0
"""Sound from files, as far as it can be judged without reading it."""

from __future__ import annotations

from selector.input_errors import InputUnusable
from selector.tasks.files import unusable_file

SUFFIXES = (".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff")
MAX_BYTES = 512 * 1024 * 1024


def unusable_audio(index: int, path: str) -> InputUnusable | None:
    """Why the file cannot be sound for a model, as far as its entry in the folder says; else None."""
    return unusable_file(index, path, MAX_BYTES)
