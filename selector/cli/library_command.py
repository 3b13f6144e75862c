# SPDX-License-Identifier: Apache-2.0
"""``petit pull``, ``petit library`` and ``petit remove``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.progress import TaskID

from selector.cli.console import Screen, plain
from selector.desk.desk import Desk
from selector.desk.requests import DownloadProgress
from selector.errors import Cancelled
from selector.hub.candidate import LocalModel
from selector.hub.library import Checked
from selector.hub.shelf import Entry
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
    words = screen.wording
    with screen.progress() as bars:
        known: dict[str, TaskID] = {}

        def moved(step: DownloadProgress) -> None:
            if step.ref not in known:
                known[step.ref] = bars.add_task(plain(step.ref), total=None)
            name = short_reference(step.ref)
            if step.state in {"waiting", "sharing", "checking"}:
                name = words.text(f"cli.pull.{step.state}", ref=name, wait=step.wait_s)
            bars.update(
                known[step.ref],
                description=plain(name),
                completed=step.done_bytes,
                total=step.total_bytes or None,
            )

        try:
            models = desk.pull(options.refs, options.task, moved)
        except (KeyboardInterrupt, Cancelled):
            screen.note(words.text("cli.pull.kept"))
            raise
    _show(screen, models)


def library(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    """Everything on this computer; first swept and verified if asked for."""
    words = screen.wording
    freed = desk.sweep() if options.sweep else None
    checked = _verified(desk, screen) if options.verify else None
    shelf = desk.shelf()
    cached = {entry.path for entry in shelf.entries}
    shipped = [model for model in desk.library() if model.path not in cached]
    if screen.as_json:
        document: dict[str, Any] = {
            "models": [_entry_json(entry) for entry in shelf.entries]
            + [model.to_json() for model in shipped],
            "unfinished": [item.to_json() for item in shelf.leftovers],
        }
        if checked is not None:
            document["checked"] = [one.to_json() for one in checked]
        if freed is not None:
            document["freed_bytes"] = freed
        screen.document(document)
        return
    columns = [
        words.text(f"cli.column.{name}")
        for name in ("model", "size", "frees", "used", "verified", "from")
    ]
    rows = [
        (
            short_reference(entry.ref),
            words.bytes(entry.bytes),
            words.bytes(entry.frees_bytes),
            _day(entry.last_used),
            words.text(f"cli.verified.{entry.verified}".lower()),
            words.text("cli.others" if entry.foreign else "cli.ours"),
        )
        for entry in shelf.entries
    ]
    rows += [
        (short_reference(m.ref), words.bytes(m.bytes), "–", "–", words.text("cli.yes"), "Petit")
        for m in shipped
    ]
    screen.table(columns, rows, numbers=(1, 2))
    for ours in (True, False):
        left = [item.bytes for item in shelf.leftovers if item.ours is ours]
        if left:
            key = "cli.leftovers.ours" if ours else "cli.leftovers.others"
            screen.say(words.text(key, n=len(left), bytes=sum(left)))
    for one in checked or ():
        if one.damaged:
            screen.say(words.text("cli.damaged", ref=one.ref, files=list(one.damaged)), "bold red")
    if freed is not None:
        screen.say(words.text("cli.swept", bytes=freed))


def _verified(desk: Desk, screen: Screen) -> list[Checked]:
    with screen.progress() as bars:
        task = bars.add_task("", total=None)
        return desk.verify(
            None,
            lambda step: bars.update(
                task,
                description=plain(step.file),
                completed=step.done_bytes,
                total=step.total_bytes,
            ),
        )


def _entry_json(entry: Entry) -> dict[str, Any]:
    """The contract's fields first: ``verified`` says whether every file is known to be right."""
    return {**entry.to_json(), "verified": entry.verified is True, "checked": entry.verified}


def _day(moment: float | None) -> str:
    return "–" if moment is None else f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"


def remove(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    """Delete one; what another program has put there only with ``--yes``."""
    freed = desk.remove(options.ref, confirmed=options.yes)
    if screen.as_json:
        screen.document({"models": [{"ref": options.ref, "bytes": freed}]})
    else:
        screen.say(screen.wording.text("cli.removed", ref=options.ref, bytes=freed))
