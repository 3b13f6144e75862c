# SPDX-License-Identifier: Apache-2.0
"""``petit search`` and ``petit fit``."""

from __future__ import annotations

import argparse

from selector.cli.console import Screen
from selector.desk.desk import Desk
from selector.desk.requests import SearchRequest
from selector.fit.base import Fit


def fit_cells(screen: Screen, fit: Fit) -> tuple[str, str, str]:
    """Verdict, memory and speed for a table."""
    words = screen.wording
    verdict = words.text(f"fit.{fit.verdict}")
    memory = "–" if fit.memory_bytes is None else f"≈ {words.bytes(fit.memory_bytes.expected)}"
    speed = (
        "–" if fit.speed is None else f"≈ {words.number(fit.speed.expected, 2)} {fit.speed_unit}"
    )
    return verdict, memory, speed


def search(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    """Candidates for a task, best first, and what the filters removed."""
    request = SearchRequest(
        task=options.task,
        query=options.query,
        language=options.language,
        licence=options.licence,
        max_params=options.max_params,
        max_memory=options.max_memory,
        sort=options.sort,
        limit=options.limit,
        show_all=options.show_all,
    )
    found = desk.search(request)
    if screen.as_json:
        screen.document(found.to_json())
        return
    words = screen.wording
    rows = []
    for item in found.candidates:
        size = item.facts.parameters
        rows.append(
            (
                item.repo,
                "–" if size is None else words.parameters(size),
                "–" if item.download_bytes is None else words.bytes(item.download_bytes),
                *fit_cells(screen, item.fit),
                item.licence.id or "–",
                words.count(item.downloads),
                ", ".join(words.text(risk.code, **risk.facts) for risk in item.risks),
            )
        )
    columns = [words.text(f"cli.column.{name}") for name in (
        "model", "size", "download", "fit", "memory", "speed", "licence", "downloads", "risks")]  # fmt: skip
    screen.table(columns, rows, numbers=(1, 2, 4, 5, 7))
    removed = ", ".join(
        f"{count} {words.text(key)}" for key, count in found.removed.items() if count
    )
    screen.say()
    screen.say(words.text(f"cli.scanned_{found.source}", n=found.scanned, removed=removed or "0"))


def fit(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    """Predictions for named models."""
    found = desk.fit(options.refs, options.task)
    if screen.as_json:
        screen.document({"models": [{"ref": ref, "fit": fit.to_json()} for ref, fit in found]})
        return
    columns = [
        screen.wording.text(f"cli.column.{name}") for name in ("model", "fit", "memory", "speed")
    ]
    screen.table(columns, [(ref, *fit_cells(screen, fit)) for ref, fit in found], numbers=(2, 3))
