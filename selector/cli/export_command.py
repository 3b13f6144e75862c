# SPDX-License-Identifier: Apache-2.0
"""``petit export``."""

from __future__ import annotations

import argparse
from pathlib import Path

from selector.cli.console import Screen
from selector.desk.desk import Desk


def export(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    """Write a decision in a form to run elsewhere."""
    document = desk.open_decision(Path(options.source))
    files = desk.export(document, options.format, options.out)
    if screen.as_json:
        screen.document({"files": [str(file) for file in files]})
        return
    for file in files:
        screen.say(str(file))
