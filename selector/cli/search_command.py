# SPDX-License-Identifier: Apache-2.0
"""``petit search`` and ``petit fit``."""

from __future__ import annotations

import argparse

from selector.cli.console import Screen
from selector.desk.desk import Desk
from selector.desk.requests import SearchRequest, SearchWait
from selector.fit.base import Fit
from selector.hub.candidate import SearchResult, Variant
from selector.hub.explained import Explained, change_lines, memory_line, speed_lines
from selector.hub.filters import SHOWABLE
from selector.hub.preflight import said
from selector.hub.score import Weights
from selector.hub.why import why_text

_EXPLAINED = 5
"""Candidates whose sentence is printed below the table."""


def fit_cells(screen: Screen, fit: Fit) -> tuple[str, str, str]:
    """Verdict, memory and speed for a table."""
    words = screen.wording
    verdict = words.text(f"fit.{fit.verdict}")
    memory = "–" if fit.memory_bytes is None else f"≈ {words.bytes(fit.memory_bytes.expected)}"
    speed = (
        "–" if fit.speed is None else f"≈ {words.number(fit.speed.expected, 2)} {fit.speed_unit}"
    )
    return verdict, memory, speed


def _request(options: argparse.Namespace) -> SearchRequest:
    return SearchRequest(
        task=options.task,
        query=options.query,
        language=options.language,
        licence=options.licence,
        min_params=options.min_params,
        max_params=options.max_params,
        max_memory=options.max_memory,
        max_download=options.max_download,
        gated=options.gated,
        library=options.library,
        updated_since=options.updated_since,
        show=tuple(dict.fromkeys(name for name in options.show if name != "all")),
        sort=options.sort,
        limit=options.limit,
        show_all=options.show_all or "all" in options.show,
    )


def _tell_hidden(screen: Screen, found: SearchResult) -> None:
    """How many each filter hides, and what brings them back."""
    words = screen.wording
    liftable = {
        key: count.hidden
        for key, count in found.filters.items()
        if key.removeprefix("removed.") in SHOWABLE and count.hidden
    }
    if not liftable:
        return
    screen.say(words.text("cli.lift"))
    told = {
        key: words.text("cli.lift_line", n=n, why=words.text(key)) for key, n in liftable.items()
    }
    width = max(len(line) for line in told.values())
    for key, line in sorted(told.items(), key=lambda item: -liftable[item[0]]):
        name = key.removeprefix("removed.").replace("_", "-")
        screen.say(f"  {line.ljust(width)}  --show {name}")


def _tell_source(screen: Screen, found: SearchResult) -> None:
    words = screen.wording
    removed = ", ".join(f"{count} {words.text(key)}" for key, count in found.removed.items())
    source = found.source if found.source == "hub" or found.age_s else "disk"
    screen.say()
    if found.cause and words.has(key := f"cli.cause_{found.cause.removeprefix('hub.')}"):
        screen.say(words.text(key), style="bold")
    screen.say(
        words.text(
            f"cli.scanned_{source}",
            n=found.scanned,
            removed=removed or "0",
            age=words.age(found.age_s),
        )
    )


def search(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    """Candidates for a task, best first, and what the filters removed."""
    words = screen.wording

    def waiting(wait: SearchWait) -> None:
        screen.countdown(
            words.text(f"cli.waiting_{wait.reason}", seconds=round(wait.seconds_left))
            if wait.seconds_left
            else ""
        )

    desk.weights = Weights.read(options.weights)
    found = desk.search(_request(options), on_wait=waiting)
    if screen.as_json:
        screen.document(found.to_json())
        return
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
                "–" if item.downloads is None else words.count(item.downloads),
                ", ".join(words.text(risk.code, **risk.facts) for risk in item.risks),
            )
        )
    columns = [words.text(f"cli.column.{name}") for name in (
        "model", "size", "download", "fit", "memory", "speed", "licence", "downloads", "risks")]  # fmt: skip
    screen.table(columns, rows, numbers=(1, 2, 4, 5, 7))
    screen.say()
    for item in found.candidates[:_EXPLAINED]:
        screen.say(words.text("cli.why", name=item.repo, why=why_text(item.why, words)))
    _tell_source(screen, found)
    _tell_hidden(screen, found)


def fit(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    """What is known of named models before their download, and what Petit expects of them here."""
    found = desk.fit(options.refs, options.task)
    if screen.as_json:
        rows = [{"ref": ref, **examined.to_json()} for ref, examined in found]
        screen.document({"models": rows})
        return
    words = screen.wording
    columns = [words.text(f"cli.column.{name}") for name in ("model", "fit", "memory", "speed")]
    table = [(ref, *fit_cells(screen, examined.candidate.fit)) for ref, examined in found]
    screen.table(columns, table, numbers=(2, 3))
    for ref, examined in found:
        screen.say()
        screen.say(ref, style="bold")
        screen.say(f"  {why_text(examined.candidate.why, words)}")
        for check in examined.preflight.checks:
            screen.say("  " + ". ".join(filter(None, said(check, words))))
        if examined.explained is not None:
            _say_fit(screen, examined.explained)
        for variant in examined.candidate.variants:
            screen.say(f"  {_form(screen, variant)}", style="" if variant.usable else "dim")


def _say_fit(screen: Screen, explained: Explained) -> None:
    words = screen.wording
    for line in (memory_line(explained.fit, words), *speed_lines(explained.fit, words)):
        if line:
            screen.say(f"  {line}")
    if lines := change_lines(explained, words):
        screen.say(f"  {words.text('would_take.title')}:")
        for line in lines:
            screen.say(f"    {line}")


def _form(screen: Screen, variant: Variant) -> str:
    words = screen.wording
    size = "–" if variant.download_bytes is None else words.bytes(variant.download_bytes)
    reason = words.text(variant.reason.code, **variant.reason.facts)
    name = f"#{variant.engine}-{variant.precision}" if variant.engine else variant.precision
    key = "cli.form" if variant.usable else "cli.form_unusable"
    return words.text(key, name=name, format=variant.format, size=size, reason=reason)
