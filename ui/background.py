# SPDX-License-Identifier: Apache-2.0
"""Blocking calls off the window's thread; results, errors and progress come back on it.

Only this module talks across threads. Progress is collected and delivered thirty times a second:
one signal for each token would freeze the window.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from selector.errors import Cancelled, PetitError

_log = logging.getLogger("selector.ui")
FLUSH_MS = 33
BUDGET = 400
"""Progress items delivered in one flush; the rest waits for the next, so that no flush takes long."""


@dataclass(slots=True, eq=False)
class Job:
    """A call under way. ``cancel`` may be called at any time, from the window's thread."""

    name: str
    stop: threading.Event
    on_done: Callable[[Any], None] | None
    on_error: Callable[[PetitError], None] | None
    on_progress: Callable[[list[Any]], None] | None
    on_cancelled: Callable[[], None] | None
    running: bool = True
    dropped: bool = False
    begun: float = field(default_factory=time.monotonic)

    def cancel(self) -> None:
        """Ask the call to stop; ``on_cancelled`` follows."""
        self.stop.set()

    def drop(self) -> None:
        """Stop, and call nobody back: the page that asked is gone or asks anew."""
        self.dropped = True
        self.stop.set()


class Background(QObject):
    """Runs jobs on daemon threads and delivers what they give on the window's thread.

    Signals:
        busy_changed: a job began or ended.
        job_ended: a job that somebody waited for, how (``done``, ``error``, ``cancelled``), and after how
            many seconds.
    """

    busy_changed = Signal()
    job_ended = Signal(object, str, float)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._arrived: deque[tuple[Job, str, Any]] = deque()
        self._jobs: set[Job] = set()
        self._timer = QTimer(self)
        self._timer.setInterval(FLUSH_MS)
        self._timer.timeout.connect(self._flush)

    def run(
        self,
        name: str,
        call: Callable[[Callable[[], bool], Callable[[Any], None]], Any],
        *,
        on_done: Callable[[Any], None] | None = None,
        on_error: Callable[[PetitError], None] | None = None,
        on_progress: Callable[[list[Any]], None] | None = None,
        on_cancelled: Callable[[], None] | None = None,
    ) -> Job:
        """Call ``call(cancelled, progress)`` on a thread of its own.

        ``on_progress`` gets lists of whatever the call passed to ``progress``, in order, before the
        one final callback. An unexpected exception arrives as a PetitError and is logged in full.
        """
        job = Job(name, threading.Event(), on_done, on_error, on_progress, on_cancelled)
        self._jobs.add(job)

        def work() -> None:
            try:
                result = call(
                    job.stop.is_set, lambda item: self._arrived.append((job, "progress", item))
                )
            except Cancelled:
                self._arrived.append((job, "cancelled", None))
            except PetitError as error:
                self._arrived.append((job, "error", error))
            except Exception as error:  # noqa: BLE001 - a bug must reach the user as a sentence, not end a thread
                _log.exception("job %s failed", name)
                problem = PetitError(detail=f"{type(error).__name__}: {error}")
                self._arrived.append((job, "error", problem))
            else:
                self._arrived.append((job, "done", result))

        threading.Thread(target=work, name=f"petit-{name}", daemon=True).start()
        self._timer.start()
        self.busy_changed.emit()
        return job

    @property
    def busy(self) -> list[str]:
        """Names of the jobs under way."""
        return sorted(job.name for job in self._jobs)

    def cancel_all(self) -> None:
        """Ask every job to stop; each calls back as usual."""
        for job in list(self._jobs):
            job.cancel()

    def stop_all(self) -> None:
        """Ask every job to stop and call nobody back."""
        for job in list(self._jobs):
            job.drop()

    def _flush(self) -> None:
        progress: dict[int, tuple[Job, list[Any]]] = {}
        ended: list[tuple[Job, str, Any]] = []
        for _ in range(min(BUDGET, len(self._arrived))):
            job, kind, value = self._arrived.popleft()
            if kind == "progress":
                progress.setdefault(id(job), (job, []))[1].append(value)
            else:
                ended.append((job, kind, value))
        for job, items in progress.values():
            if job.on_progress and not job.dropped:
                job.on_progress(items)
        for job, kind, value in ended:
            job.running = False
            self._jobs.discard(job)
            self._finish(job, kind, value)
            if not job.dropped:
                self.job_ended.emit(job, kind, time.monotonic() - job.begun)
        if ended:
            self.busy_changed.emit()
        if not self._jobs and not self._arrived:
            self._timer.stop()

    @staticmethod
    def _finish(job: Job, kind: str, value: Any) -> None:
        if job.dropped:
            return
        if kind == "done" and job.on_done:
            job.on_done(value)
        elif kind == "error" and job.on_error:
            job.on_error(value)
        elif kind == "cancelled" and job.on_cancelled:
            job.on_cancelled()
