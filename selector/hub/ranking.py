# SPDX-License-Identifier: Apache-2.0
"""Orders candidates: what runs here first, one for each size before a second of the same. Pure.

The score is a sum of visible parts. Popularity predicts quality only weakly and favours the old and
the large, so it counts in half decades: among similarly popular models the smaller one stands first.
Each further model of the same size octave stands a step lower, which leaves the first rows to models
of different sizes: what a shortlist for "the smallest that is good enough" needs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from selector.hub.candidate import Candidate, Reason
from selector.hub.filters import speaks

_GATE = {"fits": 1.0, "tight": 0.7, "unknown": 0.45, "no": 0.1}
_ADOPTION, _SMALL, _MATCH, _LICENCE, _FRESH = 0.42, 0.25, 0.15, 0.1, 0.08
_STEP = 0.15
_SMALLEST, _LARGEST = math.log2(4e6), math.log2(16e9)
_POPULAR = 1000
_SMALL_PARAMETERS = 150_000_000
_FRESH_DAYS = 365
_HEAVY_RISKS = {"risk.test_model": 0.2, "risk.other_task": 0.5, "risk.other_language": 0.5}


def adoption(downloads: int) -> float:
    """Downloads of a month in half decades, 0 to 1 (ten million)."""
    return min(1.0, round(2 * math.log10(max(downloads, 0) + 1)) / 14)


def smallness(parameters: int | None) -> float:
    """1 for four million weights, 0 for sixteen billion, even steps between; unknown counts as large."""
    if not parameters:
        return 0.0
    share = (math.log2(parameters) - _SMALLEST) / (_LARGEST - _SMALLEST)
    return min(1.0, max(0.0, 1 - share))


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


def judged(
    candidate: Candidate,
    language: str | None,
    labels: frozenset[str] = frozenset(),
    now: datetime | None = None,
) -> Candidate:
    """The candidate with its own score and reasons, before the ladder."""
    facts, reasons = candidate.facts, list[Reason]()
    fit, memory = candidate.fit, candidate.fit.memory_bytes
    if fit.verdict in {"fits", "tight"}:
        reasons.append(
            Reason(f"reason.{fit.verdict}", {"bytes": round(memory.expected)} if memory else {})
        )
    if facts.parameters and facts.parameters <= _SMALL_PARAMETERS:
        reasons.append(Reason("reason.small", {"parameters": facts.parameters}))
    if candidate.downloads >= _POPULAR:
        reasons.append(Reason("reason.popular", {"downloads": candidate.downloads}))
    if candidate.licence.kind == "permissive":
        reasons.append(Reason("reason.permissive", {"licence": candidate.licence.id}))
    speaking = bool(language) and speaks(candidate.languages, language or "")
    if speaking:
        reasons.append(Reason("reason.language", {"language": language}))
    same = _labels(candidate, labels)
    if same > 0:
        reasons.append(Reason("reason.label_match", {"share": same}))
    age = _age_days(candidate.last_modified, now)
    fresh = age is not None and age <= _FRESH_DAYS
    if fresh:
        reasons.append(Reason("reason.fresh", {"days": max(0, round(age or 0))}))
    if candidate.on_disk:
        reasons.append(Reason("reason.on_disk"))
    match = max(same, 0.7 if speaking else 0.0)
    parts = (
        _ADOPTION * adoption(candidate.downloads)
        + _SMALL * smallness(facts.parameters)
        + _MATCH * match
        + _LICENCE * (candidate.licence.kind == "permissive")
        + _FRESH * fresh
    )
    gate = _GATE[fit.verdict] if candidate.engine else 0.05
    for risk in candidate.risks:
        gate *= _HEAVY_RISKS.get(risk.code, 1.0)
    return replace(candidate, score=gate * parts, reasons=tuple(reasons))


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
        reasons = candidate.reasons
        if before == 0 and step >= 0 and candidate.engine:
            reasons += (Reason("reason.best_of_size", {"parameters": candidate.facts.parameters}),)
        lowered = max(0.0, candidate.score * (1 - _STEP * min(before, 4)))
        found.append(replace(candidate, score=round(lowered, 6), reasons=reasons))
    return sorted(found, key=_order)


def rank(
    candidates: Sequence[Candidate],
    *,
    sort: str = "rank",
    language: str | None = None,
    labels: Sequence[str] = (),
    now: datetime | None = None,
) -> list[Candidate]:
    """Candidates with score and reasons, best first; ``sort`` as in Filters."""
    wanted = frozenset(label.casefold() for label in labels)
    ranked = _ladder([judged(candidate, language, wanted, now) for candidate in candidates])
    if sort == "downloads":
        ranked.sort(key=lambda candidate: -candidate.downloads)
    elif sort == "likes":
        ranked.sort(key=lambda candidate: -candidate.likes)
    elif sort == "recent":
        ranked.sort(key=lambda candidate: candidate.last_modified or "", reverse=True)
    elif sort == "size":
        ranked.sort(key=lambda candidate: candidate.facts.parameters or math.inf)
    return ranked
