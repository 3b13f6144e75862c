# SPDX-License-Identifier: Apache-2.0
"""The journal beside a part: whose it is, and which ranges of it were written.

A head of 8192 bytes (JSON, filled up with spaces), then slots of 16 bytes: where a range starts and
how far it came. A slot is rewritten in place after each write to the part. A killed process loses the
last chunk of each connection at the most, because the system keeps what was written. Nothing is forced
to the disk on the way: after a power cut the journal may promise more than the part holds, which the
hash of the whole notices; then the file is fetched anew.
"""

from __future__ import annotations

import json
import os
import struct
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from selector.hub import ranges

HEAD_BYTES = 8192
_SLOT = struct.Struct("<QQ")
_SLOTS = 4096
SUFFIX = ".journal"


@dataclass(frozen=True, slots=True)
class Note:
    """What a part will be: a file of a commit, and its size in bytes."""

    repo: str
    revision: str
    path: str
    size: int


def journal_of(part: Path) -> Path:
    """Where the journal of a part is."""
    return part.with_suffix(SUFFIX)


def read_note(part: Path) -> Note | None:
    """Whose part this is; None when nothing readable says so."""
    try:
        with journal_of(part).open("rb") as handle:
            return _note(handle.read(HEAD_BYTES))
    except OSError:
        return None


def _note(head: bytes) -> Note | None:
    try:
        data: Any = json.loads(head)
        return Note(str(data["repo"]), str(data["revision"]), str(data["path"]), int(data["size"]))
    except (ValueError, KeyError, TypeError):
        return None


def written(part: Path, size: int) -> list[tuple[int, int]]:
    """The ranges of ``part`` that are here, as far as file and journal agree.

    A part without a journal is one range from its first byte on.
    """
    try:
        length = min(part.stat().st_size, size)
    except OSError:
        return []
    try:
        raw = journal_of(part).read_bytes()
    except OSError:
        return ranges.union([(0, length)], size)
    note = _note(raw[:HEAD_BYTES])
    if note is None or note.size != size:
        return []
    slots = raw[HEAD_BYTES : HEAD_BYTES + _SLOTS * _SLOT.size]
    slots = slots[: len(slots) // _SLOT.size * _SLOT.size]
    return ranges.union(_SLOT.iter_unpack(slots), length)


class Journal:
    """The open journal of one part. Not safe for threads: the part has the lock."""

    def __init__(self, part: Path, note: Note, spans: list[tuple[int, int]]) -> None:
        self._path = journal_of(part)
        temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}.tmp")
        slots = b"".join(_SLOT.pack(*span) for span in spans)
        head = json.dumps(asdict(note), ensure_ascii=False).encode().ljust(HEAD_BYTES)
        temporary.write_bytes(head[:HEAD_BYTES] + slots)
        temporary.replace(self._path)
        self._handle: IO[bytes] = self._path.open("r+b", buffering=0)

    def put(self, slot: int, start: int, stop: int) -> None:
        """Slot number ``slot`` now reaches to ``stop``. Raises OSError."""
        self._handle.seek(HEAD_BYTES + slot * _SLOT.size)
        self._handle.write(_SLOT.pack(start, stop))

    def close(self) -> None:
        """Leave it for the next time."""
        self._handle.close()

    def delete(self) -> None:
        """The part is finished or worth nothing."""
        self._handle.close()
        self._path.unlink(missing_ok=True)
