# SPDX-License-Identifier: Apache-2.0
"""The calibration of this machine, kept with what it is valid for."""

from __future__ import annotations

import json
from dataclasses import asdict

from selector.machine.codec import calibration_from_json
from selector.machine.facts import Calibration
from selector.store.database import Database


def remember_calibration(database: Database, calibration: Calibration, fingerprint: str) -> None:
    """Keep ``calibration`` for machines with ``fingerprint``."""
    database.write(
        "INSERT OR REPLACE INTO machine VALUES (1, ?, ?)",
        (json.dumps(asdict(calibration)), fingerprint),
    )


def recall_calibration(database: Database, fingerprint: str) -> Calibration | None:
    """The kept calibration, if it was measured on a machine with ``fingerprint``.

    One from before engines were measured counts as none.
    """
    rows = database.rows("SELECT calibration FROM machine WHERE fingerprint = ?", (fingerprint,))
    if not rows:
        return None
    try:
        return calibration_from_json(json.loads(str(rows[0][0])))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
