# SPDX-License-Identifier: Apache-2.0
"""A request under way, seen from the parent."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from selector.error_codes import error_from
from selector.errors import Cancelled, PetitError, ProtocolProblem, WorkerSilent
from selector.worker.protocol import Event, Request

POLL_S = 0.05
OnEvent = Callable[[dict[str, Any]], None]
_log = logging.getLogger(__name__)


class Pending:
    """A request and how it ends: once, with a result or an error."""

    def __init__(self, request: Request, on_event: OnEvent | None) -> None:
        self.request = request
        self.on_event = on_event
        self.last_event = time.monotonic()
        self._ended = threading.Event()
        self._terminal: Event | None = None
        self._error: PetitError | None = None

    @property
    def ended(self) -> bool:
        """Whether the terminal event came (or the worker died)."""
        return self._ended.is_set()

    def poll(self, timeout_s: float = POLL_S) -> bool:
        """Wait at most ``timeout_s``; whether the request has ended."""
        return self._ended.wait(timeout_s)

    def arrive(self, event: Event) -> None:
        """Called by the reader thread."""
        self.last_event = time.monotonic()
        if event.terminal:
            self._terminal = event
            self._ended.set()
        elif self.on_event and self._error is None:
            try:
                self.on_event(event.data)
            except Exception as error:  # noqa: BLE001 - whoever waits must hear of it, and the reader go on
                _log.exception("an event could not be taken")
                self.fail(ProtocolProblem(reason="event", detail=repr(error)[:300]))

    def fail(self, error: PetitError) -> None:
        """Called when the worker dies or cannot be understood."""
        if not self.ended:
            self._error = error
            self._ended.set()

    def wait(self, timeout_s: float | None = None) -> dict[str, Any]:
        """The result. Raises Cancelled, WorkerSilent, WorkerCrashed, or the worker's own error."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while not self.poll():  # short waits, so that Ctrl-C is seen at once
            if deadline is not None and time.monotonic() > deadline:
                raise WorkerSilent(seconds=timeout_s)
        if self._error is not None:
            raise self._error
        assert self._terminal is not None
        if self._terminal.kind == "cancelled":
            raise Cancelled
        data = self._terminal.data
        if self._terminal.kind == "failed":
            raise error_from(str(data.get("code")), dict(data.get("facts") or {}))
        return data
