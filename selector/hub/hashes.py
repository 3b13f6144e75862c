# SPDX-License-Identifier: Apache-2.0
"""Content hashes of files, and a memory of them so that a library is listed without reading it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selector.engines.facts import FileFact
from selector.errors import Cancelled

_BLOCK = 1 << 20
SHA256_SIGNS = 64
_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Digests:
    """A file's sha256, and the sha1 by which git (and the Hub, for small files) names it."""

    sha256: str
    git_sha1: str

    def keeps(self, promised: FileFact) -> bool:
        """Whether this is the content that was promised; without a promise anything is."""
        if promised.sha256 is not None:
            return self.sha256 == promised.sha256
        return promised.git_sha1 is None or self.git_sha1 == promised.git_sha1

    def named(self, name: str) -> bool:
        """Whether ``name`` is one of the two, as the name of a file in the cache is."""
        return name in {self.sha256, self.git_sha1}


class Hasher:
    """The hashes of a file of ``size`` bytes as its content comes.

    Without ``both`` git's is left out (empty): where the sha256 is promised, it would only cost time.
    """

    def __init__(self, size: int, *, both: bool = True) -> None:
        self._sha256 = hashlib.sha256()
        head = f"blob {size}\0".encode()
        self._git = hashlib.sha1(head, usedforsecurity=False) if both else None

    def update(self, chunk: bytes) -> None:
        """The next bytes."""
        self._sha256.update(chunk)
        if self._git is not None:
            self._git.update(chunk)

    def digests(self) -> Digests:
        """Of everything so far."""
        return Digests(self._sha256.hexdigest(), self._git.hexdigest() if self._git else "")

    def read(self, path: Path, cancelled: Callable[[], bool]) -> None:
        """Take in a whole file. Raises OSError, Cancelled."""
        for _ in self.blocks(path, cancelled):
            pass

    def blocks(self, path: Path, cancelled: Callable[[], bool]) -> Iterator[int]:
        """As ``read``, and says after each block how much was read."""
        done = 0
        with path.open("rb") as handle:
            while chunk := handle.read(_BLOCK):
                if cancelled():
                    raise Cancelled
                self.update(chunk)
                done += len(chunk)
                yield done


def digests_of(path: Path, cancelled: Callable[[], bool] = lambda: False) -> Digests:
    """Hash a file; git's hash only where the name does not promise a sha256. Raises OSError, Cancelled."""
    hasher = Hasher(path.stat().st_size, both=len(path.name) != SHA256_SIGNS)
    hasher.read(path, cancelled)
    return hasher.digests()


class HashMemory:
    """Hashes of files by path, size and time of change; ``file`` None forgets at the end."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._known: dict[str, list[Any]] = {}
        self._changed = False
        try:
            data = json.loads(file.read_text(encoding="utf-8")) if file else {}
        except (OSError, ValueError):
            data = {}
        if isinstance(data, dict):
            self._known = {k: v for k, v in data.items() if isinstance(v, list) and len(v) == 4}

    def get(self, path: Path) -> Digests | None:
        """The hashes, if the file is as it was when they were made."""
        try:
            state = path.stat()
        except OSError:
            return None
        row = self._known.get(str(path))
        if row is None or row[:2] != [state.st_size, state.st_mtime_ns]:
            return None
        return Digests(str(row[2]), str(row[3]))

    def put(self, path: Path, digests: Digests) -> None:
        """Remember what was just computed. Raises OSError."""
        state = path.stat()
        row = [state.st_size, state.st_mtime_ns, digests.sha256, digests.git_sha1]
        self._known.pop(str(path), None)
        self._known[str(path)] = row
        self._changed = True

    def of(self, path: Path, cancelled: Callable[[], bool] = lambda: False) -> Digests:
        """The hashes, computed if need be. Raises OSError, Cancelled."""
        known = self.get(path)
        if known is None:
            known = digests_of(path, cancelled)
            self.put(path, known)
        return known

    def save(self) -> None:
        """Write it; that it cannot be written costs time later, nothing else."""
        if self._file is None or not self._changed:
            return
        temporary = self._file.with_name(f"{self._file.name}.{os.getpid()}.tmp")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            kept = dict(list(self._known.items())[-_KEPT:])
            temporary.write_text(json.dumps(kept), encoding="utf-8")
            temporary.replace(self._file)
        except OSError:
            return
        self._changed = False
