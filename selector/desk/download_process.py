# SPDX-License-Identifier: Apache-2.0
"""The one process that downloads, and what it is asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from selector.hub import results
from selector.hub.candidate import LocalModel
from selector.reference import parse_reference
from selector.store.downloads import Download
from selector.worker.client import WorkerClient

_SHUT_DOWN_S = 0.2


class DownloadProcess:
    """Started at the first download, ended when there is nothing to do; a dead one is replaced.

    ``shared`` gives the arguments of every request: where things are, which Hub.
    """

    def __init__(self, shared: Callable[[], dict[str, Any]]) -> None:
        self._shared = shared
        self._lock = threading.Lock()
        self._worker: WorkerClient | None = None

    @property
    def pid(self) -> int | None:
        """The process id, while there is one."""
        worker = self._worker
        return worker.pid if worker is not None and worker.alive else None

    def transfer(
        self,
        item: Download,
        on_event: Callable[[dict[str, Any]], None],
        cancelled: Callable[[], bool],
    ) -> LocalModel:
        """Download one model. Raises HubProblem, DownloadProblem, WorkerProblem, Cancelled."""
        ref = parse_reference(item.ref)
        branch = ref.revision or "main"
        if item.revision is not None:
            ref = replace(ref, revision=item.revision)
        args = {**self._shared(), "ref": str(ref), "task": item.task, "branch": branch}
        found = self._running().call("pull", args, on_event, cancelled)
        return results.local_from_json(found["model"])

    def discard(self, item: Download) -> None:
        """Delete what came of a model that nobody wants any more. Raises PetitError."""
        args = {**self._shared(), "ref": item.ref, "revision": item.revision}
        self._running().call("discard", args)

    def _running(self) -> WorkerClient:
        with self._lock:
            if self._worker is not None and not self._worker.alive:
                self._worker.close(patience_s=0)
                self._worker = None
            if self._worker is None:
                self._worker = WorkerClient("hub")
            return self._worker

    def close(self) -> None:
        """End the process; what came is kept."""
        with self._lock:
            worker, self._worker = self._worker, None
        if worker is not None:
            worker.close(_SHUT_DOWN_S)
