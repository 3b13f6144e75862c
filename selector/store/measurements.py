# SPDX-License-Identifier: Apache-2.0
"""What was measured of contestants, so that deciding again needs no second run."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from selector.store.database import Database


def remember_measurement(database: Database, ref: str, task: str, facts: dict[str, Any]) -> None:
    """Keep ``facts`` (a measurement's JSON without its outputs)."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    database.write(
        "INSERT INTO measurement (ref, task, measured_at, facts) VALUES (?, ?, ?, ?)",
        (ref, task, now, json.dumps(facts)),
    )


def last_measurement(database: Database, ref: str, task: str) -> dict[str, Any] | None:
    """The newest facts of ``ref`` for ``task``."""
    rows = database.rows(
        "SELECT facts FROM measurement WHERE ref = ? AND task = ? ORDER BY id DESC LIMIT 1",
        (ref, task),
    )
    if not rows:
        return None
    try:
        facts = json.loads(str(rows[0][0]))
    except ValueError:
        return None
    return facts if isinstance(facts, dict) else None
