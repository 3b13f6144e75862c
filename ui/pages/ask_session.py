# SPDX-License-Identifier: Apache-2.0
"""What a person can be asked about a project's examples, and the session that asks. Opening one blocks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from selector.decide.data import Examples
from selector.decide.verdict_facts import Basis
from selector.desk.asking import AskingSession
from selector.desk.asking_desk import ASKABLE
from selector.desk.desk import Desk
from selector.desk.requests import LabelRequest, OnTrial, VoteRequest
from selector.errors import Cancelled
from selector.store.projects import Project
from selector.tasks.base import Task

MEASURED = ("parameters", "memory", "latency", "download")
"""Meanings of small that need no price table."""
REPEATS = {"labels": 0.05, "votes": 0.1}
"""Shares of questions that come twice: how sure the person is must be known."""


def ways_of(task: Task | None, examples: Examples | None) -> tuple[Basis, ...]:
    """What a person can be asked about these examples, the better way first."""
    if task is None or examples is None or task.output_kind not in ASKABLE:
        return ()
    if examples.labels is None:
        return ("labels",) if task.output_kind == "labels" else ("votes", "labels")
    return ("votes",) if task.output_kind == "text" else ()


class Held:
    """The open session; outlives the page's widgets, so that it can be closed when they go."""

    def __init__(self) -> None:
        self.session: AskingSession | None = None

    def close(self) -> None:
        """End it, if there is one."""
        session, self.session = self.session, None
        if session is not None:
            session.close()


def opening(
    desk: Desk,
    project: Project,
    refs: tuple[str, ...],
    way: Basis,
    budget: int,
    *,
    send: bool = False,
    back: bool = False,
) -> Callable[[Callable[[], bool], OnTrial], AskingSession]:
    """A call for the background that runs the models and opens the session.

    ``send``: the user agreed to what a chat endpoint gets; ``back``: take the last answer back first.
    """
    cost = project.extra.get("cost", "parameters")
    common: dict[str, Any] = {
        "refs": refs,
        "task": project.task,
        "data": Path(project.data_path or ""),
        "budget": budget,
        "input_column": project.input_column,
        "margin": project.margin,
        "cost": cost if cost in MEASURED else "parameters",
        "send": send,
        "repeats": REPEATS[way],
    }

    def call(cancelled: Callable[[], bool], progress: OnTrial) -> AskingSession:
        session: AskingSession
        if way == "votes":
            session = desk.vote(VoteRequest(**common), progress, cancelled)
        else:
            session = desk.label(LabelRequest(**common), progress, cancelled)
        if cancelled():
            session.close()
            raise Cancelled
        if back:
            session.undo(cancelled)
        return session

    return call
