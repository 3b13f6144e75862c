# SPDX-License-Identifier: Apache-2.0
"""What Petit itself has put into the model cache, which others use as well."""

from __future__ import annotations

import time
from dataclasses import dataclass

from selector.store.database import Database


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """A file of a commit that came over the network for Petit."""

    repo: str
    revision: str
    path: str
    blob: str
    size: int


def remember_fetched(database: Database, file: FetchedFile) -> None:
    """Petit has fetched this file."""
    database.write(
        "INSERT OR REPLACE INTO fetched VALUES (?, ?, ?, ?, ?, ?)",
        (file.repo, file.revision, file.path, file.blob, file.size, time.time()),
    )


def fetched_files(database: Database, repo: str | None = None) -> list[FetchedFile]:
    """All that Petit has fetched, or that of one repository."""
    sql = "SELECT repo, revision, path, blob, size FROM fetched"
    rows = database.rows(sql) if repo is None else database.rows(f"{sql} WHERE repo = ?", (repo,))
    return [FetchedFile(str(a), str(b), str(c), str(d), int(str(e))) for a, b, c, d, e in rows]


def forget_fetched(database: Database, repo: str, revision: str) -> None:
    """A revision was deleted."""
    database.write("DELETE FROM fetched WHERE repo = ? AND revision = ?", (repo, revision))
