# SPDX-License-Identifier: Apache-2.0
"""Orders candidates: what runs here first, one for each size before a second of the same. Pure.

``score = sum(weight * share) / sum(weights) * product(factors)``. The components and their default weights
are documented in score.py; each candidate carries its own, with their units and what they add, and the
factors: nothing else moves it. An unknown quality counts as the middle, so that a model whose authors
claim nothing gets its chance; any other unknown adds nothing.

Each further model of the same size octave stands a step lower, which leaves the first rows to models
of different sizes: what a shortlist for "the smallest that is good enough" needs. Of rules for choosing
8 of 300 models, one for each octave came closest to the best within reach.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from selector.hub.candidate import Candidate, Reason
from selector.hub.claims import MIDDLE, percentiles
from selector.hub.filters import speaks
from selector.hub.repository_facts import DOCUMENTED
from selector.hub.score import Component, Factor, Weights
from selector.hub.why import with_why

DEFAULT = Weights()
_GATE = {"fits": 1.0, "tight": 0.7, "unknown": 0.45, "no": 0.1}
_NO_ENGINE = 0.05
_FIT = {"fits": 1.0, "tight": 0.6, "unknown": 0.3, "no": 0.0}
_LICENCE = {"permissive": 1.0, "copyleft": 0.5, "restricted": 0.25}
_STEP = 0.15
_SMALLEST, _LARGEST = math.log2(4e6), math.log2(16e9)
_POPULAR = 1000
_SMALL_PARAMETERS = 150_000_000
_YEAR_DAYS = 365.25
_FRESH_YEARS, _STALE_YEARS = 1, 4
_GOOD = 0.6
_HEAVY_RISKS = {"risk.test_model": 0.2, "risk.other_task": 0.5, "risk.other_language": 0.5}


def adoption(downloads: int | None) -> float:
    """Downloads of a month in half decades, 0 to 1 (ten million); unknown counts as none."""
    return min(1.0, round(2 * math.log10(max(downloads or 0, 0) + 1)) / 14)


def smallness(parameters: int | None) -> float:
    """1 for four million weights, 0 for sixteen billion, even steps between; unknown counts as large."""
    if not parameters:
        return 0.0
    share = (math.log2(parameters) - _SMALLEST) / (_LARGEST - _SMALLEST)
    return min(1.0, max(0.0, 1 - share))


def quickness(rate: float | None, unit: str) -> float:
    """1 for a thousand texts or a hundred tokens a second, 0 for one; unknown counts as slow."""
    if not rate or rate <= 0:
        return 0.0
    return min(1.0, max(0.0, math.log10(rate) / (2 if unit.startswith("tokens") else 3)))


def freshness(age_days: float | None) -> float:
    """1 within a year of the last change, falling to 0 at four years; unknown counts as old."""
    if age_days is None:
        return 0.0
    years = age_days / _YEAR_DAYS
    return min(1.0, max(0.0, (_STALE_YEARS - years) / (_STALE_YEARS - _FRESH_YEARS)))


def octave(parameters: int | None) -> int:
    """Models in the same octave differ less than twofold in size; -1 is unknown."""
    return int(math.log2(parameters)) if parameters else -1


def _age_days(stamp: str | None, now: datetime | None) -> float | None:
    if stamp is None or now is None:
        return None
    try:
        when = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return (now - (when if when.tzinfo else when.replace(tzinfo=UTC))).total_seconds() / 86400


def _labels(candidate: Candidate, wanted: frozenset[str]) -> float:
    """Share of the wanted labels that the model has by name."""
    stated = candidate.facts.config.get("id2label")
    if not wanted or not isinstance(stated, dict):
        return 0.0
    return len(wanted & {str(label).casefold() for label in stated.values()}) / len(wanted)


def _parts(
    candidate: Candidate,
    language: str | None,
    wanted: frozenset[str],
    age: float | None,
    quality: float | None,
) -> list[tuple[str, float | str | None, str, float]]:
    """Id, value, unit and share of each component that this search has."""
    fit, speed, memory = candidate.fit, candidate.fit.speed, candidate.fit.memory_bytes
    parameters, kind = candidate.facts.parameters, candidate.licence.kind
    rate = speed.expected if speed else None
    answered = len(candidate.about.documented.value or ())
    parts: list[tuple[str, float | str | None, str, float]] = [
        ("fit", memory.expected if memory else None, "bytes", _FIT[fit.verdict]),
        ("speed", rate, fit.speed_unit, quickness(rate, fit.speed_unit)),
        ("size", parameters, "parameters", smallness(parameters)),
        ("quality", quality, "percentile", MIDDLE if quality is None else quality),
        ("adoption", candidate.downloads, "downloads/month", adoption(candidate.downloads)),
        ("freshness", age, "days", freshness(age)),
        ("licence", kind, "class", _LICENCE.get(kind, 0.0)),
        ("documentation", answered, f"of {len(DOCUMENTED)}", answered / len(DOCUMENTED)),
    ]
    if language:
        speaking = speaks(candidate.languages, language)
        stated = ", ".join(candidate.languages[:6]) or None
        parts.append(("language", stated, "languages", float(speaking)))
    if wanted:
        same = _labels(candidate, wanted)
        parts.append(("labels", same, "share", same))
    return parts


def _factors(candidate: Candidate) -> tuple[Factor, ...]:
    if candidate.engine is None:
        found = [Factor("factor.no_engine", _NO_ENGINE)]
    else:
        verdict = candidate.fit.verdict
        found = [] if verdict == "fits" else [Factor(f"factor.{verdict}", _GATE[verdict])]
    for risk in candidate.risks:
        if risk.code in _HEAVY_RISKS:
            found.append(Factor(risk.code, _HEAVY_RISKS[risk.code]))
    return tuple(found)


def _reasons(
    candidate: Candidate,
    language: str | None,
    same: float,
    age: float | None,
    quality: float | None,
) -> tuple[Reason, ...]:
    facts, reasons = candidate.facts, list[Reason]()
    fit, memory = candidate.fit, candidate.fit.memory_bytes
    if fit.verdict in {"fits", "tight"}:
        reasons.append(
            Reason(f"reason.{fit.verdict}", {"bytes": round(memory.expected)} if memory else {})
        )
    if facts.parameters and facts.parameters <= _SMALL_PARAMETERS:
        reasons.append(Reason("reason.small", {"parameters": facts.parameters}))
    if quality is not None and quality >= _GOOD:
        reasons.append(Reason("reason.claims", {"share": quality}))
    if (candidate.downloads or 0) >= _POPULAR:
        reasons.append(Reason("reason.popular", {"downloads": candidate.downloads}))
    if candidate.licence.kind == "permissive":
        reasons.append(Reason("reason.permissive", {"licence": candidate.licence.id}))
    if language and speaks(candidate.languages, language):
        reasons.append(Reason("reason.language", {"language": language}))
    if same > 0:
        reasons.append(Reason("reason.label_match", {"share": same}))
    if age is not None and age <= _YEAR_DAYS:
        reasons.append(Reason("reason.fresh", {"days": max(0, round(age))}))
    if candidate.on_disk:
        reasons.append(Reason("reason.on_disk"))
    return tuple(reasons)


def judged(
    candidate: Candidate,
    language: str | None,
    labels: frozenset[str] = frozenset(),
    now: datetime | None = None,
    weights: Weights = DEFAULT,
    quality: float | None = None,
) -> Candidate:
    """The candidate with its own score, components and reasons, before the ladder."""
    age = _age_days(candidate.last_modified, now)
    parts = _parts(candidate, language, labels, age, quality)
    total = sum(getattr(weights, name) for name, _, _, _ in parts) or 1.0
    components = []
    for name, value, unit, share in parts:
        weight = float(getattr(weights, name))
        components.append(Component(name, value, unit, share, weight, weight * share / total))
    factors = _factors(candidate)
    score = sum(each.contribution for each in components)
    score *= math.prod(factor.value for factor in factors)
    reasons = _reasons(candidate, language, _labels(candidate, labels), age, quality)
    return replace(
        candidate, score=score, reasons=reasons, components=tuple(components), factors=factors
    )


def _order(candidate: Candidate) -> tuple[float, float, str]:
    size = candidate.facts.parameters
    return (-round(candidate.score, 6), math.inf if size is None else size, candidate.repo)


def _ladder(candidates: Sequence[Candidate]) -> list[Candidate]:
    seen: dict[int, int] = {}
    found = []
    for candidate in sorted(candidates, key=_order):
        step = octave(candidate.facts.parameters)
        before = seen.get(step, 0)
        seen[step] = before + 1
        reasons, factors = candidate.reasons, candidate.factors
        if before == 0 and step >= 0 and candidate.engine:
            reasons += (Reason("reason.best_of_size", {"parameters": candidate.facts.parameters}),)
        lowered = 1 - _STEP * min(before, 4)
        if before:
            factors += (Factor("factor.same_size", lowered),)
        score = round(max(0.0, candidate.score * lowered), 6)
        found.append(replace(candidate, score=score, reasons=reasons, factors=factors))
    return sorted(found, key=_order)


def _carried(candidate: Candidate) -> float | None:
    found = (each.value for each in candidate.components if each.id == "quality")
    value = next(found, None)
    return value if isinstance(value, float) else None


def rank(
    candidates: Sequence[Candidate],
    *,
    sort: str = "rank",
    language: str | None = None,
    labels: Sequence[str] = (),
    now: datetime | None = None,
    weights: Weights = DEFAULT,
    again: bool = False,
    sentences: bool = True,
) -> list[Candidate]:
    """Candidates with score and reasons, best first; ``sort`` as in Filters.

    ``again`` keeps the percentiles that the candidates carry: those were found among more models than
    are left after filters and limit. Without ``sentences`` nobody is told why.
    """
    wanted = frozenset(label.casefold() for label in labels)
    qualities = [_carried(each) for each in candidates] if again else percentiles(candidates)
    ranked = _ladder(
        [
            judged(candidate, language, wanted, now, weights, quality)
            for candidate, quality in zip(candidates, qualities, strict=True)
        ]
    )
    if sort == "downloads":
        ranked.sort(key=lambda candidate: -(candidate.downloads or 0))
    elif sort == "likes":
        ranked.sort(key=lambda candidate: -(candidate.likes or 0))
    elif sort == "recent":
        ranked.sort(key=lambda candidate: candidate.last_modified or "", reverse=True)
    elif sort == "size":
        ranked.sort(key=lambda candidate: candidate.facts.parameters or math.inf)
    return with_why(ranked) if sentences else ranked
