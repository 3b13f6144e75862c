# SPDX-License-Identifier: Apache-2.0
"""What the last search of a task looked at and took away: kept, so that a report can tell it."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from selector.desk.requests import SearchRequest
from selector.engines.json_files import read_object
from selector.hub.candidate import SearchResult

_KEYS = {"at", "source", "scanned", "listed", "removed", "filters"}


def considered(request: SearchRequest, result: SearchResult, now: datetime) -> dict[str, Any]:
    """When, where, how many models, and how many of them went for which reason."""
    usual = SearchRequest(request.task)
    asked = {k: v for k, v in asdict(request).items() if v != getattr(usual, k)}
    return {
        "at": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "source": result.source,
        "scanned": result.scanned,
        "listed": len(result.candidates),
        "removed": {str(code): int(n) for code, n in result.removed.items() if n},
        "filters": {k: str(v)[:200] for k, v in asked.items()},
    }


def keep_considered(folder: Path, task: str, found: Mapping[str, Any]) -> None:
    """Never fails: a search is worth more than its record."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix=f".{task}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(found, file)
            Path(name).replace(folder / f"{task}.json")
        except OSError:
            Path(name).unlink(missing_ok=True)


def last_considered(folder: Path, task: str) -> dict[str, Any] | None:
    """The record of the last search; None where there was none, or it cannot be read."""
    found = read_object(folder / f"{task}.json")
    return dict(found) if set(found) == _KEYS else None
