# SPDX-License-Identifier: Apache-2.0
"""A session of labelling over outputs of contestants, as plain data for whoever shows it.

Questions come in rounds of ``ROUND``: a round is drawn at once, and the next one when it is answered.
So the same answers lead to the same questions whether they come one by one, in a file, or in another
order, and a session resumes from its answers alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, cast, get_args

from selector.decide.asked import field_of
from selector.decide.labels import LabelQueue
from selector.decide.rules import Rules
from selector.errors import BadSetting
from selector.hub.candidate import Reason

ROUND = 5
Kind = Literal["label", "none", "skip"]
"""A label; none of the answers is right; the person cannot tell."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the person said about one input."""

    index: int
    label: str
    kind: Kind = "label"
    margin: float | None = None
    """By which it was asked for; None: by that of the session."""


def said_from_json(data: Mapping[str, Any]) -> Said:
    """From ``index``, ``label`` and ``kind``. Raises BadSetting, KeyError, TypeError or ValueError."""
    kind = str(data.get("kind") or ("label" if data.get("label") else "none"))
    if kind not in get_args(Kind):
        raise BadSetting(setting="kind", value=kind[:40], allowed=", ".join(get_args(Kind)))
    margin = float(data["margin"]) if data.get("margin") not in {None, ""} else None
    return Said(int(data["index"]), str(data.get("label") or ""), cast("Kind", kind), margin)


class Labelling:
    """A queue, its budget and who is known to have failed."""

    def __init__(
        self, queue: LabelQueue, budget: int, margin: float, failed: Sequence[Reason] = ()
    ) -> None:
        self._queue, self._budget, self._failed = queue, budget, tuple(failed)
        self._margin = self._now = margin

    def answer(self, said: Mapping[str, Any]) -> None:
        """One more answer, as ``said_from_json`` reads it. Raises BadSetting for no such input."""
        self._take(said_from_json(said))

    def _take(self, said: Said) -> None:
        if said.kind == "skip":
            self._queue.skip(said.index)
        else:
            self._queue.answer(said.index, said.label if said.kind == "label" else None)

    def replay(self, answers: Sequence[Said]) -> None:
        """Give the answers of an earlier session, round by round as they were asked for.

        What was never asked for comes last and counts for itself alone. Questions follow from the
        margin, so answers that were asked for by another one are replayed by it.
        """
        for margin, group in groupby(answers, lambda x: x.margin or self._margin):
            self._by(margin)
            self._replay(list(group))
        self._queue.next_batch(ROUND)  # drawn before the margin changed
        self._by(self._margin)

    def _by(self, margin: float) -> None:
        if margin != self._now:
            self._now = margin
            self._queue.change_margin(margin)

    def _replay(self, left: list[Said]) -> None:
        while (asked := self._queue.next_batch(ROUND)) and left:
            found = next((x for x in left if x.index in asked), None)
            if found is None:
                break
            left.remove(found)
            self._take(found)
        for said in left:
            self._take(said)

    def undo(self) -> None:
        """Take the last answer back."""
        self._queue.undo()

    def state(self) -> dict[str, Any]:
        """What to ask next, what is known, and the decision, as JSON."""
        room = max(0, self._budget - self._queue.labels)
        asked = self._queue.next_batch(ROUND)[:room]
        decision = self._queue.decision.to_json()
        decision["caveats"] += [x.to_json() for x in self._failed]
        if not room and decision["status"] == "undecided":
            spent = Reason("caveat.budget_spent", {"budget": self._budget})
            decision["caveats"].append(spent.to_json())
        models = decision.pop("models")
        decision.pop("n")
        for row in models:
            row["judged"] = self._queue.labels
        return {
            "next": [{"index": i, "choices": list(self._queue.choices(i))} for i in asked],
            "labels": self._queue.labels,
            "done": self._queue.labels,
            "budget": self._budget,
            "open": self._queue.open,
            "best": self._queue.best,
            "running": list(self._queue.running),
            "models": models,
            "decision": decision,
        }


def start(content: Mapping[str, Any], rules: Rules, budget: int, repeats: float) -> Labelling:
    """A session over ``contestants`` and ``measurements``, with the ``answers`` given so far.

    Raises:
        BadSetting: a rule, the budget or an answer out of range.
        DataEmpty: no contestant gave an output that can be labelled.
    """
    rules.check()
    if budget < 1:
        raise BadSetting(setting="budget", value=budget, allowed="1 or more")
    entered = field_of(content, rules.cost)
    queue = LabelQueue(
        entered.answers,
        entered.costs,
        rules.margin,
        rules.confidence,
        rules.seed,
        repeats=repeats,
        cost=rules.cost,
    )
    session = Labelling(queue, budget, rules.margin, entered.failed)
    session.replay([said_from_json(x) for x in content.get("answers", ())])
    return session
