# SPDX-License-Identifier: Apache-2.0
"""Answers of chat endpoints, kept for good: a file of its own, which may be deleted at any time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from selector.store.database import Database

_AT_ONCE = 500


class PaidAnswers:
    """One connection for one thread. Raises as Database."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, "answer_migrations")

    def keep(
        self, key: str, endpoint: str, model: str, reply: Mapping[str, Any], seconds: float
    ) -> None:
        """Commit one answer."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._database.write(
            "INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?, ?)",
            (key, endpoint, model, now, seconds, json.dumps(dict(reply))),
        )

    def known(self, keys: Iterable[str]) -> dict[str, tuple[dict[str, Any], float]]:
        """Key to (reply, seconds it took). Unreadable rows are left out."""
        wanted = list(dict.fromkeys(keys))
        found: dict[str, tuple[dict[str, Any], float]] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            part = wanted[start : start + _AT_ONCE]
            marks = ", ".join("?" * len(part))
            rows = self._database.rows(
                f"SELECT key, reply, seconds FROM answer WHERE key IN ({marks})", tuple(part)
            )
            for key, text, seconds in rows:
                try:
                    reply = json.loads(str(text))
                except ValueError:
                    continue
                if isinstance(reply, dict):
                    found[str(key)] = (reply, float(str(seconds)))
        return found

    def forget(self, endpoint: str) -> int:
        """Drop every answer of an endpoint; gives how many there were."""
        found = self._database.rows("SELECT count(*) FROM answer WHERE endpoint = ?", (endpoint,))
        self._database.write("DELETE FROM answer WHERE endpoint = ?", (endpoint,))
        return int(str(found[0][0]))

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
