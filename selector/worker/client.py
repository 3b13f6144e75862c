# SPDX-License-Identifier: Apache-2.0
"""The parent's side of a worker: start, ask, cancel, end. No Qt; callbacks come on a reader thread."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from typing import IO, Any

from selector.errors import Cancelled, PetitError, WorkerCrashed, WorkerSilent
from selector.worker.pending import OnEvent, Pending
from selector.worker.protocol import CANCEL, MAX_LINE, SHUTDOWN, Request, decode_event, encode
from selector.worker.spawn import outcome_of, spawn, worker_command, worker_environment
from selector.worker.tail import Tail

GRACE_S = 2.0


class WorkerClient:
    """One worker process. Use as a context manager, or call ``close``."""

    def __init__(
        self,
        role: str,
        environment: Mapping[str, str] | None = None,
        python: str | None = None,
    ) -> None:
        self.role = role
        self.started = time.monotonic()
        self.isolation = "unknown"
        self._ready = threading.Event()
        self._next = 1
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._pending: dict[int, Pending] = {}
        self._printed = Tail()
        self._closing = False
        self._process = spawn(worker_command(role, python), worker_environment(role, environment))
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._errors = threading.Thread(
            target=self._printed.read, args=(self._process.stderr,), daemon=True
        )
        self._errors.start()
        self._reader = threading.Thread(
            target=self._read, args=(self._process.stdout,), daemon=True
        )
        self._reader.start()

    def wait_ready(self, timeout_s: float = 60.0) -> str:
        """Wait until the process answers; how its network is closed (``isolation``).

        Raises WorkerCrashed, WorkerSilent.
        """
        if not self._ready.wait(timeout_s):
            raise WorkerSilent(seconds=timeout_s)
        if self.isolation == "unknown":
            raise self._crash()
        return self.isolation

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    # -- asking -----------------------------------------------------------------------------------
    def submit(self, op: str, args: dict[str, Any], on_event: OnEvent | None = None) -> Pending:
        """Send a request; ``on_event`` gets its progress on the reader thread.

        Raises ProtocolProblem when ``args`` fit in no line. A dead worker shows in ``Pending.wait``.
        """
        with self._lock:
            pending = Pending(Request(self._next, op, args), on_event)
            self._next += 1
            self._pending[pending.request.id] = pending
        try:
            self._write(encode(pending.request))
        except PetitError:
            with self._lock:
                self._pending.pop(pending.request.id, None)
            raise
        except (OSError, ValueError):  # the pipe is broken, or closed by us
            self._reader.join(GRACE_S)
            pending.fail(self._crash())
        return pending

    def call(
        self,
        op: str,
        args: dict[str, Any],
        on_event: OnEvent | None = None,
        cancelled: Callable[[], bool] | None = None,
        timeout_s: float | None = None,
        silence_s: float | None = None,
    ) -> dict[str, Any]:
        """Submit and wait; when ``cancelled()`` becomes true the request is cancelled.

        A worker that takes longer than ``timeout_s``, or sends nothing for ``silence_s``, is ended.

        Raises as Pending.wait. Ctrl-C cancels the request before it is raised.
        """
        pending = self.submit(op, args, on_event)
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        try:
            while not pending.poll():
                if cancelled is not None and cancelled():
                    self.cancel(pending)
                    raise Cancelled
                now = time.monotonic()
                if deadline is not None and now > deadline:
                    self.kill()
                    raise WorkerSilent(seconds=timeout_s)
                if silence_s is not None and now > pending.last_event + silence_s:
                    self.kill()
                    raise WorkerSilent(seconds=silence_s)
        except KeyboardInterrupt:
            self.cancel(pending)
            raise
        return pending.wait()

    def cancel(self, pending: Pending) -> None:
        """Ask the worker to stop; after two seconds without an end it is terminated, then killed.

        Returns at once; the ladder runs on a thread of its own.
        """
        if pending.ended:
            return
        try:
            self._write(encode(Request(0, CANCEL, {"id": pending.request.id})))
        except (OSError, ValueError):
            return

        def ladder() -> None:
            if not pending.poll(GRACE_S):
                self.terminate()
                if not pending.poll(GRACE_S):
                    self.kill()

        threading.Thread(target=ladder, daemon=True).start()

    # -- ending -----------------------------------------------------------------------------------
    def terminate(self) -> None:
        """Ask the whole process group to end."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the whole process group now."""
        self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))

    def _signal(self, number: int) -> None:
        if not self.alive:
            return
        try:
            if os.name == "nt":
                self._process.kill()
            else:
                os.killpg(self._process.pid, number)
        except (ProcessLookupError, PermissionError):
            pass

    def close(self, patience_s: float = 0.5) -> None:
        """Shut down politely, then firmly. Idempotent."""
        self._closing = True
        with contextlib.suppress(OSError, ValueError):
            self._write(encode(Request(0, SHUTDOWN)))
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(GRACE_S)
        self._reader.join(GRACE_S)
        self._errors.join(GRACE_S)
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    def __enter__(self) -> WorkerClient:  # noqa: PYI034 - Self would need typing_extensions nowhere else used
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- reading ----------------------------------------------------------------------------------
    def _write(self, line: bytes) -> None:
        assert self._process.stdin is not None
        with self._writing:  # never the reader's lock: a full pipe must not stop reading
            self._process.stdin.write(line)
            self._process.stdin.flush()

    def _read(self, stream: IO[bytes]) -> None:
        try:
            for line in iter(lambda: stream.readline(MAX_LINE + 1), b""):
                event = decode_event(line)
                if event.kind == "ready":
                    self.isolation = str(event.data.get("isolation", "open"))
                    self._ready.set()
                    continue
                with self._lock:
                    pending = (self._pending.pop if event.terminal else self._pending.get)(
                        event.id, None
                    )
                if pending is not None:
                    pending.arrive(event)
        except (PetitError, ValueError, OSError) as error:
            # A worker that breaks the protocol cannot be trusted with anything more.
            self.kill()
            problem = error if isinstance(error, PetitError) else None
            self._fail_all(problem)
            return
        if self._process.wait() != 0 and os.name != "nt":
            # What it had started must not go on without it, nor hold its pipes open.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._errors.join(GRACE_S)
        self._fail_all(None)

    def _crash(self) -> WorkerCrashed:
        code = self._process.poll()
        outcome = "ended" if code is None or self._closing else outcome_of(code)
        return WorkerCrashed(outcome=outcome, role=self.role, stderr_tail=self._printed.text())

    def _fail_all(self, error: PetitError | None) -> None:
        with self._lock:
            waiting = list(self._pending.values())
            self._pending.clear()
        self._ready.set()
        for pending in waiting:
            pending.fail(error or self._crash())
