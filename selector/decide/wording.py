# SPDX-License-Identifier: Apache-2.0
"""Why a verdict is what it is: catalogue codes and facts, never sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from selector.decide.choice import Choice
from selector.decide.contest import Entrant
from selector.decide.rules import Rules
from selector.decide.verdict_facts import Score
from selector.hub.candidate import Reason

_NOTABLE = 1.2
"""A ratio of times below this is within what a second run would change."""


def reasons(
    alive: Sequence[Entrant],
    scores: Mapping[str, Score],
    choice: Choice,
    best: int,
    rules: Rules,
) -> list[Reason]:
    """The reasons, the weightiest first.

    Args:
        alive: contestants that did not fail, smallest first.
        scores: by reference.
        choice: positions in ``alive``.
        best: position of the best observed score.
        rules: what was asked.
    """
    mine = alive[choice.position]
    refs, prices = [x.ref for x in alive], [x.cost for x in alive]
    found = why(refs, prices, scores, choice, best, rules)
    found += _same_answers(alive, choice.position)
    found += beaten(refs, scores, choice, rules.margin)
    if choice.decided and choice.position != best:
        found += _faster(scores[mine.ref], scores[alive[best].ref], mine, alive[best])
    return found


def why(
    refs: Sequence[str],
    prices: Sequence[float | None],
    scores: Mapping[str, Score],
    choice: Choice,
    best: int,
    rules: Rules,
) -> list[Reason]:
    """Why this choice, or why none yet. Models in order of cost; ``best`` is a position."""
    mine = refs[choice.position]
    facts: dict[str, Any] = {
        **_difference(scores[mine]),
        "best": refs[best],
        "margin": rules.margin,
        "cost": rules.cost,
        "times_smaller": _ratio(prices[best], prices[choice.position]),
    }
    unresolved = [
        Reason("reason.open", _difference(scores[refs[i]]) | {"margin": rules.margin})
        for i in choice.open
        if i != choice.position
    ]
    if not choice.decided:
        first = Reason("reason.provisional", facts | {"confidence": rules.confidence})
        return [first, *unresolved]
    if unresolved:
        return [Reason("reason.certified", facts), *unresolved]
    if len(refs) == 1:
        return [Reason("reason.only_one", _level(scores[mine]))]
    if choice.position == best and scores[mine].score is not None:
        return [Reason("reason.best_score", _level(scores[mine]))]
    if choice.position == best:
        return [Reason("reason.ahead", facts)]
    return [Reason("reason.smallest_good_enough", facts)]


def beaten(
    refs: Sequence[str], scores: Mapping[str, Score], choice: Choice, margin: float
) -> list[Reason]:
    """One reason for each smaller model that is almost surely not good enough."""
    return [
        Reason("reason.ruled_out", _difference(scores[refs[i]]) | {"margin": margin})
        for i in choice.ruled_out
    ]


def _level(score: Score) -> dict[str, Any]:
    low, high = score.interval or (None, None)
    return {
        "ref": score.ref,
        "score": score.score,
        "low": low,
        "high": high,
        "probability": score.good_enough,
    }


def _difference(score: Score) -> dict[str, Any]:
    low, middle, high = score.difference or (None, None, None)
    return {
        "ref": score.ref,
        "difference": middle,
        "difference_low": low,
        "difference_high": high,
        "probability": score.good_enough,
    }


def _ratio(above: float | None, below: float | None) -> float | None:
    return None if above is None or not below else above / below


def _same_answers(alive: Sequence[Entrant], position: int) -> list[Reason]:
    """Larger contestants that said exactly the same are worth a word."""
    mine = alive[position]
    same = [x.ref for x in alive[position + 1 :] if x.answers == mine.answers]
    return [Reason("reason.same_answers", {"ref": mine.ref, "others": same})] if same else []


def _faster(mine: Score, other: Score, a: Entrant, b: Entrant) -> list[Reason]:
    if a.measurement.shared or b.measurement.shared:
        return []
    ratio = _ratio(other.latency_s, mine.latency_s)
    if ratio is None or 1 / _NOTABLE < ratio < _NOTABLE:
        return []
    code = "reason.faster" if ratio > 1 else "reason.slower"
    times = ratio if ratio > 1 else 1 / ratio
    return [Reason(code, {"ref": mine.ref, "best": other.ref, "times": times})]
