# SPDX-License-Identifier: Apache-2.0
"""The queue of downloads, kept so that it outlives the window, the process and the power."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast, get_args

from selector.store.database import Database

DownloadState = Literal["queued", "running", "waiting", "paused", "failed"]
_COLUMNS = "id, ref, task, revision, state, done_bytes, total_bytes, error, owner"


@dataclass(frozen=True, slots=True)
class Download:
    """One model that was asked for and is not here yet; sizes in bytes."""

    id: int
    ref: str
    task: str | None
    revision: str | None = None
    """The commit that is downloaded, whatever the branch does meanwhile."""
    state: DownloadState = "queued"
    done_bytes: int = 0
    total_bytes: int | None = None
    error: dict[str, Any] = field(default_factory=dict)
    """``code`` and ``facts`` of why it waits or failed."""
    owner: str | None = None


def add_download(database: Database, ref: str, task: str | None) -> int:
    """Put a model at the end of the queue, once; gives the id."""
    for kept in downloads(database):
        if (kept.ref, kept.task) == (ref, task):
            return kept.id
    return database.write(
        "INSERT INTO download (ref, task, state, added_at) VALUES (?, ?, 'queued', ?)",
        (ref, task, time.time()),
    )


def save_download(database: Database, item: Download) -> None:
    """Keep the state of an item; one that was removed meanwhile stays removed."""
    database.write(
        "UPDATE download SET revision = ?, state = ?, done_bytes = ?, total_bytes = ?, error = ?,"
        " owner = ? WHERE id = ?",
        (
            item.revision,
            item.state,
            item.done_bytes,
            item.total_bytes,
            json.dumps(item.error, default=str) if item.error else None,
            item.owner,
            item.id,
        ),
    )


def remove_download(database: Database, number: int) -> None:
    """Take an item out of the queue."""
    database.write("DELETE FROM download WHERE id = ?", (number,))


def downloads(database: Database) -> list[Download]:
    """The queue in its order."""
    rows = database.rows(f"SELECT {_COLUMNS} FROM download ORDER BY id")
    return [_download(row) for row in rows]


def _download(row: tuple[Any, ...]) -> Download:
    number, ref, task, revision, state, done, total, error, owner = row
    item = Download(number, ref, task, revision, done_bytes=done, total_bytes=total, owner=owner)
    known = state if state in get_args(DownloadState) else "paused"
    try:
        facts = json.loads(error) if error else {}
    except ValueError:
        facts = {}
    return replace(
        item,
        state=cast("DownloadState", known),
        error=facts if isinstance(facts, dict) else {},
    )
