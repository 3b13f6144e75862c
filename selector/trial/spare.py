# SPDX-License-Identifier: Apache-2.0
"""A worker that imports its engine while the user still chooses, so that nobody waits for the imports.

Importing PyTorch and transformers takes seconds; loading a small model takes less than one. At most one
spare is kept, and not for ever: it holds some 400 MB.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from selector.errors import PetitError
from selector.worker.client import WorkerClient

ENGINE = "torch"
"""The one engine whose imports are worth it; the others are there in less than a second."""
IDLE_S = 600.0
SPARE_BYTES = 3_000_000_000
"""Memory that must be free for a worker that may not be needed."""


class SpareWorker:
    """Thread-safe. Never raises: without a spare, a worker is started as ever."""

    def __init__(
        self, start: Callable[[str], WorkerClient] = WorkerClient, idle_s: float = IDLE_S
    ) -> None:
        self._start = start
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._worker: WorkerClient | None = None
        self._timer: threading.Timer | None = None

    def warm(self) -> None:
        """Start the spare unless there is one. Returns before its imports are done."""
        with self._lock:
            if self._worker is not None and self._worker.alive:
                return
            self._drop()
            try:
                worker = self._start("model")
                worker.submit("warm", {"engine": ENGINE})
            except (OSError, PetitError):
                return
            self._worker = worker
            self._timer = threading.Timer(self._idle_s, self.close)
            self._timer.daemon = True
            self._timer.start()

    def take(self) -> WorkerClient | None:
        """The spare, which belongs to the caller from now on; its clock starts now. None without one.

        One whose imports are not done is ahead all the same: what it is asked waits for them.
        """
        with self._lock:
            worker, self._worker = self._worker, None
            self._drop()
        if worker is None:
            return None
        if not worker.alive:
            worker.close(patience_s=0.0)
            return None
        worker.started = time.monotonic()
        return worker

    def close(self) -> None:
        """End the spare."""
        with self._lock:
            self._drop()

    def _drop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        worker, self._worker, self._timer = self._worker, None, None
        if worker is not None:
            worker.kill()
            worker.close(patience_s=0.0)
