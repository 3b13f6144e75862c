# SPDX-License-Identifier: Apache-2.0
"""``petit tasks``."""

from __future__ import annotations

import argparse

from selector.cli.console import Screen
from selector.desk.desk import Desk


def tasks(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    """Tasks, best match first."""
    found = desk.match_tasks(" ".join(options.words))
    language = screen.wording.language
    if screen.as_json:
        rows = [
            {
                "id": task.id,
                "title": task.title[language],
                "modality": task.modality,
                "score": score,
            }
            for task, score in found
        ]
        screen.document({"tasks": rows})
        return
    for task, score in found:
        screen.say(f"{task.id}   {task.title[language]}", "bold" if score else "")
        screen.say(f"    {task.purpose[language]}")
