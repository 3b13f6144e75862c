# SPDX-License-Identifier: Apache-2.0
"""An evaluation as sentences: the recommendation, its reasons, what limits it. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from selector.decide.verdict_facts import Evaluation, Score
from selector.hub.candidate import Reason
from selector.wording import Wording
from ui.models.scores_model import known, probability_text
from ui.models.short_names import short_name, short_names

_REFS = ("ref", "best", "others", "refs")
_NOTABLE = 1.05
_SMALL = 0.0005
_LEAST, _MOST = 0.001, 0.999


def points(value: float, wording: Wording) -> str:
    """Points without a sign or unit, with one decimal at the most."""
    return wording.number(round(abs(value) * 100, 1))


def names_of(evaluation: Evaluation) -> dict[str, str]:
    """Short names of the contestants."""
    return short_names(x.ref for x in evaluation.models)


def _score_of(evaluation: Evaluation, ref: str | None) -> Score | None:
    return next((x for x in evaluation.models if x.ref == ref), None)


def measured(evaluation: Evaluation) -> list[Score]:
    """Contestants that something is known of; from labels only their differences are."""
    if evaluation.basis == "labels":
        return [x for x in evaluation.models if x.error is None]
    return [x for x in evaluation.models if known(x.score) is not None]


def by_basis(key: str, evaluation: Evaluation) -> str:
    """The key of a sentence that counts examples, labels or votes."""
    return key if evaluation.basis == "examples" else f"{key}_{evaluation.basis}"


def basis_text(evaluation: Evaluation, wording: Wording) -> str:
    """What a person's judgement rests on and shows; nothing where examples were measured."""
    if evaluation.basis == "examples":
        return ""
    inputs = evaluation.inputs
    key = f"decide.basis.{evaluation.basis}"
    of = "" if inputs is None else wording.text("decide.basis.of", inputs=inputs)
    return wording.text(key, n=evaluation.n, of=of)


def headline(evaluation: Evaluation, wording: Wording) -> str:
    """The recommendation, or that there is none, in one sentence."""
    decision = evaluation.decision
    mine = _score_of(evaluation, decision.choice)
    alive = measured(evaluation)
    if decision.status != "decided" or mine is None:
        if not alive:
            return wording.text("decide.verdict.failed")
        return wording.text(by_basis("decide.verdict.undecided", evaluation), n=evaluation.n)
    name = names_of(evaluation).get(mine.ref, short_name(mine.ref))
    first = decision.reasons[0].code if decision.reasons else ""
    if first == "reason.certified":
        sure = probability_text(mine.good_enough or 0.0, wording)
        margin = points(evaluation.margin, wording)
        return wording.text("decide.verdict.certified", name=name, sure=sure, margin=margin)
    if first == "reason.smallest_good_enough":
        return wording.text(
            "decide.verdict.good",
            name=name,
            smaller=_smaller(decision.reasons[0].facts, wording),
            range=range_to_best(mine, wording),
            sure=probability_text(mine.good_enough or 0.0, wording),
            margin=points(evaluation.margin, wording),
        )
    key = "best_smallest" if alive and alive[0].ref == mine.ref else "best"
    if len(alive) == 1:
        key = "only"
    if evaluation.basis == "labels":
        return wording.text(f"decide.verdict.{key}_labels", name=name)
    low, high = mine.interval or (None, None)
    if known(low) is None or known(high) is None:
        key = "bare"
    if evaluation.basis == "votes":
        key = "votes"
    return wording.text(
        f"decide.verdict.{key}",
        name=name,
        score=_percent(mine.score, wording),
        low=_percent(low, wording),
        high=_percent(high, wording),
    )


def _percent(value: float | None, wording: Wording) -> str:
    return "–" if value is None or not math.isfinite(value) else wording.percent(value)


def _smaller(facts: Mapping[str, Any], wording: Wording) -> str:
    times = facts.get("times_smaller")
    size = facts.get("cost", "parameters") == "parameters"
    if not size or not isinstance(times, int | float) or not times >= _NOTABLE:
        return ""
    return wording.text("decide.verdict.smaller", times=wording.number(times, 2))


def range_to_best(score: Score, wording: Wording) -> str:
    """The interval of the difference to the best, in words."""
    if score.difference is None or not all(math.isfinite(x) for x in score.difference):
        return wording.text("decide.range.unknown")
    low, _, high = score.difference
    if max(abs(low), abs(high)) < _SMALL:
        return wording.text("decide.range.same")
    if low < 0 < high and min(-low, high) >= _SMALL:
        return wording.text(
            "decide.range.both", better=points(high, wording), worse=points(low, wording)
        )
    least, most = sorted((abs(low), abs(high)))
    key = "worse" if -low >= high else "better"
    if least < _SMALL:
        return wording.text(f"decide.range.at_most_{key}", most=points(most, wording))
    return wording.text(
        f"decide.range.{key}", least=points(least, wording), most=points(most, wording)
    )


def reason_text(reason: Reason, names: Mapping[str, str], wording: Wording) -> str:
    """The sentence for a reason or a caveat; empty when this version knows none."""
    if not wording.has(reason.code):
        return ""
    facts = dict(reason.facts)
    for key in _REFS:
        value = facts.get(key)
        if isinstance(value, str):
            facts[key] = names.get(value, short_name(value))
        elif isinstance(value, list | tuple):
            facts[key] = [names.get(str(x), short_name(str(x))) for x in value]
    chance = facts.get("probability")
    if isinstance(chance, int | float) and math.isfinite(chance):
        # No number of examples makes anything certain.
        facts["probability"] = min(_MOST, max(_LEAST, chance))
    times = facts.get("times")
    if isinstance(times, int | float) and math.isfinite(times):
        facts["times"] = float(f"{times:.2g}")
    for key, value in facts.items():
        if isinstance(value, float) and not math.isfinite(value):
            facts[key] = None
    return wording.text(reason.code, **facts)


def reasons(evaluation: Evaluation, wording: Wording) -> list[str]:
    """Why, without what the headline says already."""
    decision = evaluation.decision
    given = decision.reasons[1:] if decision.status == "decided" else decision.reasons
    names = names_of(evaluation)
    return [text for x in given if (text := reason_text(x, names, wording))]


def caveats(evaluation: Evaluation, wording: Wording) -> list[str]:
    """What limits the numbers; of a failed contestant also what happened to it."""
    names = names_of(evaluation)
    found = []
    for caveat in evaluation.decision.caveats:
        if caveat.code == "caveat.all_failed":
            continue
        text = reason_text(caveat, names, wording)
        if caveat.code == "caveat.failed_contestant":
            failed = _score_of(evaluation, str(caveat.facts.get("ref")))
            error = failed.error if failed and failed.error else {}
            code = str(error.get("code", caveat.facts.get("error", "petit.error")))
            sentence, _ = wording.error(code, error.get("facts") or {})
            text = f"{text} {sentence}".strip()
        if text:
            found.append(text)
    return found
