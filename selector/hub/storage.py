# SPDX-License-Identifier: Apache-2.0
"""Room on a disk, and what an error of the file system means."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

from selector.errors import DownloadInterrupted, NotEnoughDisk

RESERVE_BYTES = 50_000_000
"""Left free on the disk: a full one breaks more than a download, Petit's own database included."""


def free_bytes(place: Path) -> int:
    """Free bytes where ``place`` is or will be."""
    while not place.exists() and place != place.parent:
        place = place.parent
    return shutil.disk_usage(place).free


def storage_problem(error: OSError, place: Path, need: int) -> NotEnoughDisk | DownloadInterrupted:
    """What an error of the file system means."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return NotEnoughDisk(need_bytes=need, have_bytes=free_bytes(place), path=str(place.parent))
    return DownloadInterrupted(reason=error.strerror or type(error).__name__, path=str(place))
