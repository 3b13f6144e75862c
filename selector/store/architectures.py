# SPDX-License-Identifier: Apache-2.0
"""Answers to "does this version build this configuration?", kept because each takes seconds."""

from __future__ import annotations

import json
import time
from typing import Any

from selector.store.database import Database

KEEP = 2000


def remember_architecture(database: Database, key: str, answer: dict[str, Any]) -> None:
    """Keep the answer to ``key``."""
    database.write(
        "INSERT OR REPLACE INTO architecture VALUES (?, ?, ?)",
        (key, time.time(), json.dumps(answer)),
    )
    database.write(
        "DELETE FROM architecture WHERE key NOT IN "
        "(SELECT key FROM architecture ORDER BY checked_at DESC LIMIT ?)",
        (KEEP,),
    )


def recall_architecture(database: Database, key: str) -> dict[str, Any] | None:
    """The kept answer."""
    rows = database.rows("SELECT answer FROM architecture WHERE key = ?", (key,))
    try:
        found = json.loads(str(rows[0][0])) if rows else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
