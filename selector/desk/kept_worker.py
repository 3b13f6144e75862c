# SPDX-License-Identifier: Apache-2.0
"""A worker process that is kept for a while after it has answered: to start one takes longer than most answers."""

from __future__ import annotations

import os
import threading
from weakref import WeakKeyDictionary

from selector.worker.client import WorkerClient

KEPT_S = 60.0
_SHUT_DOWN_S = 0.2


class KeptWorker:
    """At most one idle process of a role. Safe to use from several threads.

    A process that was started in another environment (``HF_ENDPOINT``, ``HF_TOKEN``) is never handed out.
    """

    def __init__(self, role: str, kept_s: float = KEPT_S) -> None:
        self._role, self._kept_s = role, kept_s
        self._lock = threading.Lock()
        self._idle: WorkerClient | None = None
        self._born: WeakKeyDictionary[WorkerClient, dict[str, str]] = WeakKeyDictionary()
        self._timer: threading.Timer | None = None
        self._closed = False

    def take(self) -> WorkerClient:
        """The idle process, or a new one; it is the caller's until it is given back."""
        worker, here = self._pop(), dict(os.environ)
        if worker is not None and worker.alive and self._born.get(worker) == here:
            return worker
        if worker is not None:
            worker.close(_SHUT_DOWN_S)
        made = WorkerClient(self._role)
        self._born[made] = here
        return made

    def give(self, worker: WorkerClient) -> None:
        """Take back a process that has answered and does nothing; it ends in a while."""
        with self._lock:
            keep = not self._closed and self._idle is None and worker.alive
            if keep:
                self._idle = worker
                self._timer = threading.Timer(self._kept_s, self.drop)
                self._timer.daemon = True
                self._timer.start()
        if not keep:
            worker.close(_SHUT_DOWN_S)

    def drop(self) -> None:
        """End the idle process: what it was told has changed, or nobody asks any more."""
        worker = self._pop()
        if worker is not None:
            worker.close(_SHUT_DOWN_S)

    def close(self) -> None:
        """End it at once, for it does nothing; keep none any more."""
        with self._lock:
            self._closed = True
        if (worker := self._pop()) is not None:
            worker.kill()
            worker.close(_SHUT_DOWN_S)

    def _pop(self) -> WorkerClient | None:
        with self._lock:
            worker, self._idle = self._idle, None
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        return worker
