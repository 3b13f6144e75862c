# SPDX-License-Identifier: Apache-2.0
"""One writer for each blob, across processes: a lock that ends with the process that holds it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO

LOCKS = "locks"


def lock_of(part: Path) -> Path:
    """The lock file of a part."""
    return part.parent / LOCKS / part.stem


class BlobLock:
    """The right to write one part. ``take`` never waits."""

    def __init__(self, part: Path) -> None:
        self._path = lock_of(part)
        self._handle: IO[bytes] | None = None

    def take(self) -> bool:
        """Whether the lock is ours now. Raises OSError."""
        if self._handle is not None:
            return True
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = self._path.open("ab")
        if not _locked(handle):
            handle.close()
            return False
        self._handle = handle
        return True

    def release(self) -> None:
        """Let others have it; closing unlocks, and so does dying."""
        if self._handle is not None:
            self._handle.close()
            self._handle = None


def _locked(handle: IO[bytes]) -> bool:
    try:
        if os.name == "nt":  # pragma: no cover
            import msvcrt

            getattr(msvcrt, "locking")(handle.fileno(), getattr(msvcrt, "LK_NBLCK"), 1)  # noqa: B009
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
