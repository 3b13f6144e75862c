# SPDX-License-Identifier: Apache-2.0
"""How fast downloads were lately."""

from __future__ import annotations

import statistics
import time

from selector.store.database import Database

KEEP = 9
"""Measurements kept; the oldest go first."""


def remember_link_speed(database: Database, bytes_per_s: float) -> None:
    """Keep the rate of a finished download."""
    database.write("INSERT INTO link_speed VALUES (?, ?)", (time.time(), bytes_per_s))
    database.write(
        "DELETE FROM link_speed WHERE rowid NOT IN"
        " (SELECT rowid FROM link_speed ORDER BY measured_at DESC, rowid DESC LIMIT ?)",
        (KEEP,),
    )


def link_speed(database: Database) -> float | None:
    """The median rate of the last downloads in bytes a second; None before the first."""
    rows = database.rows(
        "SELECT bytes_per_s FROM link_speed ORDER BY measured_at DESC, rowid DESC LIMIT ?", (KEEP,)
    )
    return statistics.median(float(str(row[0])) for row in rows) if rows else None
