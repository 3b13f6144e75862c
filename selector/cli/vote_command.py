# SPDX-License-Identifier: Apache-2.0
"""``petit vote``."""

from __future__ import annotations

import argparse
import sys

from selector.cli.console import Screen
from selector.cli.label_command import saved, show_decision
from selector.cli.trial_command import report
from selector.desk.desk import Desk
from selector.desk.requests import VoteRequest
from selector.desk.voting import VoteSession
from selector.reference import short_reference

_KEYS = {"l": "left", "r": "right", "t": "tie", "s": "skip"}


def vote(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    """Ask which of two answers is better, without names, and decide."""
    request = VoteRequest(
        refs=tuple(options.refs),
        task=options.task,
        data=options.data,
        budget=options.budget,
        answers=options.answers,
        input_column=options.input_column,
        margin=options.margin,
        confidence=options.confidence,
        cost=options.cost,
        seed=options.seed,
        labels=options.labels,
        send=options.send,
        repeats=options.repeats,
    )
    with desk.vote(request, report(screen)) as session:
        if not screen.as_json and sys.stdin.isatty():
            ask(session, screen)
        file = saved(session)
        if screen.as_json:
            screen.document({**session.to_json(), "file": file})
            return
        show(session, screen)
        if file:
            screen.say(screen.wording.text("cli.saved", path=file), "dim")


def ask(session: VoteSession, screen: Screen) -> None:
    """Ask on the terminal until it is decided, the budget is spent or the person stops (q)."""
    words = screen.wording
    while (question := session.question) is not None:
        progress = session.progress
        screen.say()
        facts = {"done": progress.done, "budget": progress.budget}
        screen.say(words.text("cli.vote.question", **facts), "dim")
        screen.say(question.input, "bold")
        for side, answer in zip(("left", "right"), question.answers, strict=True):
            screen.say(words.text(f"cli.vote.{side}"), "dim")
            screen.say(answer or words.text("cli.vote.nothing"))
        screen.note(words.text("cli.vote.keys"))
        line = sys.stdin.readline()
        said = line.strip().lower()
        if not line or said == "q":
            return
        if said == "u":
            session.undo()
        elif said in _KEYS:
            session.vote(_KEYS[said])
        else:
            screen.note(words.text("cli.label.not_a_key"))


def show(session: VoteSession, screen: Screen) -> None:
    """Win rates, then the decision and why."""
    words = screen.wording
    names = ("model", "win_rate", "interval", "good_enough", "votes")
    rows = []
    for row in session.state["models"]:
        low, high = row["interval"]
        rows.append(
            (
                short_reference(row["ref"]),
                words.percent(row["score"]),
                f"{words.percent(low)} … {words.percent(high)}",
                words.percent(row["good_enough"]),
                row["judged"],
            )
        )
    screen.table([words.text(f"cli.column.{name}") for name in names], rows, range(1, 5))
    screen.say()
    show_decision(session, screen)
    facts = {"votes": session.progress.done, "budget": session.progress.budget}
    screen.say(words.text("cli.vote.basis", **facts, n=len(session.inputs)), "dim")
