# SPDX-License-Identifier: Apache-2.0
"""Answers of the Hub, kept with their age so that searching goes on without a network."""

from __future__ import annotations

import json
import time
from typing import Any

from selector.store.database import Database

KEEP = 200
"""Answers kept; the oldest go first."""


def remember_search(database: Database, key: str, result: dict[str, Any]) -> None:
    """Keep the answer to the search ``key``."""
    database.write(
        "INSERT OR REPLACE INTO search VALUES (?, ?, ?)", (key, time.time(), json.dumps(result))
    )
    database.write(
        "DELETE FROM search WHERE key NOT IN (SELECT key FROM search ORDER BY answered_at DESC LIMIT ?)",
        (KEEP,),
    )


def recall_search(database: Database, key: str) -> tuple[dict[str, Any], float] | None:
    """The kept answer and its age in seconds."""
    rows = database.rows("SELECT result, answered_at FROM search WHERE key = ?", (key,))
    if not rows:
        return None
    try:
        result = json.loads(str(rows[0][0]))
    except ValueError:
        return None
    return result, max(0.0, time.time() - float(str(rows[0][1])))
