# SPDX-License-Identifier: Apache-2.0
"""Fills a folder completely or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selector.errors import TargetExists, TargetNotWritable


def refuse_taken(folder: Path) -> None:
    """Raises TargetExists when ``folder`` is a file or a link, or not empty; TargetNotWritable."""
    try:
        there = folder.is_symlink() or folder.exists()
        if there and (folder.is_symlink() or not folder.is_dir() or any(folder.iterdir())):
            raise TargetExists(path=str(folder))
    except OSError as error:
        raise TargetNotWritable(path=str(folder), detail=str(error)) from error


@contextmanager
def filling(folder: Path) -> Iterator[Path]:
    """A temporary sibling that becomes ``folder`` when the block ends well, and vanishes otherwise.

    Raises:
        TargetExists: ``folder`` is a file or a link, or not empty.
        TargetNotWritable: the file system refuses.
    """
    folder = folder.absolute()
    refuse_taken(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        # Beside the target, so that the last step is a rename on one disk.
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except OSError as error:
        raise TargetNotWritable(path=str(folder), detail=str(error)) from error
    try:
        yield temporary
        temporary.chmod(0o755)
        if folder.is_dir():
            folder.rmdir()  # empty, as was checked; a rename does not replace it everywhere
        temporary.rename(folder)
    except OSError as error:
        raise TargetNotWritable(path=str(folder), detail=str(error)) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def files_below(folder: Path) -> list[Path]:
    """Every file below ``folder``, relative to it, in order."""
    return sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
