# SPDX-License-Identifier: Apache-2.0
"""Writes the queue to the store on a thread of its own: nobody who pauses a download waits for a disk."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from selector.errors import StoreProblem, TargetNotWritable
from selector.store.database import Database
from selector.store.downloads import Download, downloads, remove_download, save_download

_PATIENCE_S = 6.0


class DownloadKeeper:
    """The queue on disk. A store that cannot be used means that it does not outlive the process."""

    def __init__(self, database: Path) -> None:
        self._path = database
        self._orders: queue.Queue[Callable[[Database], None] | None] = queue.Queue()
        self._thread: threading.Thread | None = None

    def kept(self) -> list[Download]:
        """What is in the store."""
        with suppress(StoreProblem, TargetNotWritable), Database(self._path) as database:
            return downloads(database)
        return []

    def save(self, item: Download) -> None:
        """Keep this state. Returns at once."""
        self._order(lambda database: save_download(database, item))

    def remove(self, item: Download) -> None:
        """Forget an item. Returns at once."""
        self._order(lambda database: remove_download(database, item))

    def close(self) -> None:
        """Write what waits, and end."""
        if self._thread is not None:
            self._orders.put(None)
            self._thread.join(_PATIENCE_S)
            self._thread = None

    def _order(self, order: Callable[[Database], None]) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._write, daemon=True, name="queue-keeper")
            self._thread.start()
        self._orders.put(order)

    def _write(self) -> None:
        while (order := self._orders.get()) is not None:
            with suppress(StoreProblem, TargetNotWritable), Database(self._path) as database:
                order(database)
