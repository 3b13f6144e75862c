# SPDX-License-Identifier: Apache-2.0
"""``petit bundle`` and ``petit import``: models for machines without a network."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from selector.cli.console import Screen
from selector.cli.decision_input import names_decision, reason_line
from selector.cli.trial_command import report
from selector.desk.desk import Desk
from selector.exports.bundle_manifest import Manifest


def bundle(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    """Models, or the chosen ones of decision files, in one file."""
    documents = [
        desk.open_decision(Path(word))
        if names_decision(word)
        else desk.unmeasured(word, options.task)
        for word in options.sources
    ]
    done = desk.bundle(documents, options.out, report(screen), _said(screen))
    screen.countdown("")
    if screen.as_json:
        screen.document(
            {
                "file": str(done.file),
                "bytes": done.bytes,
                "models": _models(done.manifest),
                "notes": [note.to_json() for note in done.notes],
            }
        )
        return
    for model in done.manifest.models:
        screen.say(model.ref)
    for note in done.notes:
        screen.note(reason_line(screen, note), style="yellow")
    screen.say(
        screen.wording.text("cli.bundle.written", path=str(done.file), size=done.bytes), "bold"
    )


def import_bundle(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    """Check a bundle and put its models into the model cache."""
    done = desk.import_bundle(options.file, _said(screen))
    screen.countdown("")
    if screen.as_json:
        models = [
            {
                "ref": model.ref,
                "revision": model.revision,
                "path": str(folder),
                "bytes": sum(file.size for file in model.files),
                "verified": True,
            }
            for model, folder in done.models
        ]
        decisions = [str(path) for path in done.decisions]
        screen.document({"models": models, "decisions": decisions, "verified": True})
        return
    words = screen.wording
    for model, _ in done.models:
        screen.say(words.text("cli.bundle.imported", ref=model.ref, n=len(model.files)))
    for path in done.decisions:
        screen.say(words.text("cli.saved", path=str(path)), "dim")


def _models(manifest: Manifest) -> list[dict[str, Any]]:
    return [
        {"ref": x.ref, "files": len(x.files), "bytes": sum(file.size for file in x.files)}
        for x in manifest.models
    ]


def _said(screen: Screen) -> Callable[[int, int], None]:
    def tell(done: int, total: int) -> None:
        screen.countdown(screen.wording.text("cli.bundle.moving", done=done, total=total))

    return tell
