# SPDX-License-Identifier: Apache-2.0
"""A decision beside the one that is made of the same models now, perhaps on another machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from selector.cli.console import Screen
from selector.cli.decision_input import show_differences
from selector.desk.desk import Desk
from selector.desk.requests import Evaluated
from selector.hub.candidate import Reason
from selector.reference import short_reference


@dataclass(frozen=True, slots=True)
class Again:
    """A decision and the one that was made of the same models now."""

    scores: tuple[tuple[str, float, float | None], ...]
    """Reference, score there, score here."""
    choice: tuple[str | None, str | None]
    differs: tuple[Reason, ...]

    def to_json(self) -> dict[str, Any]:
        """Every field."""
        return {
            "scores": [{"ref": a, "there": b, "here": c} for a, b, c in self.scores],
            "choice": {"there": self.choice[0], "here": self.choice[1]},
            "differs": [reason.to_json() for reason in self.differs],
        }


def compared_again(desk: Desk, document: Mapping[str, Any], done: Evaluated) -> Again:
    """Scores there and here, and what differs of examples, machine and libraries."""
    here = {row.ref: row.score for row in done.evaluation.models}
    chosen = (document["contestant"] or {}).get("ref")
    row = next((x for x in done.measurements if x.ref == chosen), None)
    differs = desk.differences(document, {} if row is None else row.versions)
    if document["data"]["sha256"] != done.evaluation.data_sha256:
        differs = (Reason("differs.data", {}), *differs)
    scores = tuple(
        (str(x["ref"]), float(x["score"]), here.get(x["ref"]))
        for x in document["models"]
        if x["score"] is not None
    )
    choice = (document["decision"]["choice"], done.evaluation.decision.choice)
    return Again(scores, choice, differs)


def show_again(screen: Screen, again: Again) -> None:
    """A table of the scores, and a line for each thing that differs."""
    words = screen.wording
    screen.say(words.text("cli.reproduced.title"), "bold")
    names = ("model", "there", "here")
    rows = [
        (short_reference(ref), words.percent(there), "–" if here is None else words.percent(here))
        for ref, there, here in again.scores
    ]
    screen.table([words.text(f"cli.column.{name}") for name in names], rows, numbers=(1, 2))
    show_differences(screen, again.differs)
