# SPDX-License-Identifier: Apache-2.0
"""How fast this link to the Hub was, from downloads that finished."""

from __future__ import annotations

import math
import time
from statistics import median

from selector.store.database import Database

KEEP = 15
"""Downloads remembered; links change, so the old ones go."""


def remember_link_speed(database: Database, bytes_per_s: float) -> None:
    """Keep the rate of one finished download; a rate that is none is passed over."""
    if not (math.isfinite(bytes_per_s) and bytes_per_s > 0):
        return
    database.write(
        "INSERT INTO link_speed (measured_at, bytes_per_s) VALUES (?, ?)",
        (time.time(), float(bytes_per_s)),
    )
    database.write(
        "DELETE FROM link_speed WHERE id NOT IN (SELECT id FROM link_speed ORDER BY id DESC LIMIT ?)",
        (KEEP,),
    )


def link_speed(database: Database) -> float | None:
    """Bytes a second: the median of the last downloads; None until one was measured."""
    rows = database.rows("SELECT bytes_per_s FROM link_speed")
    return median(float(str(row[0])) for row in rows) if rows else None
