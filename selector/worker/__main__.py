# SPDX-License-Identifier: Apache-2.0
"""Entry of a worker process: ``python -m selector.worker ROLE``.

Order matters. The protocol's descriptor is saved before anything can print, the network is cut off
while the process still has one thread, and only then is the role (and its runtime) imported.
"""

from __future__ import annotations

import faulthandler
import importlib
import os
import queue
import signal
import sys
import threading
from typing import Any

from selector.errors import Cancelled, PetitError
from selector.log import redact
from selector.worker.isolation import close_network, die_with_parent
from selector.worker.protocol import (
    CANCEL,
    MAX_LINE,
    SHUTDOWN,
    Event,
    Request,
    decode_request,
    encode,
)
from selector.worker.roles import ROLES, Role


class Wire:
    """The private descriptor to the parent; whatever C or Python prints goes to stderr instead."""

    def __init__(self) -> None:
        self._descriptor = os.dup(1)
        os.dup2(2, 1)
        self._lock = threading.Lock()

    def send(self, event: Event) -> None:
        """Write one event; a parent that is gone ends this process."""
        line = encode(event)
        with self._lock:
            try:
                while line:
                    line = line[os.write(self._descriptor, line) :]
            except OSError:
                os._exit(0)


class Inbox:
    """Requests from stdin, read on a thread so that cancel is seen while a model runs."""

    def __init__(self, wire: Wire) -> None:
        self.requests: queue.Queue[Request | None] = queue.Queue()
        self._cancelled: set[int] = set()
        self._wire = wire
        threading.Thread(target=self._read, daemon=True).start()

    def cancelled(self, request_id: int) -> bool:
        """Whether this request was cancelled."""
        return request_id in self._cancelled

    def _read(self) -> None:
        for line in iter(lambda: sys.stdin.buffer.readline(MAX_LINE + 1), b""):
            try:
                request = decode_request(line)
            except PetitError as error:
                self._wire.send(Event(0, "progress", {"protocol": error.facts}))
                continue
            if request.op == CANCEL:
                self._cancelled.add(int(request.args.get("id", 0)))
            elif request.op == SHUTDOWN:
                self.requests.put(None)
            else:
                self.requests.put(request)
        # The parent is gone: whatever runs here has no one left to run for.
        os._exit(0)


def _outcome(role: Role, request: Request, inbox: Inbox, wire: Wire) -> Event:
    def emit(data: dict[str, Any]) -> None:
        wire.send(Event(request.id, "progress", data))

    def cancelled() -> bool:
        return inbox.cancelled(request.id)

    try:
        if cancelled():
            raise Cancelled
        result = role.handle(request.op, request.args, emit, cancelled)
        return Event(request.id, "result", result)
    except Cancelled:
        return Event(request.id, "cancelled")
    except PetitError as error:
        return Event(request.id, "failed", {"code": error.code, "facts": error.facts})
    except MemoryError:
        return Event(request.id, "failed", {"code": "engine.memory", "facts": {}})
    except Exception as error:  # noqa: BLE001 - a bug must reach the parent as an event, not end the process
        import traceback

        traceback.print_exc()
        detail = redact(f"{type(error).__name__}: {error}")[:500]
        return Event(request.id, "failed", {"code": "petit.error", "facts": {"detail": detail}})


def main(role_name: str) -> int:
    """Serve requests one at a time until the parent says shutdown or goes away."""
    wire = Wire()
    faulthandler.enable()
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    isolation = close_network() if role_name == "model" else "open"
    inbox = Inbox(wire)
    wire.send(Event(0, "ready", {"pid": os.getpid(), "isolation": isolation}))
    role: Role | None = None
    while (request := inbox.requests.get()) is not None:
        if role is None:
            role = importlib.import_module(ROLES[role_name]).role()
        event = _outcome(role, request, inbox, wire)
        try:
            wire.send(event)
        except (
            PetitError
        ) as error:  # a result that does not fit in a line is still a terminal event
            wire.send(Event(request.id, "failed", {"code": error.code, "facts": error.facts}))
    if role is not None:
        role.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
