# SPDX-License-Identifier: Apache-2.0
"""``petit machine``."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from selector.cli.console import Screen
from selector.desk.desk import Desk
from selector.desk.machine_text import report
from selector.machine.codec import machine_to_json
from selector.machine.overrides import NAMES, parse_override


def machine(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    """What this computer is; before that, what the user says of it. Raises BadSetting, StoreProblem."""
    changes: dict[str, int | str | None] = {}
    for name in options.unset or ():
        changes |= dict.fromkeys(NAMES if name == "all" else (name,))
    changes |= dict(parse_override(text) for text in options.set or ())
    if changes:
        desk.set_by_hand(changes)
    found = desk.calibrate(lambda _: None) if options.calibrate else desk.machine()
    again, engines = desk.worth_measuring_again(found), desk.engines()
    if screen.as_json:
        told = {"engines": engines, "outdated": [asdict(each) for each in again]}
        screen.document({**machine_to_json(found), **told})
        return
    lines = report(found, engines, again, screen.wording)
    notes = len(found.unknown)
    for line in lines[: len(lines) - notes]:
        screen.say(line)
    if found.calibration is None:
        screen.say(screen.wording.text("cli.not_calibrated"))
    for line in found.unknown:
        screen.note(line)
