# SPDX-License-Identifier: Apache-2.0
"""The queue of downloads: one after the other, kept in the store, paused and continued at any time.

What was under way when Petit ended is paused at the next start and goes on when the user asks: nobody
wants gigabytes to flow because a window was opened. What waits for a network or for room on the disk
goes on by itself as soon as there is some, as long as the window is open.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from selector.desk.download_item import Item, is_running, moved_item, process_name
from selector.desk.download_keeper import DownloadKeeper
from selector.errors import (
    Cancelled,
    DownloadInterrupted,
    HubBusy,
    HubUnreachable,
    NotEnoughDisk,
    PetitError,
    WorkerCrashed,
)
from selector.hub.candidate import LocalModel
from selector.hub.storage import free_bytes
from selector.store.downloads import Download, DownloadState

_NO_NETWORK = (HubUnreachable, HubBusy, DownloadInterrupted)
_LONGEST_WAIT_S = 60.0
_FIRST_WAIT_S = 5.0
_ROOM_EVERY_S = 3.0
_SAVED_EVERY_S = 2.0
_HOPE_S = 600.0
"""So long after its last byte an impatient queue hopes that a network comes back."""
_CRASHES = 3
_POLL_S = 0.04

Transfer = Callable[
    [Download, Callable[[dict[str, Any]], None], Callable[[], bool]],
    LocalModel,
]


class Downloads:
    """Every method returns at once (``wait`` excepted) and may be called from any thread.

    ``patient``: wait for network and room and go on, as the window does; else stop with the problem,
    except that a network that was there is waited for, for ten minutes.
    """

    def __init__(
        self,
        database: Path,
        transfer: Transfer,
        discard: Callable[[Download], None] = lambda _: None,
        idle: Callable[[], None] = lambda: None,
        *,
        patient: bool = True,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self._transfer, self._discard, self._idle = transfer, discard, idle
        self._patient, self._free = patient, free
        self._keeper = DownloadKeeper(database)
        self._me = process_name(os.getpid())
        self._changed = threading.Condition()
        self._items: dict[tuple[str, str], Item] = {}
        self._ended: dict[tuple[str, str], LocalModel | PetitError] = {}
        self._crashes: dict[tuple[str, str], int] = {}
        self._waits: dict[tuple[str, str], float] = {}
        self._came: dict[tuple[str, str], float] = {}
        self._discarded: list[Download] = []
        self._runner: threading.Thread | None = None
        self._current: tuple[str, str] | None = None
        self._stop_current = threading.Event()
        self._closed = False

    # -- looking ------------------------------------------------------------------------------------
    def load(self) -> None:
        """Take in what the store has, paused. What another running Petit downloads is left to it."""
        for kept in self._keeper.kept():
            if kept.owner != self._me and is_running(kept.owner):
                continue
            state: DownloadState = "failed" if kept.state == "failed" else "paused"
            with self._changed:
                item = Item(replace(kept, state=state, owner=None))
                self._items.setdefault(item.key, item)

    def items(self) -> tuple[Item, ...]:
        """The queue in its order."""
        with self._changed:
            return tuple(self._items.values())

    def take_ended(
        self, keys: Iterable[tuple[str, str]] | None = None
    ) -> dict[tuple[str, str], LocalModel | PetitError]:
        """What came out of items that ended since the last call (all, or those of ``keys``)."""
        with self._changed:
            wanted = set(self._ended) if keys is None else set(keys) & set(self._ended)
            return {key: self._ended.pop(key) for key in wanted}

    # -- asking -------------------------------------------------------------------------------------
    def add(self, refs: Sequence[str], task: str | None) -> list[tuple[str, str]]:
        """Put models at the end of the queue; those that are in it go on. Gives their keys."""
        keys = []
        with self._changed:
            for ref in refs:
                item = Item(Download(ref, task))
                kept = self._items.get(item.key)
                if kept is None or kept.kept.state in {"paused", "failed"}:
                    known = item.kept if kept is None else kept.kept
                    self._put(Item(replace(known, state="queued", error={}, owner=self._me)))
                self._ended.pop(item.key, None)
                keys.append(item.key)
            self._go()
        return keys

    def pause(self, *keys: tuple[str, str]) -> None:
        """Stop these (all without arguments) and keep what came."""
        with self._changed:
            for key in keys or tuple(self._items):
                item = self._items.get(key)
                if item is not None and item.kept.state in {"queued", "running", "waiting"}:
                    self._put(Item(replace(item.kept, state="paused", error={}, owner=None)))
                    self._halt(key)

    def resume(self, *keys: tuple[str, str]) -> None:
        """Go on with these (all that are paused without arguments)."""
        with self._changed:
            for key in keys or tuple(self._items):
                item = self._items.get(key)
                if item is not None and (
                    item.kept.state in {"paused", "waiting"}
                    or (keys and item.kept.state == "failed")
                ):
                    self._put(Item(replace(item.kept, state="queued", error={}, owner=self._me)))
            self._go()

    def cancel(self, *keys: tuple[str, str]) -> None:
        """Take these out of the queue and delete what came of them."""
        with self._changed:
            for key in keys:
                if (item := self._items.pop(key, None)) is not None:
                    self._keeper.remove(item.kept)
                    self._discarded.append(item.kept)
                    self._halt(key)
            self._go()

    def wait(
        self,
        keys: Sequence[tuple[str, str]],
        on_progress: Callable[[Item], None],
        cancelled: Callable[[], bool],
    ) -> list[LocalModel]:
        """Wait for these to end. Raises what one of them raised; Cancelled pauses them."""
        found: dict[tuple[str, str], LocalModel] = {}
        told: dict[tuple[str, str], Item] = {}
        try:
            while len(found) < len(set(keys)):
                if cancelled():
                    raise Cancelled
                for item in self.items():
                    if item.key in keys and (told.get(item.key) != item or item.retry_at):
                        told[item.key] = item
                        on_progress(item)
                for key, outcome in self.take_ended(keys).items():
                    if isinstance(outcome, PetitError):
                        raise outcome
                    found[key] = outcome
                with self._changed:
                    self._changed.wait(_POLL_S)
        except BaseException:
            self.pause(*[key for key in keys if key not in found])
            raise
        return [found[key] for key in keys]

    def close(self) -> None:
        """Stop, and keep everything for the next time."""
        with self._changed:
            self._closed = True
            for item in self._items.values():
                if item.kept.owner is not None:
                    self._keeper.save(replace(item.kept, state="paused", owner=None))
            self._stop_current.set()
            self._changed.notify_all()
        self._keeper.close()

    # -- with the lock held -------------------------------------------------------------------------
    def _put(self, item: Item) -> None:
        self._items[item.key] = item
        self._keeper.save(item.kept)
        self._changed.notify_all()

    def _halt(self, key: tuple[str, str]) -> None:
        if self._current == key:
            self._stop_current.set()
        self._changed.notify_all()

    def _go(self) -> None:
        if self._runner is None and not self._closed:
            self._runner = threading.Thread(target=self._work, daemon=True, name="downloads")
            self._runner.start()
        self._changed.notify_all()

    def _next(self) -> Item | None:
        now = time.monotonic()
        for item in self._items.values():
            if item.kept.state == "queued":
                return item
            if item.kept.state == "waiting" and (item.retry_at is None or item.retry_at <= now):
                if self._has_room(item):
                    return item
                self._items[item.key] = replace(item, retry_at=now + _ROOM_EVERY_S)
        return None

    def _has_room(self, item: Item) -> bool:
        problem = item.problem
        if not isinstance(problem, NotEnoughDisk):
            return True
        need, path = problem.facts.get("need_bytes"), problem.facts.get("path")
        with suppress(OSError, TypeError):
            return need is None or self._free(Path(str(path))) >= int(need)
        return True

    # -- the runner's thread ------------------------------------------------------------------------
    def _work(self) -> None:
        at_rest = False
        while True:
            with self._changed:
                item, drop = None, self._discarded[:]
                self._discarded.clear()
                if not drop:
                    item = self._next()
                nothing = self._closed or (item is None and not drop and not self._any_waiting())
                if nothing and at_rest:
                    self._runner = None
                    return
            if nothing:
                at_rest = True
                self._idle()
                continue
            at_rest = False
            with self._changed:
                if item is not None:
                    self._current = item.key
                    self._stop_current = threading.Event()
                    item = self._items.get(item.key)  # cancelled or paused a moment ago?
                    if item is None or item.kept.state not in {"queued", "waiting"}:
                        continue
                    kept = replace(item.kept, state="running", error={}, owner=self._me)
                    self._put(Item(kept))
                elif not drop:
                    self._changed.wait(0.5)
            for unwanted in drop:
                with suppress(PetitError):
                    self._discard(unwanted)
            if item is not None:
                self._run(kept, self._stop_current)

    def _any_waiting(self) -> bool:
        return any(item.kept.state == "waiting" for item in self._items.values())

    def _run(self, kept: Download, stop: threading.Event) -> None:
        saved = [time.monotonic()]

        def moved(event: dict[str, Any]) -> None:
            with self._changed:
                item = self._items.get(kept.key)
                if item is None or item.kept.state != "running" or stop.is_set():
                    return
                new = moved_item(item, event)
                if new.kept.done_bytes > item.kept.done_bytes:
                    self._came[kept.key] = time.monotonic()
                    self._crashes.pop(kept.key, None)
                    self._waits.pop(kept.key, None)
                self._items[kept.key] = new
                pinned = new.kept.revision != item.kept.revision
                if pinned or time.monotonic() - saved[0] > _SAVED_EVERY_S:
                    saved[0] = time.monotonic()
                    self._keeper.save(new.kept)
                self._changed.notify_all()

        outcome: LocalModel | PetitError | None = None
        try:
            outcome = self._transfer(kept, moved, stop.is_set)
        except Cancelled:
            pass
        except PetitError as error:
            outcome = error
        except Exception as error:  # noqa: BLE001 - whatever happens, the queue goes on
            outcome = PetitError(detail=f"{type(error).__name__}: {error}")
        with self._changed:
            self._current = None
            item = self._items.get(kept.key)
            if item is not None and item.kept.state == "running" and outcome is not None:
                self._end(item, outcome)
            self._changed.notify_all()

    def _may_wait(self, key: tuple[str, str], problem: PetitError) -> bool:
        if self._patient:
            return isinstance(problem, (*_NO_NETWORK, NotEnoughDisk))
        asked = float(problem.facts.get("retry_after_s") or 0)
        since = time.monotonic() - self._came.get(key, -_HOPE_S)
        return isinstance(problem, _NO_NETWORK) and since + asked < _HOPE_S

    def _end(self, item: Item, outcome: LocalModel | PetitError) -> None:
        """With the lock held: done, or wait and try again, or give up."""
        if isinstance(outcome, LocalModel):
            self._items.pop(item.key)
            self._keeper.remove(item.kept)
            self._ended[item.key] = outcome
            return
        error = {"code": outcome.code, "facts": outcome.facts}
        kept = replace(item.kept, error=error)
        if isinstance(outcome, WorkerCrashed):
            self._crashes[item.key] = self._crashes.get(item.key, 0) + 1
            if self._crashes[item.key] < _CRASHES:
                self._put(Item(replace(kept, state="queued", error={})))
                return
        if self._may_wait(item.key, outcome):
            wait = _ROOM_EVERY_S
            if not isinstance(outcome, NotEnoughDisk):
                wait = self._waits.get(item.key, _FIRST_WAIT_S)
                self._waits[item.key] = min(2 * wait, _LONGEST_WAIT_S)
                wait = max(wait, float(outcome.facts.get("retry_after_s") or 0))
            self._put(Item(replace(kept, state="waiting"), retry_at=time.monotonic() + wait))
            return
        self._ended[item.key] = outcome
        if not self._patient and not isinstance(outcome, (*_NO_NETWORK, NotEnoughDisk)):
            # The command line says it at once; the window need not say it again at its next start.
            self._items.pop(item.key)
            self._keeper.remove(item.kept)
            return
        state: DownloadState = "failed" if self._patient else "paused"
        self._put(Item(replace(kept, state=state, owner=None)))
