# SPDX-License-Identifier: Apache-2.0
"""Searches of the desk: one at a time for each who asks, stopped at once, and what they leave behind."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Protocol

from selector import registry
from selector.desk.requests import SearchRequest, SearchWait
from selector.hub import results
from selector.hub.candidate import SearchResult
from selector.hub.waiting import interruptible
from selector.machine.codec import machine_to_json
from selector.machine.facts import Machine

OnWait = Callable[[SearchWait], None]


class AskHub(Protocol):
    """Desk's way to the Hub's worker."""

    def __call__(
        self,
        op: str,
        args: dict[str, Any],
        cancelled: Callable[[], bool],
        on_event: Callable[[dict[str, Any]], None] | None = None,
        at_once: bool = False,
    ) -> dict[str, Any]:
        """The result of ``op``."""


class Searching:
    """Runs searches; thread-safe."""

    def __init__(
        self, hub: AskHub, machine: Callable[[], Machine], weights: Callable[[], str]
    ) -> None:
        self._hub, self._machine, self._weights = hub, machine, weights
        self._lock = threading.Lock()
        self._newest: dict[str, object] = {}
        self._rate: dict[str, list[float]] = {}
        self._rate_at = 0.0

    def run(
        self,
        owner: str,
        request: SearchRequest,
        cancelled: Callable[[], bool],
        on_wait: OnWait | None,
    ) -> SearchResult:
        """See Desk.search. A search without an owner is nobody's rival."""
        registry.task(request.task)
        ticket = object()
        with self._lock:
            if owner:
                self._newest[owner] = ticket

        def stop() -> bool:
            return cancelled() or bool(owner and self._newest.get(owner) is not ticket)

        def event(data: dict[str, Any]) -> None:
            if "rate" in data:
                self._keep_rate(data["rate"])
            elif "waiting_s" in data and on_wait is not None:
                on_wait(SearchWait(float(data["waiting_s"]), str(data.get("reason"))))

        filters = {k: v for k, v in asdict(request).items() if k != "task" and v is not None}
        machine = interruptible(self._machine, stop)
        args = {
            "task": request.task,
            "machine": machine_to_json(machine),
            "filters": filters,
            "weights": self._weights(),
            "rate": self._known_rate(),
        }
        return results.result_from_json(self._hub("search", args, stop, event, at_once=True))

    def _keep_rate(self, rate: Mapping[str, list[float]]) -> None:
        """Each search has a process of its own; what is left of the limit is handed on."""
        with self._lock:
            self._rate, self._rate_at = dict(rate), time.monotonic()

    def _known_rate(self) -> dict[str, list[float]]:
        with self._lock:
            passed = time.monotonic() - self._rate_at
            return {k: [pair[0], max(0.0, pair[1] - passed)] for k, pair in self._rate.items()}
