# SPDX-License-Identifier: Apache-2.0
"""One file on its way: its part, the pieces that connections take of it, how it ends."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from selector.engines.facts import FileFact
from selector.hub.growth import MOST
from selector.hub.journal import Note
from selector.hub.locking import BlobLock
from selector.hub.part import Part

SMALL_BYTES = 8 << 20
"""A file up to this size is one piece, and several of them are fetched at the same time."""
_LEAST_PIECE, _MOST_PIECE = 8 << 20, 64 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """One file of one commit, as promised."""

    repo: str
    revision: str
    file: FileFact


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes from ``start`` up to ``stop`` of a file, for one connection."""

    start: int
    stop: int


class Job:
    """Not safe for threads: the fetcher has the lock."""

    def __init__(self, source: Source, part: Path, blob: Path) -> None:
        self.source, self.path, self.blob = source, part, blob
        self.lock = BlobLock(part)
        self.part: Part | None = None
        self.at: str | None = None
        """The signed address that the Hub sent us to, as long as it is honoured."""
        self.whole_only = False
        """The server ignores ranges: one connection, from the first byte to the last."""
        self.active = 0
        self.damaged = 0
        self.found = False
        """Somebody else has brought the blob meanwhile; it is to be checked."""
        self.done = False
        self.claimed = False
        """Somebody judges what came; nobody else may."""
        self._pieces: list[Piece] = []

    @property
    def size(self) -> int:
        """Bytes promised."""
        return self.source.file.size

    @property
    def small(self) -> bool:
        """Whether it is fetched in one piece."""
        return self.size <= SMALL_BYTES

    @property
    def have(self) -> int:
        """Bytes that are here."""
        if self.done:
            return self.size
        return self.part.have if self.part is not None else 0

    @property
    def complete(self) -> bool:
        """Every byte is here and nobody writes any more."""
        return self.part is not None and self.active == 0 and self.part.complete

    def claim(self) -> bool:
        """Whether it is for the caller to judge what came; nobody else may then.

        Not what is being fetched anew: who found it whole a moment ago comes too late.
        """
        if self.claimed or self.done or not self.complete:
            return False
        self.claimed = True
        return True

    def open(self) -> Part:
        """The part, opened at the first call. Raises OSError."""
        if self.part is None:
            file = self.source.file
            note = Note(self.source.repo, self.source.revision, file.path, file.size)
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.part = Part(self.path, note, both_hashes=file.sha256 is None)
            self.refill()
        return self.part

    def refill(self) -> None:
        """All that is missing is to be fetched again by somebody."""
        assert self.part is not None
        self._pieces = [Piece(*gap) for gap in self.part.missing()]

    @property
    def waiting(self) -> bool:
        """Whether there is a piece to take (for all we know before it is opened)."""
        if self.done or self.found or (self.whole_only and self.active):
            return False
        return self.part is None or bool(self._pieces)

    def take(self) -> Piece | None:
        """The next piece: large ones first, so that all connections end at about the same time."""
        if not self.waiting or not self._pieces:
            return None
        first = self._pieces.pop(0)
        left = first.stop - first.start + sum(piece.stop - piece.start for piece in self._pieces)
        length = min(max(left // (2 * MOST), _LEAST_PIECE), _MOST_PIECE)
        if self.small or self.whole_only or first.stop - first.start <= length + _LEAST_PIECE // 2:
            return first
        self._pieces.insert(0, Piece(first.start + length, first.stop))
        return Piece(first.start, first.start + length)

    def give_back(self, piece: Piece) -> None:
        """What is left of a piece whose connection ended early."""
        if piece.start < piece.stop:
            self._pieces.insert(0, piece)

    def begin_anew(self) -> None:
        """Nothing of what came is of use. Raises OSError."""
        assert self.part is not None
        self.part.restart()
        self.refill()
        self.claimed = False

    def claim_all(self) -> None:
        """Nobody else may take a piece."""
        self._pieces.clear()

    def close(self) -> None:
        """Keep what came, and let others have the file."""
        if self.part is not None and not self.done:
            self.part.close()
        self.lock.release()
