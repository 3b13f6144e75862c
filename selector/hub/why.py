# SPDX-License-Identifier: Apache-2.0
"""One plain sentence for each model: why this one, beside its neighbours. Pure; made from facts alone."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace

from selector.fit.shape import shape_of
from selector.hub.candidate import Candidate, Reason
from selector.wording import Wording

NEAR = 6
"""Places up and down the list in which a neighbour is looked for."""
_TELLING = 1.3
"""A smaller difference in size is no reason."""
_HALF = 0.12
"""How far from a half, a third … a ratio may be to be called so."""


def with_why(ranked: Sequence[Candidate], only: Container[str] | None = None) -> list[Candidate]:
    """The same list; each candidate, or those of ``only`` these repositories, with its sentence."""
    return [
        replace(candidate, why=why(candidate, _near(ranked, place)))
        if only is None or candidate.repo in only
        else candidate
        for place, candidate in enumerate(ranked)
    ]


def _near(ranked: Sequence[Candidate], place: int) -> list[Candidate]:
    found = [
        (abs(other - place), other)
        for other in range(max(0, place - NEAR), min(len(ranked), place + NEAR + 1))
        if other != place
    ]
    return [ranked[other] for _, other in sorted(found)]


def why(candidate: Candidate, near: Sequence[Candidate]) -> tuple[Reason, ...]:
    """The clauses: does it run, how it compares with a neighbour, what else speaks for it.

    ``near`` are other candidates, the nearest in the list first.
    """
    if candidate.engine is None:
        return (Reason("why_this.no_engine"),)
    clauses = [Reason(f"why_this.{candidate.fit.verdict}")]
    neighbour = _neighbour(candidate, near)
    if neighbour is not None:
        clauses.append(_compared(candidate, neighbour))
    clauses += _besides(candidate)[:1]
    return tuple(clauses)


def _neighbour(candidate: Candidate, near: Sequence[Candidate]) -> Candidate | None:
    """The nearest of telling difference in size: of the same architecture and larger, if there is one."""
    size = candidate.facts.parameters
    if not size:
        return None
    telling = [
        other
        for other in near
        if other.engine
        and (its := other.facts.parameters)
        and max(its / size, size / its) >= _TELLING
    ]

    def key(other: Candidate) -> tuple[bool, bool]:
        return (
            (other.facts.parameters or 0) < size,
            other.facts.config.get("model_type") != candidate.facts.config.get("model_type"),
        )

    return min(telling, key=key, default=None)


def _compared(candidate: Candidate, other: Candidate) -> Reason:
    facts: dict[str, object] = {"other": other.repo.rpartition("/")[2]}
    mine, its = shape_of(candidate.facts.config), shape_of(other.facts.config)
    same_width = mine.hidden is not None and mine.hidden == its.hidden
    if mine.layers and its.layers and mine.layers != its.layers and same_width:
        part, share = "layers", mine.layers / its.layers
        facts |= {"count": mine.layers, "its": its.layers}
    else:
        part = "parameters"
        share = (candidate.facts.parameters or 1) / (other.facts.parameters or 1)
        facts |= {"count": candidate.facts.parameters, "its": other.facts.parameters}
    name = (
        "half"
        if abs(share - 0.5) < _HALF / 2
        else "third"
        if abs(share - 1 / 3) < _HALF / 3
        else ""
    )
    if not name:
        name = "fewer" if share < 1 else "more"
        facts["times"] = _two_digits(1 / share if share < 1 else share)
    pace, times = _pace(candidate, other)
    if pace:
        facts["faster"] = _two_digits(times)
    if name == "half" and pace == "_faster" and abs(times - 2) < 0.3:
        pace = "_twice"
    return Reason(f"why_this.{name}_{part}{pace}", facts)


def _pace(candidate: Candidate, other: Candidate) -> tuple[str, float]:
    """Whether it is tellingly faster or slower, and by what factor."""
    speed = _times_faster(candidate, other) or 1.0
    if speed >= _TELLING:
        return "_faster", speed
    return ("_slower", 1 / speed) if speed <= 1 / _TELLING else ("", 1.0)


def _times_faster(candidate: Candidate, other: Candidate) -> float | None:
    mine, its = candidate.fit.speed, other.fit.speed
    if (
        mine is None
        or its is None
        or its.expected <= 0
        or candidate.fit.speed_unit != other.fit.speed_unit
    ):
        return None
    return mine.expected / its.expected


def _two_digits(value: float) -> float:
    return float(f"{value:.1e}")


def _besides(candidate: Candidate) -> list[Reason]:
    """What else tells it apart, the most telling first."""
    codes = ("reason.label_match", "reason.claims", "reason.language", "reason.popular", "reason.fresh",
             "reason.permissive")  # fmt: skip
    by_code = {reason.code: reason for reason in candidate.reasons}
    return [
        Reason(f"why_this.{code.removeprefix('reason.')}", by_code[code].facts)
        for code in codes
        if code in by_code
    ]


def why_text(clauses: Sequence[Reason], wording: Wording) -> str:
    """The sentence, with a capital and a full stop; empty without clauses."""
    said = [wording.text(clause.code, **clause.facts) for clause in clauses]
    if not said:
        return ""
    whole = wording.text("why_this.join").join(said)
    return wording.text("why_this.sentence", clauses=whole[:1].upper() + whole[1:])
