# SPDX-License-Identifier: Apache-2.0
"""``petit export``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from selector.cli.console import Screen
from selector.cli.decision_input import names_decision, reason_line
from selector.cli.trial_command import report
from selector.desk.desk import Desk


def export(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    """Write a decision, or a model taken without one, in a form to run elsewhere."""
    done = desk.export(_document(desk, options), options.format, options.out, report(screen))
    if screen.as_json:
        notes = [note.to_json() for note in done.notes]
        screen.document({"files": [str(file) for file in done.files], "notes": notes})
        return
    for file in done.files:
        screen.say(str(file))
    for note in done.notes:
        screen.note(reason_line(screen, note), style="yellow")


def _document(desk: Desk, options: argparse.Namespace) -> dict[str, Any]:
    if names_decision(options.source):
        document = desk.open_decision(Path(options.source))
        return desk.take(document, options.model) if options.model else document
    return desk.unmeasured(options.source, options.task)
