# SPDX-License-Identifier: Apache-2.0
"""A session of blind votes over outputs of contestants, as plain data for whoever shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from selector.decide.asked import Field, field_of
from selector.decide.rules import Rules
from selector.decide.votes import VoteQueue


class Voting:
    """A queue of votes and who is known to have failed."""

    def __init__(self, queue: VoteQueue, entered: Field) -> None:
        self._queue, self._entered = queue, entered

    def answer(self, said: Mapping[str, Any]) -> None:
        """One vote: ``index``, ``left``, ``right`` and ``said``. Raises BadSetting."""
        index, left, right = int(said["index"]), str(said["left"]), str(said["right"])
        self._queue.record(index, left, right, str(said["said"]))

    def undo(self) -> None:
        """Take the last vote back."""
        self._queue.undo()

    def state(self) -> dict[str, Any]:
        """What to ask next, what is known, and the decision, as JSON."""
        shown = self._queue.next_index()
        decision = self._queue.decision.to_json()
        decision["caveats"] += [x.to_json() for x in self._entered.failed]
        models = decision.pop("models")
        decision.pop("n")
        for row in models:
            row["judged"] = self._queue.judged(row["ref"])
        asked = (
            () if shown is None else (dict(zip(("index", "left", "right"), shown, strict=True)),)
        )
        return {
            "next": list(asked),
            "votes": self._queue.votes,
            "done": self._queue.votes,
            "budget": self._queue.budget,
            "best": self._queue.best,
            "running": list(self._queue.running),
            "models": models,
            "decision": decision,
        }


def start(content: Mapping[str, Any], rules: Rules, budget: int, repeats: float) -> Voting:
    """A session over ``contestants`` and ``measurements``, with the ``answers`` given so far.

    Votes on models that do not take part any more are left out.

    Raises:
        BadSetting: a rule, the budget or a vote out of range, or not two to four models that answered.
        DataEmpty: no contestant gave an output that can be shown.
    """
    rules.check()
    entered = field_of(content, rules.cost)
    inputs = {name: len(said) for name, said in entered.answers.items()}
    queue = VoteQueue(
        tuple(inputs),
        max(inputs.values()),
        rules.margin,
        rules.confidence,
        rules.seed,
        costs=entered.costs,
        budget=budget,
        repeats=repeats,
        cost=rules.cost,
        outputs=entered.answers,
    )
    session = Voting(queue, entered)
    for said in content.get("answers", ()):
        if {str(said["left"]), str(said["right"])} <= inputs.keys():
            session.answer(said)
    return session
