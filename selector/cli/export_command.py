# SPDX-License-Identifier: Apache-2.0
"""``petit export``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from selector.cli.console import Screen
from selector.desk.desk import Desk


def export(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    """Write a decision, or a model taken without one, in a form to run elsewhere."""
    files = desk.export(_document(desk, options), options.format, options.out)
    if screen.as_json:
        screen.document({"files": [str(file) for file in files]})
        return
    for file in files:
        screen.say(str(file))


def _document(desk: Desk, options: argparse.Namespace) -> dict[str, Any]:
    source = Path(options.source)
    # ``bank/small.json`` could be a model's name: what lies on the disk is a file.
    if source.is_file() or options.source.endswith(".petit.json"):
        document = desk.open_decision(source)
        return desk.take(document, options.model) if options.model else document
    return desk.unmeasured(options.source, options.task)
