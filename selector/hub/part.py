# SPDX-License-Identifier: Apache-2.0
"""A file being received: ranges in any order on disk, and the hash of what is there without a hole."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import IO

from selector.hub import ranges
from selector.hub.hashes import Digests, Hasher
from selector.hub.journal import Journal, Note, written

_HASH_BLOCK = 1 << 20


class Part:
    """Open for writing by several connections at once. Every method may raise OSError.

    ``close`` is final: a connection that is left behind writes nothing any more.
    """

    def __init__(self, path: Path, note: Note, *, both_hashes: bool) -> None:
        self.path, self.size = path, note.size
        self._note, self._both = note, both_hashes
        self._lock = threading.Lock()
        self._hashing = threading.Lock()  # taken before the other one
        self._open = True
        kept = written(path, note.size)
        mode = "r+b" if path.exists() else "w+b"
        self._handle: IO[bytes] = path.open(mode, buffering=0)
        self._spans: list[list[int]] = []
        self._begin(kept)

    def _begin(self, kept: list[tuple[int, int]]) -> None:
        self._spans = [list(span) for span in kept]
        self._journal = Journal(self.path, self._note, kept)
        self._hasher = Hasher(self.size, both=self._both)
        self.hashed = 0

    @property
    def have(self) -> int:
        """Bytes that are here. Exact while no two ranges overlap, which ``missing`` sees to."""
        return sum(stop - start for start, stop in list(self._spans))

    @property
    def complete(self) -> bool:
        """Whether every byte is here."""
        return self.have >= self.size

    def missing(self) -> list[tuple[int, int]]:
        """The ranges to fetch, in order."""
        with self._lock:
            return ranges.gaps(((start, stop) for start, stop in self._spans), self.size)

    def span(self, start: int) -> int:
        """A number for the range that a connection is about to write from ``start`` on."""
        with self._lock:
            for number, span in enumerate(self._spans):
                if span[1] == start:
                    return number
            self._spans.append([start, start])
            return len(self._spans) - 1

    def write(self, span: int, chunk: bytes) -> bool:
        """Append to a range; False when the part was closed and nothing was written."""
        with self._lock:
            if not self._open:
                return False
            place = self._spans[span]
            self._handle.seek(place[1])
            view = memoryview(chunk)
            while view:  # an unbuffered write may take only a part
                view = view[self._handle.write(view) :]
            place[1] += len(chunk)
            self._journal.put(span, place[0], place[1])
            return True

    def hash_more(self) -> bool:
        """Hash the next block that is there without a hole; whether there was one."""
        with self._hashing:
            with self._lock:
                if not self._open:
                    return False
                stop = ranges.prefix(((a, b) for a, b in self._spans), self.size)
            length = min(_HASH_BLOCK, stop - self.hashed)
            if length <= 0:
                return False
            # Read back from the system's cache: that costs less than keeping ranges in memory until
            # the ones before them have come.
            with self.path.open("rb", buffering=0) as handle:
                handle.seek(self.hashed)
                while length and (block := handle.read(length)):
                    self._hasher.update(block)
                    self.hashed += len(block)
                    length -= len(block)
            return True

    def digests(self) -> Digests:
        """Of all that was hashed."""
        return self._hasher.digests()

    def restart(self) -> None:
        """Throw away what came."""
        with self._hashing, self._lock:
            self._journal.delete()
            self._handle.truncate(0)
            self._begin([])

    def settle(self) -> None:
        """Force it to the disk and let go of it; the part is then an ordinary file."""
        with self._lock:
            self._open = False
            os.fsync(self._handle.fileno())
            self._handle.close()

    def forget_journal(self) -> None:
        """The part has become a blob."""
        self._journal.delete()

    def close(self) -> None:
        """Keep what came for the next time."""
        with self._lock:
            self._open = False
            self._handle.close()
            self._journal.close()
