# SPDX-License-Identifier: Apache-2.0
"""Waiting that can be cancelled: what blocks on the network runs in a thread of its own.

A thread that is left behind ends at its own time limit and touches nothing of the user's.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import TypeVar

from selector.errors import Cancelled
from selector.hub.client import Body

T = TypeVar("T")
_POLL_S = 0.04
_AHEAD = 32


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


def received(
    open_body: Callable[[], AbstractContextManager[Body]], cancelled: Callable[[], bool]
) -> Iterator[tuple[int, bytes]]:
    """The chunks of a body, each with its offset in the file.

    Raises what receiving raises, or Cancelled at once, also while the server says nothing.
    """
    came: queue.Queue[tuple[int, bytes] | Exception | None] = queue.Queue(_AHEAD)
    stop = threading.Event()

    def put(item: tuple[int, bytes] | Exception | None) -> bool:
        while not stop.is_set():
            try:
                came.put(item, timeout=_POLL_S)
            except queue.Full:
                continue
            return True
        return False

    def work() -> None:
        try:
            with open_body() as body:
                offset = body.start
                for chunk in body.chunks:
                    if not put((offset, chunk)):
                        return
                    offset += len(chunk)
            put(None)
        except Exception as error:  # noqa: BLE001  (raised again on the receiving side)
            put(error)

    threading.Thread(target=work, daemon=True, name="hub-body").start()
    try:
        while True:
            if cancelled():
                raise Cancelled
            try:
                item = came.get(timeout=_POLL_S)
            except queue.Empty:
                continue
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            yield item
    finally:
        stop.set()
