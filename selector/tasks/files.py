# SPDX-License-Identifier: Apache-2.0
"""Files that are inputs: looked at before anything opens them."""

from __future__ import annotations

import stat
from pathlib import Path

from selector.input_errors import InputUnusable


def unusable_file(index: int, path: str, most_bytes: int) -> InputUnusable | None:
    """Why a file cannot be read: not there, no plain file, empty, too large; None when it can be tried."""
    try:
        found = Path(path).stat()
    except (OSError, ValueError):
        return InputUnusable(index=index, reason="input.no_file", path=path[-200:])
    if not stat.S_ISREG(found.st_mode):
        return InputUnusable(index=index, reason="input.no_file", path=path[-200:])
    if found.st_size == 0:
        return InputUnusable(index=index, reason="input.empty")
    if found.st_size > most_bytes:
        return InputUnusable(
            index=index, reason="input.file_too_large", bytes=found.st_size, limit=most_bytes
        )
    return None
