# SPDX-License-Identifier: Apache-2.0
"""What real runs took beside what was predicted, kept for the machine they ran on."""

from __future__ import annotations

from typing import Literal

from selector.machine.facts import Experience
from selector.store.database import Database

_MOST_RUNS = 200
"""Older runs count as no more than this many: libraries and systems change."""
_MOST_FAMILIES = 500


def remember_experience(database: Database, one: Experience, fingerprint: str) -> None:
    """Add what ``one`` says to what is kept for machines with ``fingerprint``."""
    database.write(
        "INSERT INTO experience (quantity, engine, family, runs, mean_log, fingerprint)"
        " VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (fingerprint, quantity, engine, family) DO UPDATE SET"
        " mean_log = (mean_log * MIN(runs, ?) + excluded.mean_log * excluded.runs)"
        " / (MIN(runs, ?) + excluded.runs),"
        " runs = runs + excluded.runs",
        (
            one.quantity, one.engine, one.family, one.runs, one.mean_log, fingerprint,
            _MOST_RUNS, _MOST_RUNS,
        ),
    )  # fmt: skip


def recall_experience(database: Database, fingerprint: str) -> tuple[Experience, ...]:
    """Everything kept for machines with ``fingerprint``; the families with the most runs first."""
    rows = database.rows(
        "SELECT quantity, engine, family, runs, mean_log FROM experience WHERE fingerprint = ?"
        " ORDER BY runs DESC LIMIT ?",
        (fingerprint, _MOST_FAMILIES),
    )
    found = []
    for quantity, engine, family, runs, mean_log in rows:
        known: Literal["memory", "speed"] = "memory" if quantity == "memory" else "speed"
        if isinstance(runs, int) and isinstance(mean_log, float):
            found.append(Experience(known, str(engine), str(family), runs, mean_log))
    return tuple(found)
