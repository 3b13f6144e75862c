# SPDX-License-Identifier: Apache-2.0
"""One file, received into a ``.part`` that survives crashes and goes on where it stopped."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from selector.engines.facts import FileFact
from selector.errors import (
    DamagedFile,
    DownloadInterrupted,
    HubAnswerBad,
    HubBusy,
    HubProblem,
    HubUnreachable,
    NotEnoughDisk,
)
from selector.hub.client import HubClient
from selector.hub.hashes import Digests, Hasher, digests_of
from selector.hub.layout import adopt
from selector.hub.waiting import received, sleep

_FRUITLESS = 5
"""Attempts in a row that brought no byte before giving up."""
_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 8.0
_LONGEST_ASKED_S = 30.0


@dataclass(frozen=True, slots=True)
class Source:
    """One file of one commit, as promised."""

    repo: str
    revision: str
    file: FileFact


@contextmanager
def _alone(part: Path, cancelled: Callable[[], bool]) -> Iterator[None]:
    """For one process at a time; another one that fetches the same file is waited for."""
    lock = part.parent / "locks" / part.stem
    lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with lock.open("ab") as handle:
        while not _locked(handle):
            sleep(0.2, cancelled)
        yield  # closing unlocks, and so does dying


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


class _Part:
    """The bytes on disk, and the hash of them."""

    def __init__(self, handle: IO[bytes], path: Path, size: int) -> None:
        self._handle, self._path, self._size = handle, path, size
        self.hasher = Hasher(size)
        self.have = 0

    def resume(self, cancelled: Callable[[], bool]) -> None:
        """Hash what is there already; more than the whole is worth nothing."""
        self.have = self._path.stat().st_size
        if self.have > self._size:
            self.restart()
        self.hasher = Hasher(self._size)
        self.hasher.read(self._path, cancelled)

    def restart(self) -> None:
        self._handle.truncate(0)
        self.hasher = Hasher(self._size)
        self.have = 0

    def add(self, chunk: bytes) -> None:
        view = memoryview(chunk)
        while view:  # an unbuffered write may take only a part
            view = view[self._handle.write(view) :]
        self.hasher.update(chunk)
        self.have += len(chunk)

    def settle(self) -> None:
        os.fsync(self._handle.fileno())


def fetch(
    client: HubClient,
    source: Source,
    part: Path,
    blob: Path,
    report: Callable[[int], None],
    cancelled: Callable[[], bool],
) -> Digests:
    """Bring the whole, verified content to ``blob``; ``report`` gets the bytes there so far.

    Raises HubProblem, DamagedFile, DownloadInterrupted, NotEnoughDisk, Cancelled. Except for a
    damaged file, what came is kept in ``part``.
    """
    try:
        with _alone(part, cancelled):
            if blob.is_file():  # another process was faster
                found = digests_of(blob, cancelled)
                if found.keeps(source.file):
                    return found
            with part.open("a+b", buffering=0) as handle:
                digests = _fetch(
                    client, source, _Part(handle, part, source.file.size), report, cancelled
                )
            adopt(part, blob)
            return digests
    except OSError as error:
        raise storage_problem(error, part, source.file.size) from error


def _fetch(
    client: HubClient,
    source: Source,
    part: _Part,
    report: Callable[[int], None],
    cancelled: Callable[[], bool],
) -> Digests:
    part.resume(cancelled)
    for last in (False, True):
        report(part.have)
        _fill(client, source, part, report, cancelled)
        digests = part.hasher.digests()
        if digests.keeps(source.file):
            part.settle()
            return digests
        part.restart()
        if last:
            break
    raise DamagedFile(repo=source.repo, file=source.file.path)


def _fill(
    client: HubClient,
    source: Source,
    part: _Part,
    report: Callable[[int], None],
    cancelled: Callable[[], bool],
) -> None:
    """Attempt after attempt until the part has its whole length."""
    fruitless = 0
    while part.have < source.file.size:
        before, problem = part.have, None
        try:
            _receive(client, source, part, report, cancelled)
        except (HubUnreachable, HubBusy) as error:
            problem = error
        if part.have == source.file.size:
            return
        fruitless = 0 if part.have > before else fruitless + 1
        if fruitless >= _FRUITLESS:
            raise _given_up(source, part.have, problem) from problem
        sleep(_wait(problem, fruitless), cancelled)


def _receive(
    client: HubClient,
    source: Source,
    part: _Part,
    report: Callable[[int], None],
    cancelled: Callable[[], bool],
) -> None:
    name, size = source.file.path, source.file.size
    start = part.have
    for offset, chunk in received(
        lambda: client.body(source.repo, source.revision, name, start), cancelled
    ):
        if offset != part.have:
            if offset:
                raise HubAnswerBad(reason="offset", repo=source.repo, file=name)
            part.restart()  # the server ignores ranges and began anew
        # Whatever is beyond the promised size is not the promised file: the hash will say so.
        part.add(chunk[: size - part.have])
        report(part.have)
        if part.have >= size:
            return


def _wait(problem: HubProblem | None, fruitless: int) -> float:
    asked = problem.facts.get("retry_after_s") if problem else None
    if asked is not None:
        if asked > _LONGEST_ASKED_S and problem is not None:
            raise problem
        return float(asked)
    return float(min(_PAUSE_S * 2**fruitless, _LONGEST_PAUSE_S)) if fruitless else 0.0


def _given_up(source: Source, have: int, problem: HubProblem | None) -> DownloadInterrupted:
    reason = problem.facts.get("reason", problem.code) if problem else "nothing came"
    return DownloadInterrupted(
        repo=source.repo, file=source.file.path, have_bytes=have, reason=reason
    )


def storage_problem(error: OSError, place: Path, need: int) -> NotEnoughDisk | DownloadInterrupted:
    """What an error of the file system means."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return NotEnoughDisk(need_bytes=need, have_bytes=free_bytes(place), path=str(place.parent))
    return DownloadInterrupted(reason=error.strerror or type(error).__name__, path=str(place))


def free_bytes(place: Path) -> int:
    """Free bytes where ``place`` is or will be."""
    while not place.exists() and place != place.parent:
        place = place.parent
    return shutil.disk_usage(place).free
