# SPDX-License-Identifier: Apache-2.0
"""Waiting that can be cancelled: what blocks on the network runs in a thread of its own.

A thread that is left behind ends at its own time limit and touches nothing of the user's.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

from selector.errors import Cancelled

T = TypeVar("T")
_POLL_S = 0.04
_TOLD_EVERY_S = 0.25


def interruptible(call: Callable[[], T], cancelled: Callable[[], bool]) -> T:
    """The result of ``call``. Raises what it raises, or Cancelled within a twentieth of a second."""
    if cancelled():
        raise Cancelled
    done: queue.Queue[tuple[bool, T | Exception]] = queue.Queue(1)

    def work() -> None:
        try:
            done.put((True, call()))
        except Exception as error:  # noqa: BLE001  (raised again where the result is awaited)
            done.put((False, error))

    threading.Thread(target=work, daemon=True, name="hub-call").start()
    while True:
        try:
            _, result = done.get(timeout=_POLL_S)
        except queue.Empty:
            if cancelled():
                raise Cancelled from None
            continue
        if isinstance(result, Exception):
            raise result
        return result


def sleep(seconds: float, cancelled: Callable[[], bool]) -> None:
    """Pause. Raises Cancelled."""
    pause = threading.Event()
    while seconds > 0:
        if cancelled():
            raise Cancelled
        pause.wait(min(seconds, _POLL_S))
        seconds -= _POLL_S


def countdown(seconds: float, tell: Callable[[float], None], cancelled: Callable[[], bool]) -> None:
    """Pause, and ``tell`` four times a second how much of it is left. Raises Cancelled."""
    while seconds > 0:
        tell(seconds)
        sleep(min(_TOLD_EVERY_S, seconds), cancelled)
        seconds -= _TOLD_EVERY_S
