# SPDX-License-Identifier: Apache-2.0
"""Outputs of contestants on the user's data, so that an interrupted evaluation resumes to the item."""

from __future__ import annotations

import json

from selector.store.database import Database
from selector.tasks.outputs import Output, from_json, to_json


def remember_output(
    database: Database, data: str, task: str, ref: str, item: int, output: Output, seconds: float
) -> None:
    """Commit one output of ``ref`` for example ``item`` of the data with hash ``data``."""
    database.write(
        "INSERT OR REPLACE INTO output VALUES (?, ?, ?, ?, ?, ?)",
        (data, task, ref, item, json.dumps(to_json(output)), seconds),
    )


def known_outputs(
    database: Database, data: str, task: str, ref: str
) -> dict[int, tuple[Output, float]]:
    """Outputs already there: example number to (output, seconds). Unreadable rows are left out."""
    found: dict[int, tuple[Output, float]] = {}
    rows = database.rows(
        "SELECT item, output, seconds FROM output WHERE data_sha256 = ? AND task = ? AND ref = ?",
        (data, task, ref),
    )
    for item, text, seconds in rows:
        try:
            found[int(str(item))] = (from_json(json.loads(str(text))), float(str(seconds)))
        except (ValueError, KeyError, TypeError):
            continue
    return found
