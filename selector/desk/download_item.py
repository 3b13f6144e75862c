# SPDX-License-Identifier: Apache-2.0
"""One download as it stands now, and which process has it."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import psutil

from selector.error_codes import error_from
from selector.errors import PetitError
from selector.store.downloads import Download


@dataclass(frozen=True, slots=True)
class Item:
    """One download as it stands now."""

    kept: Download
    file: str = ""
    bytes_per_s: float | None = None
    eta_s: float | None = None
    phase: str = ""
    """While it runs: ``checking``, ``fetching``, ``waiting`` or ``sharing``, see hub/progress.py."""
    retry_at: float | None = None
    """When it is tried again, on the clock of time.monotonic."""

    @property
    def key(self) -> tuple[str, str]:
        """What makes it one item of the queue."""
        return self.kept.key

    @property
    def wait_s(self) -> float | None:
        """Seconds until the next attempt."""
        return None if self.retry_at is None else max(0.0, self.retry_at - time.monotonic())

    @property
    def problem(self) -> PetitError | None:
        """Why it waits or failed."""
        error = self.kept.error
        return error_from(str(error.get("code")), dict(error.get("facts") or {})) if error else None


def process_name(pid: int | None = None) -> str:
    """This process, named so that another one with the same number later is not taken for it."""
    process = psutil.Process(pid)
    return f"{process.pid}:{process.create_time():.2f}"


def is_running(owner: str | None) -> bool:
    """Whether the process of that name still lives."""
    with suppress(psutil.Error, ValueError, AttributeError):
        return process_name(int(str(owner).partition(":")[0])) == owner
    return False


def moved_item(item: Item, event: dict[str, Any]) -> Item:
    """The item after one progress event of the worker."""
    total = int(event.get("total_bytes") or 0)
    kept = replace(
        item.kept,
        done_bytes=int(event.get("done_bytes") or 0) if total else item.kept.done_bytes,
        total_bytes=total or item.kept.total_bytes,
        revision=event.get("revision") or item.kept.revision,
    )
    wait = event.get("wait_s")
    return Item(
        kept,
        file=str(event.get("file") or ""),
        bytes_per_s=event.get("bytes_per_s"),
        eta_s=event.get("eta_s"),
        phase=str(event.get("state") or ""),
        retry_at=None if wait is None else time.monotonic() + float(wait),
    )
