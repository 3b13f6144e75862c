# SPDX-License-Identifier: Apache-2.0
"""Downloads that were not finished: parts of our own, and those that other tools left in the cache."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from selector.hub.journal import journal_of, read_note
from selector.hub.locking import LOCKS, BlobLock, lock_of
from selector.hub.shelf import UNFINISHED, folders

DAYS_KEPT = 30
"""A part of ours that nobody went on with for so long goes at the next download."""
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Leftover:
    """An unfinished file; ``ours`` says who left it."""

    path: str
    bytes: int
    """What it takes on the disk."""
    ours: bool
    repo: str | None = None
    revision: str | None = None
    file: str | None = None
    age_s: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Every field."""
        return asdict(self)


def leftovers(downloads: Path, cache: Path) -> list[Leftover]:
    """All of them, ours first. Never raises."""
    found = []
    for path in sorted(downloads.glob("*.part")):
        note = read_note(path)
        if (state := _state(path)) is not None:
            size, age = state
            if note is None:
                found.append(Leftover(str(path), size, True, age_s=age))
            else:
                known = (note.repo, note.revision, note.path)
                found.append(Leftover(str(path), size, True, *known, age))
    for folder in folders(cache):
        if folder.name.startswith("models--"):
            repo = folder.name.removeprefix("models--").replace("--", "/", 1)
            found += [
                Leftover(str(path), state[0], False, repo, age_s=state[1])
                for path in sorted((folder / "blobs").glob(f"*{UNFINISHED}"))
                if (state := _state(path)) is not None
            ]
    return found


def _state(path: Path) -> tuple[int, float] | None:
    """Bytes on the disk (a part has holes) and seconds since it changed."""
    try:
        state = path.lstat()
    except OSError:
        return None
    taken = getattr(state, "st_blocks", None)
    size = state.st_size if taken is None else min(state.st_size, taken * 512)
    return size, max(0.0, time.time() - state.st_mtime)


def sweep(
    downloads: Path,
    cache: Path,
    *,
    wanted: Callable[[Leftover], bool] = lambda _: True,
    foreign: bool = False,
) -> int:
    """Delete unfinished files of ours (of others only with ``foreign``); gives the bytes freed.

    A part that some process is writing stays.
    """
    freed = 0
    for item in leftovers(downloads, cache):
        path = Path(item.path)
        if not wanted(item) or (not item.ours and not foreign):
            continue
        if item.ours:
            lock = BlobLock(path)
            with suppress(OSError):
                if not lock.take():
                    continue
            try:
                journal_of(path).unlink(missing_ok=True)
                path.unlink(missing_ok=True)
                freed += item.bytes
            except OSError:
                continue
            finally:
                lock.release()
            with suppress(OSError):
                lock_of(path).unlink(missing_ok=True)
        else:
            with suppress(OSError):
                path.unlink()
                freed += item.bytes
    _tidy(downloads)
    return freed


def sweep_old(downloads: Path, cache: Path, days: float = DAYS_KEPT) -> int:
    """Delete parts of ours that are older than ``days``."""
    return sweep(downloads, cache, wanted=lambda item: item.age_s > days * _DAY_S)


def _tidy(downloads: Path) -> None:
    """Journals and locks whose part is gone."""
    for path in (*downloads.glob("*.journal"), *(downloads / LOCKS).glob("*")):
        stem = path.name.removesuffix(".journal")
        if not (downloads / f"{stem}.part").exists():
            lock = BlobLock(downloads / f"{stem}.part")
            with suppress(OSError):
                if lock.take():
                    path.unlink(missing_ok=True)
            lock.release()
