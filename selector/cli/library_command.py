# SPDX-License-Identifier: Apache-2.0
"""``petit pull``, ``petit library`` and ``petit remove``."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.progress import Progress, TaskID

from selector.cli.console import Screen, plain
from selector.desk.desk import Desk
from selector.desk.requests import DownloadProgress
from selector.engines.json_files import read_object
from selector.errors import Cancelled
from selector.hub.candidate import LocalModel
from selector.hub.library import Checked
from selector.hub.shelf import Entry
from selector.hub.stored_forms import StoredForm, stored_forms
from selector.reference import short_reference
from selector.wording import whole_seconds


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


class _Pulling:
    """Shows how downloads go: a bar for each model and, for several, one for all of them."""

    def __init__(self, screen: Screen, bars: Progress, several: int) -> None:
        self._screen, self._bars = screen, bars
        self._steps: dict[str, DownloadProgress] = {}
        self._known: dict[str, TaskID] = {}
        self._several = several
        words = screen.wording
        self._all = bars.add_task(words.text("cli.pull.all"), total=None) if several > 1 else None

    def moved(self, step: DownloadProgress) -> None:
        """Show one step of one model."""
        if step.ref not in self._known:
            self._known[step.ref] = self._bars.add_task(plain(step.ref), total=None)
        self._steps[step.ref] = step
        self._bars.update(
            self._known[step.ref],
            description=plain(self._said(step)),
            completed=step.done_bytes,
            total=step.total_bytes or None,
        )
        if self._all is not None:
            steps = self._steps.values()
            known = len(steps) == self._several and all(one.total_bytes for one in steps)
            self._bars.update(
                self._all,
                completed=sum(one.done_bytes for one in steps),
                total=sum(one.total_bytes for one in steps) if known else None,
            )

    def _said(self, step: DownloadProgress) -> str:
        state, name = step.state, short_reference(step.ref)
        if state not in {"waiting", "reconnecting", "sharing", "checking"}:
            return name
        if state == "reconnecting" and step.wait_s is None:
            state = "reconnecting_now"
        said = self._screen.wording.text(
            f"cli.pull.{state}", ref=name, wait=whole_seconds(step.wait_s)
        )
        if state in {"waiting", "reconnecting"} and not self._screen.err.is_terminal:
            self._screen.countdown(said)
        return said


def pull(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    """Download with progress; Ctrl-C keeps what came."""
    words, began = screen.wording, time.monotonic()
    with screen.progress() as bars:
        shown = _Pulling(screen, bars, len(set(options.refs)))
        try:
            models = desk.pull(options.refs, options.task, shown.moved)
        except (KeyboardInterrupt, Cancelled):
            screen.note(words.text("cli.pull.kept"))
            raise
    _show(screen, models)
    if not screen.as_json:
        taken = sum(model.bytes for model in models)
        spent = time.monotonic() - began
        screen.say(words.text("cli.pull.total", n=len(models), bytes=taken, spent=spent))


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
            + [
                model.to_json()
                | {"variants": [form.to_json() for form in _shipped_forms(model)], "shipped": True}
                for model in shipped
            ],
            "unfinished": [item.to_json() for item in shelf.leftovers],
            "made": [form.to_json() for form in shelf.made],
        }
        if checked is not None:
            document["checked"] = [one.to_json() for one in checked]
        if freed is not None:
            document["freed_bytes"] = freed
        screen.document(document)
        return
    columns = [
        words.text(f"cli.column.{name}")
        for name in ("model", "forms", "size", "frees", "used", "verified", "from")
    ]
    rows = [
        (
            short_reference(entry.ref),
            _forms(entry.variants),
            words.bytes(entry.bytes),
            words.bytes(entry.frees_bytes),
            _day(entry.last_used),
            words.text(f"cli.verified.{entry.verified}".lower()),
            words.text("cli.others" if entry.foreign else "cli.ours"),
        )
        for entry in shelf.entries
    ]
    rows += [
        (
            *(short_reference(m.ref), _forms(_shipped_forms(m)), words.bytes(m.bytes)),
            *("–", "–", words.text("cli.yes"), "Petit"),
        )
        for m in shipped
    ]
    rows += [
        (
            *(
                form.ref,
                f"{form.engine} {form.precision}",
                words.bytes(form.bytes),
                words.bytes(form.bytes),
            ),
            _day(form.last_used),
            words.text("cli.equal", share=form.fidelity.equal_answers),
            words.text("cli.made"),
        )
        for form in shelf.made
    ]
    screen.table(columns, rows, numbers=(2, 3))
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


def _shipped_forms(model: LocalModel) -> tuple[StoredForm, ...]:
    config = read_object(Path(model.path) / "config.json")
    return stored_forms(((path, size) for path, _, size in model.files), config)


def _forms(forms: Sequence[StoredForm]) -> str:
    return ", ".join(f"{form.format} {form.precision}" for form in forms) or "–"


def _day(moment: float | None) -> str:
    return "–" if moment is None else f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"


def remove(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    """Delete one; what another program has put there only with ``--yes``."""
    freed = desk.remove(options.ref, confirmed=options.yes)
    if screen.as_json:
        screen.document({"models": [{"ref": options.ref, "bytes": freed}]})
    else:
        screen.say(screen.wording.text("cli.removed", ref=options.ref, bytes=freed))
