# SPDX-License-Identifier: Apache-2.0
"""Entry of a worker process: ``python -m selector.worker ROLE``.

Order matters. The protocol's descriptors are saved before anything can print, the network is cut off
while the process still has one thread, and only then is the role (and its runtime) imported.
"""

from __future__ import annotations

import faulthandler
import importlib
import os
import platform
import queue
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

from selector.errors import Cancelled, PetitError
from selector.log import redact
from selector.machine.cgroups import limits
from selector.machine.memory import probe_memory
from selector.worker.isolation import close_network, die_with_parent, limit_memory
from selector.worker.protocol import CANCEL, SHUTDOWN, Event, Request, decode_request
from selector.worker.roles import ROLES, Role
from selector.worker.wire import Wire, lines

SEALED = frozenset({"model", "architecture", "calibration"})
"""Roles that read local files only and get no network."""


class Inbox:
    """Requests, read on a thread so that cancel is seen while a model runs."""

    def __init__(self, wire: Wire) -> None:
        self.requests: queue.Queue[Request | None] = queue.Queue()
        self._cancelled: set[int] = set()
        self._wire = wire
        threading.Thread(target=self._read, name="inbox", daemon=True).start()

    def cancelled(self, request_id: int) -> bool:
        """Whether this request was cancelled."""
        return request_id in self._cancelled

    def _read(self) -> None:
        try:
            for line in lines(self._wire.requests):
                if isinstance(line, PetitError):
                    self._refuse(line)
                    continue
                try:
                    self._take(decode_request(line))
                except PetitError as error:
                    self._refuse(error)
        finally:
            # The parent is gone: whatever runs here has no one left to run for.
            os._exit(0)

    def _refuse(self, error: PetitError) -> None:
        # An unreadable line has no request to fail; the parent may want to know all the same.
        self._wire.send(Event(0, "progress", {"protocol": error.facts}))

    def _take(self, request: Request) -> None:
        if request.op == CANCEL:
            number = request.args.get("id")
            if isinstance(number, int):
                self._cancelled.add(number)
        elif request.op == SHUTDOWN:
            self.requests.put(None)
        else:
            self.requests.put(request)


class Host:
    """The one role of this process, made at its first request."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._role: Role | None = None

    def answer(
        self,
        request: Request,
        emit: Callable[[dict[str, Any]], None],
        cancelled: Callable[[], bool],
    ) -> Event:
        """The one terminal event of ``request``, whatever happens."""
        try:
            if cancelled():
                raise Cancelled
            if self._role is None:
                self._role = importlib.import_module(ROLES[self._name]).role()
            assert self._role is not None
            result = self._role.handle(request.op, request.args, emit, cancelled)
            return Event(request.id, "result", result)
        except Cancelled:
            return Event(request.id, "cancelled")
        except PetitError as error:
            return Event(request.id, "failed", {"code": error.code, "facts": error.facts})
        except MemoryError:
            return Event(request.id, "failed", {"code": "engine.memory", "facts": {}})
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a bug must reach the parent as an event
            traceback.print_exc()
            detail = redact(f"{type(error).__name__}: {error}")[:500]
            return Event(request.id, "failed", {"code": "worker", "facts": {"detail": detail}})

    def close(self) -> None:
        """Let go of the role."""
        if self._role is not None:
            self._role.close()


def main(role_name: str) -> int:
    """Serve requests one at a time until the parent says shutdown or goes away."""
    wire = Wire()
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    isolation = close_network() if role_name in SEALED else "open"
    if role_name in SEALED:
        # Twice, for weights that are mapped and then copied count as both, and the mapped ones take nothing.
        limit_memory(2 * probe_memory([], limits()).total_bytes)
    die_with_parent()  # after the namespace: a change of credentials would undo it
    inbox = Inbox(wire)
    host = Host(role_name)
    facts = {
        "role": role_name,
        "pid": os.getpid(),
        "isolation": isolation,
        "python": platform.python_version(),
    }
    wire.send(Event(0, "ready", facts))
    while (request := inbox.requests.get()) is not None:
        number = request.id
        event = host.answer(
            request,
            lambda data, number=number: wire.send(Event(number, "progress", data)),  # type: ignore[misc]
            lambda number=number: inbox.cancelled(number),  # type: ignore[misc]
        )
        try:
            wire.send(event)
        except PetitError as error:  # a result that fits in no line is still a terminal event
            wire.send(Event(number, "failed", {"code": error.code, "facts": error.facts}))
    host.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
