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
    found: list[Reason] = []
    facts: dict[str, Any] = {
        **_difference(scores[mine.ref]),
        "best": alive[best].ref,
        "margin": rules.margin,
        "cost": rules.cost,
        "times_smaller": _ratio(alive[best].cost, mine.cost),
    }
    if not choice.decided:
        found.append(Reason("reason.provisional", facts | {"confidence": rules.confidence}))
        found += [
            Reason("reason.open", _difference(scores[alive[i].ref]) | {"margin": rules.margin})
            for i in choice.open
            if i != choice.position
        ]
    elif len(alive) == 1:
        found.append(Reason("reason.only_one", _level(scores[mine.ref])))
    elif choice.position == best:
        found.append(Reason("reason.best_score", _level(scores[mine.ref])))
    else:
        found.append(Reason("reason.smallest_good_enough", facts))
    found += _same_answers(alive, choice.position)
    found += [
        Reason("reason.ruled_out", _difference(scores[alive[i].ref]) | {"margin": rules.margin})
        for i in choice.ruled_out
    ]
    if choice.decided and choice.position != best:
        found += _faster(scores[mine.ref], scores[alive[best].ref], mine, alive[best])
    return found


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
