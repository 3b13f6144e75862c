# SPDX-License-Identifier: Apache-2.0
"""The queue of downloads, kept so that it outlives the window, the process and the power."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast, get_args

from selector.store.database import Database

DownloadState = Literal["queued", "running", "waiting", "paused", "failed"]


@dataclass(frozen=True, slots=True)
class Download:
    """One model that was asked for and is not here yet; sizes in bytes."""

    ref: str
    task: str | None = None
    revision: str | None = None
    """The commit that is downloaded, whatever the branch does meanwhile."""
    state: DownloadState = "queued"
    done_bytes: int = 0
    total_bytes: int | None = None
    error: dict[str, Any] = field(default_factory=dict)
    """``code`` and ``facts`` of why it waits or failed."""
    owner: str | None = None
    """The process that runs it."""

    @property
    def key(self) -> tuple[str, str]:
        """What makes it one item of the queue."""
        return self.ref, self.task or ""


def save_download(database: Database, item: Download) -> None:
    """Keep the state of an item; a new one goes to the end of the queue."""
    error = json.dumps(item.error, default=str) if item.error else None
    database.write(
        "INSERT INTO download VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (ref, task) DO UPDATE SET revision = excluded.revision,"
        " state = excluded.state, done_bytes = excluded.done_bytes,"
        " total_bytes = excluded.total_bytes, error = excluded.error, owner = excluded.owner",
        (
            *item.key,
            item.revision,
            item.state,
            item.done_bytes,
            item.total_bytes,
            error,
            item.owner,
            time.time(),
        ),
    )


def remove_download(database: Database, item: Download) -> None:
    """Take an item out of the queue."""
    database.write("DELETE FROM download WHERE ref = ? AND task = ?", item.key)


def downloads(database: Database) -> list[Download]:
    """The queue in its order."""
    rows = database.rows(
        "SELECT ref, task, revision, state, done_bytes, total_bytes, error, owner"
        " FROM download ORDER BY added_at, rowid"
    )
    return [_download(row) for row in rows]


def _download(row: tuple[Any, ...]) -> Download:
    ref, task, revision, state, done, total, error, owner = row
    item = Download(ref, task or None, revision, done_bytes=done, total_bytes=total, owner=owner)
    known = state if state in get_args(DownloadState) else "paused"
    try:
        facts = json.loads(error) if error else {}
    except ValueError:
        facts = {}
    return replace(
        item, state=cast("DownloadState", known), error=facts if isinstance(facts, dict) else {}
    )
