# SPDX-License-Identifier: Apache-2.0
"""Fetches files over several connections at once: small files beside each other, large ones in ranges.

Connections are threads that take pieces. The calling thread reports, watches the disk and can be
cancelled at any time; a connection that hangs then is left behind, ends at its own time limit, and
writes nothing any more. Hashing has a thread of its own and follows the bytes as they come; a small
file is hashed by the connection that brought it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from selector.errors import (
    Cancelled,
    DamagedFile,
    DownloadInterrupted,
    HubBusy,
    HubProblem,
    HubUnreachable,
    NotEnoughDisk,
)
from selector.hub.attempts import Attempts
from selector.hub.client import HubClient
from selector.hub.growth import MOST, Growth
from selector.hub.hashes import Digests, digests_of
from selector.hub.job import Job, Piece
from selector.hub.layout import adopt
from selector.hub.patience import Patience
from selector.hub.progress import Meter
from selector.hub.storage import RESERVE_BYTES, storage_problem

_CONNECTIONS = 8
"""As many as huggingface_hub's own client opens; ranges of large files get MOST of them at the most."""
_POLL_S = 0.04
_LOCK_POLL_S = 0.2
_DISK_EVERY_S = 1.0
_ADOPTED_S = 2.0
_LEFT_BEHIND_S = 0.2


class _Ended(Exception):
    """The fetcher was stopped while a connection was at work."""


class Fetcher:
    """Brings the files of one download to their blobs, verified.

    ``before`` bytes of the download are here already; ``finished`` is called for each file, on some
    thread, when its blob is there, and told whether we have fetched it.
    """

    def __init__(
        self,
        client: HubClient,
        jobs: Sequence[Job],
        meter: Meter,
        finished: Callable[[Job, Digests, bool], None],
        *,
        before: int = 0,
        patience: Patience | None = None,
    ) -> None:
        self._client, self._jobs, self._meter = client, list(jobs), meter
        self._finished, self._before = finished, before
        self._patience = patience or Patience()
        self._changed = threading.Condition()
        self._growth = Growth()
        self._problem: Exception | None = None
        self._stopped = False
        self._fruitless = 0
        self._round = 0
        self._attempts = Attempts(client.timeout_s)
        self.received = 0
        """Bytes that came over the network."""

    # -- the calling thread -------------------------------------------------------------------------
    def run(self, cancelled: Callable[[], bool], free: Callable[[Path], int]) -> None:
        """Fetch everything.

        Raises HubProblem, DamagedFile, DownloadInterrupted, NotEnoughDisk, Cancelled. What came is
        kept in the parts, unless it is damaged.
        """
        count = min(_CONNECTIONS, len(self._jobs))
        if not all(job.small for job in self._jobs):
            count = max(count, MOST)
        hashing = threading.Thread(target=self._hash, daemon=True, name="hashing")
        connections = [
            threading.Thread(target=self._connect, daemon=True, name="connection")
            for _ in range(count)
        ]
        for thread in (*connections, hashing):
            thread.start()
        looked = time.monotonic()
        try:
            while True:
                with self._changed:
                    self._changed.wait(_POLL_S)
                    if self._problem is not None:
                        raise self._problem
                    if all(job.done for job in self._jobs):
                        return
                if cancelled():
                    raise Cancelled
                self._report()
                if time.monotonic() - looked >= _DISK_EVERY_S:
                    looked = time.monotonic()
                    self._watch_disk(free)
        finally:
            self._stop(connections, hashing)

    def _stop(self, connections: list[threading.Thread], hashing: threading.Thread) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        hashing.join(_ADOPTED_S)  # a part that is just becoming a blob
        until = time.monotonic() + _LEFT_BEHIND_S
        for thread in connections:
            thread.join(max(0.0, until - time.monotonic()))
        with self._changed:  # nor may anybody else take a small file that is just becoming one
            self._changed.wait_for(
                lambda: not any(job.claimed and not job.done for job in self._jobs), _ADOPTED_S
            )
        for job in self._jobs:
            job.close()

    def _report(self) -> None:
        now = time.monotonic()
        with self._changed:
            done = self._before + sum(job.have for job in self._jobs)
            working = [job for job in self._jobs if job.active]
            unfinished = [job for job in self._jobs if not job.done]
            large = sum(job.active for job in self._jobs if not job.small)
            self._growth.observe(now, self.received, large >= self._growth.allowed)
            self._changed.notify_all()
            state, wait = self._attempts.state(now, working=bool(working))
        if state == "fetching" and unfinished and not working:
            shared = all(job.part is None for job in unfinished)
            state = "sharing" if shared else "checking"
        named = max(working or unfinished or self._jobs, key=lambda job: job.size)
        self._meter.at(
            named.source.file.path,
            done,
            state=state,
            wait_s=wait,
            connections=sum(job.active for job in working),
        )

    def _watch_disk(self, free: Callable[[Path], int]) -> None:
        left = sum(job.size - job.have for job in self._jobs)
        for job in self._jobs[:1]:
            for place in (job.path.parent, job.blob.parent):
                have = free(place)
                if have < min(RESERVE_BYTES, left):
                    raise NotEnoughDisk(need_bytes=left, have_bytes=have, path=str(place))

    def _fail(self, error: Exception) -> None:
        with self._changed:
            self._problem = self._problem or error
            self._changed.notify_all()

    # -- connections --------------------------------------------------------------------------------
    def _connect(self) -> None:
        try:
            while (taken := self._next()) is not None:
                self._fetch(*taken)
        except _Ended:
            return
        except OSError as error:
            left = sum(job.size - job.have for job in self._jobs)
            self._fail(storage_problem(error, self._jobs[0].path, left))
        except Exception as error:  # noqa: BLE001  (raised again on the calling thread)
            self._fail(error)

    def _next(self) -> tuple[Job, Piece] | None:
        """A piece to fetch, as soon as there is one for this connection; None at the end."""
        while True:
            with self._changed:
                if self._stopped or all(job.done for job in self._jobs):
                    return None
                pause = self._attempts.not_before - time.monotonic()
                if pause <= 0 and (found := self._choose()) is not None:
                    if not any(job.active for job in self._jobs):
                        self._attempts.begun(time.monotonic())
                    found[0].active += 1
                    return found
                self._changed.wait(min(max(pause, _POLL_S), _LOCK_POLL_S))

    def _choose(self) -> tuple[Job, Piece] | None:
        large = sum(job.active for job in self._jobs if not job.small)
        ready = [job for job in self._jobs if job.waiting]
        small = [job for job in ready if job.small]
        big = [job for job in ready if not job.small] if large < self._growth.allowed else []
        for job in (*(big if not large else ()), *small, *big):
            if job.part is None and not self._opened(job):
                continue
            if (piece := job.take()) is not None:
                return job, piece
        return None

    def _opened(self, job: Job) -> bool:
        """Whether the file is ours to write; another process that has it may finish it for us."""
        if not job.lock.take():
            return False
        if job.blob.is_file():
            job.found = True  # read on the hashing thread: nobody may wait for it here
            return False
        job.open()
        return True

    def _check_found(self, job: Job) -> None:
        digests = digests_of(job.blob, lambda: self._stopped)
        if digests.keeps(job.source.file):
            self._conclude(job, digests, mine=False)
        else:
            job.blob.unlink()
            job.found = False

    def _fetch(self, job: Job, piece: Piece) -> None:
        """One attempt at a piece; what it leaves goes back."""
        part, at, begun = job.part, piece.start, self._round
        assert part is not None
        problem: HubProblem | None = None
        try:
            at = self._receive(job, piece)
        except (HubUnreachable, HubBusy) as error:
            problem = error
        with self._changed:
            if self._stopped:
                raise _Ended
            at = max(at, self._reached(job, piece))
            job.active -= 1
            if job.whole_only and job.active == 0 and not part.complete:
                job.refill()
            elif not job.whole_only:
                job.give_back(Piece(at, piece.stop))
            if at < piece.stop:
                self._pause_after(job, problem, at > piece.start, begun)
            else:
                self._fruitless = 0
            self._changed.notify_all()
        # Many small files: their hashes and the disk's patience are shared by the connections.
        if job.small and part.complete and self._claims(job):
            while part.hash_more():
                pass
            if part.hashed >= job.size:
                self._judge(job)

    def _claims(self, job: Job) -> bool:
        """Whether it is for the caller to judge what came."""
        with self._changed:
            return not self._stopped and job.claim()

    def _reached(self, job: Job, piece: Piece) -> int:
        """How far a piece has come, whatever ended it."""
        assert job.part is not None
        gaps = job.part.missing()
        return next((max(a, piece.start) for a, b in gaps if b > piece.start), piece.stop)

    def _pause_after(
        self, job: Job, problem: HubProblem | None, progressed: bool, begun: int
    ) -> None:
        job.at = None  # a signed address may have expired: ask for a new one
        self._growth.trouble()
        if progressed:
            self._fruitless = 0
        elif begun == self._round:  # connections that fail together have failed once
            self._fruitless += 1
            self._round += 1
        pause = self._patience.pause(problem, self._fruitless)
        if pause is None:
            if isinstance(problem, HubBusy):
                raise problem
            reason = problem.facts.get("reason", problem.code) if problem else "nothing came"
            raise DownloadInterrupted(
                repo=job.source.repo,
                file=job.source.file.path,
                have_bytes=job.have,
                reason=reason,
            ) from problem
        asked = isinstance(problem, HubBusy)
        self._attempts.failed(time.monotonic(), pause, asked=asked)

    def _receive(self, job: Job, piece: Piece) -> int:
        source, at = job.source, piece.start
        part = job.part
        assert part is not None
        whole = piece.stop == job.size
        with self._client.body(
            source.repo,
            source.revision,
            source.file.path,
            at,
            None if whole else piece.stop,
            address=job.at,
        ) as body:
            job.at = body.address
            if body.start != at:
                return self._from_the_start(job, piece, body.chunks)
            span = part.span(at)
            for chunk in body.chunks:
                # Whatever is beyond the promised size is not the promised file: the hash says so.
                chunk = chunk[: piece.stop - at]
                self._write(job, span, chunk)
                at += len(chunk)
                if at >= piece.stop:
                    break
                if job.whole_only:
                    break  # somebody found out that this server sends whole files only
        return at

    def _from_the_start(self, job: Job, piece: Piece, chunks: object) -> int:
        """The server ignores ranges: from now on one connection, and the whole file."""
        with self._changed:
            job.whole_only = True
            if job.active > 1:
                return piece.start
            job.begin_anew()
            job.claim_all()
        part, at = job.part, 0
        assert part is not None
        span = part.span(0)
        for chunk in chunks:  # type: ignore[attr-defined]
            chunk = chunk[: job.size - at]
            self._write(job, span, chunk)
            at += len(chunk)
            if at >= job.size:
                break
        return piece.stop if part.complete else piece.start

    def _write(self, job: Job, span: int, chunk: bytes) -> None:
        assert job.part is not None
        if not job.part.write(span, chunk):
            raise _Ended
        with self._changed:
            self.received += len(chunk)
            self._attempts.came(time.monotonic())

    # -- hashing ------------------------------------------------------------------------------------
    def _hash(self) -> None:
        try:
            while not self._stopped and not all(job.done for job in self._jobs):
                busy = False
                for job in self._jobs:
                    if job.found and not job.done:
                        self._check_found(job)
                    if job.part is None or job.done or job.claimed:
                        continue
                    while job.part.hash_more():
                        busy = True
                        if self._stopped:
                            return
                    if job.complete and job.part.hashed >= job.size and self._claims(job):
                        self._judge(job)
                        busy = True
                if not busy:
                    with self._changed:
                        self._changed.wait(_POLL_S)
        except Cancelled:
            return
        except OSError as error:
            if not self._stopped:
                self._fail(storage_problem(error, self._jobs[0].path, 0))
        except Exception as error:  # noqa: BLE001  (raised again on the calling thread)
            self._fail(error)

    def _judge(self, job: Job) -> None:
        """All bytes are here: the promised ones become a blob, others are fetched once more."""
        assert job.part is not None
        digests = job.part.digests()
        if not digests.keeps(job.source.file):
            with self._changed:
                job.begin_anew()
                job.at, job.damaged = None, job.damaged + 1
                if job.damaged > 1:
                    job.claim_all()
                    raise DamagedFile(repo=job.source.repo, file=job.source.file.path)
            return
        job.part.settle()
        adopt(job.path, job.blob)
        job.part.forget_journal()
        self._conclude(job, digests, mine=True)

    def _conclude(self, job: Job, digests: Digests, *, mine: bool) -> None:
        self._finished(job, digests, mine)
        with self._changed:
            job.done = True
            job.lock.release()
            self._changed.notify_all()
