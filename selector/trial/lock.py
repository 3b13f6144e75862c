# SPDX-License-Identifier: Apache-2.0
"""One turn at a time on this machine: another Petit that measures at the same time would spoil both."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from selector.errors import Cancelled

POLL_S = 0.02
PATIENCE_S = 60.0
"""After so long a turn is taken anyway, and its timings are marked as shared."""


def lock_path() -> Path:
    """The lock's file, one for each user: others could not open it."""
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    return Path(tempfile.gettempdir()) / f"petit-{user}.turn"


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def machine_turn(
    cancelled: Callable[[], bool],
    waiting: Callable[[], None],
    path: Path | None = None,
    patience_s: float = PATIENCE_S,
) -> Iterator[bool]:
    """Hold the machine's turn; yields whether it is really held by this process alone.

    ``waiting`` is called once when somebody else has it. The system lets go of the lock of a process
    that dies. Raises Cancelled.
    """
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(path or lock_path(), flags, 0o600)
    except OSError:
        yield False  # no place for a lock is no reason not to run
        return
    try:
        deadline = time.monotonic() + patience_s
        told = False
        while not (held := _try_lock(descriptor)) and time.monotonic() < deadline:
            if cancelled():
                raise Cancelled
            if not told:
                waiting()
                told = True
            time.sleep(POLL_S)
        yield held
    finally:
        os.close(descriptor)
