# SPDX-License-Identifier: Apache-2.0
"""``petit pull``, ``petit library`` and ``petit remove``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from rich.progress import TaskID

from selector.cli.console import Screen, plain
from selector.desk.desk import Desk
from selector.desk.requests import DownloadProgress
from selector.hub.candidate import LocalModel
from selector.reference import short_reference


def _show(screen: Screen, models: Sequence[LocalModel]) -> None:
    if screen.as_json:
        screen.document({"models": [model.to_json() for model in models]})
        return
    words = screen.wording
    columns = [
        words.text(f"cli.column.{name}") for name in ("model", "download", "verified", "path")
    ]
    rows = [
        (
            short_reference(model.ref),
            words.bytes(model.bytes),
            words.text("cli.yes" if model.verified else "cli.no"),
            model.path,
        )
        for model in models
    ]
    screen.table(columns, rows, numbers=(1,))


def pull(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    """Download with progress; Ctrl-C keeps what came."""
    with screen.progress() as bars:
        known: dict[str, TaskID] = {}

        def moved(step: DownloadProgress) -> None:
            if step.ref not in known:
                known[step.ref] = bars.add_task(plain(step.ref), total=step.total_bytes)
            bars.update(known[step.ref], completed=step.done_bytes, total=step.total_bytes)

        models = desk.pull(options.refs, options.task, moved)
    _show(screen, models)


def library(desk: Desk, screen: Screen, _: argparse.Namespace) -> None:
    """Models on this computer."""
    _show(screen, desk.library())


def remove(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    """Delete one."""
    freed = desk.remove(options.ref)
    if screen.as_json:
        screen.document({"models": [{"ref": options.ref, "bytes": freed}]})
    else:
        screen.say(screen.wording.text("cli.removed", ref=options.ref, bytes=freed))
