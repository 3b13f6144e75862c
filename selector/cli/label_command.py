# SPDX-License-Identifier: Apache-2.0
"""``petit label``."""

from __future__ import annotations

import argparse
import sys

from selector.cli.console import Screen
from selector.cli.evaluate_command import reason_text
from selector.cli.trial_command import report
from selector.desk.asking import AskingSession
from selector.desk.desk import Desk
from selector.desk.labelling import LabelSession
from selector.desk.requests import LabelRequest
from selector.reference import short_reference

_MOST_KEYS = 9


def label(desk: Desk, screen: Screen, options: argparse.Namespace) -> None:
    """Ask for few labels where models disagree, and decide."""
    request = LabelRequest(
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
    with desk.label(request, report(screen)) as session:
        if not screen.as_json and sys.stdin.isatty():
            ask(session, screen)
        file = saved(session)
        if options.export is not None:
            session.export(options.export)
        if screen.as_json:
            screen.document({**session.to_json(), "file": file})
            return
        show(session, screen)
        if file:
            screen.say(screen.wording.text("cli.saved", path=file), "dim")


def saved(session: AskingSession) -> str | None:
    """Save what the answers prove; None while there is nothing to prove anything with."""
    return str(session.conclude().file) if session.progress.done or session.over else None


def ask(session: LabelSession, screen: Screen) -> None:
    """Ask on the terminal until it is decided, the budget is spent or the person stops (q)."""
    words = screen.wording
    while (question := session.question) is not None:
        choices, progress = question.answers, session.progress
        screen.say()
        facts = {"done": progress.done, "budget": progress.budget}
        screen.say(words.text("cli.label.question", **facts), "dim")
        screen.say(question.input, "bold")
        for key, choice in enumerate(choices[:_MOST_KEYS], 1):
            screen.say(f"  {key}  {choice}")
        screen.note(words.text("cli.label.keys", n=min(len(choices), _MOST_KEYS)))
        line = sys.stdin.readline()
        said = line.strip()
        if not line or said == "q":
            return
        if said == "u":
            session.undo()
        elif said == "s":
            session.skip()
        elif said == "n":
            session.choose(None)
        elif said.isdecimal() and 1 <= int(said) <= min(len(choices), _MOST_KEYS):
            session.choose(choices[int(said) - 1])
        elif said in choices[_MOST_KEYS:]:  # more answers than keys: it can be typed
            session.choose(said)
        else:
            screen.note(words.text("cli.label.not_a_key"))


def show(session: LabelSession, screen: Screen) -> None:
    """What to label next, then the decision and why."""
    words = screen.wording
    state = session.to_json()
    if state["next"]:
        names = ("index", "input", "answers")
        rows = [
            (x["index"], x["input"], " · ".join(str(c) for c in x["choices"]))
            for x in state["next"]
        ]
        screen.table([words.text(f"cli.label.column.{name}") for name in names], rows, (0,))
        screen.say()
    show_decision(session, screen)
    facts = {"labels": state["labels"], "n": state["n"], "budget": state["budget"]}
    screen.say(words.text("cli.label.basis", **facts), "dim")


def show_decision(session: AskingSession, screen: Screen) -> None:
    """Decided for whom, or for nobody yet, and why."""
    decision, words = session.decision, screen.wording
    key = decision.status if decision.decided else f"undecided_{session.basis}"
    ref = short_reference(decision.choice or session.progress.best)
    screen.say(words.text(f"cli.{key}", ref=ref), "bold")
    for reason in (*decision.reasons, *decision.caveats):
        screen.say(f"  · {reason_text(screen, reason)}")
