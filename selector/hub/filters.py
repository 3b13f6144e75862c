# SPDX-License-Identifier: Apache-2.0
"""Which candidates a search leaves out, and the keys under which each is counted. Pure.

A model that several filters take away is counted under every one of them, so the count of a filter is
what showing it brings back: ``show`` names filters whose models are shown all the same, marked with
every reason, whatever another filter says of them. See tally.py for the counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import NoneType

from selector.errors import BadSetting
from selector.hub.candidate import Candidate, Reason
from selector.hub.licences import accepts

SORTS = ("rank", "downloads", "likes", "recent", "size")
GATES = ("any", "no", "only")
MOST = 1000
"""The largest ``limit``."""
ORDER = (
    "removed.task",
    "removed.remote_code",
    "removed.pickle_only",
    "removed.no_weights",
    "removed.engine",
    "removed.licence",
    "removed.language",
    "removed.gated",
    "removed.library",
    "removed.updated",
    "removed.parameters",
    "removed.download",
    "removed.memory",
)
"""Every filter; a model that several take away is told of under the first in ``removed``."""
LIMIT = "removed.limit"
SHOWABLE = tuple(key.removeprefix("removed.") for key in (*ORDER, LIMIT))
"""What ``show`` may name."""
_REFUSED = {
    "risk.remote_code": "removed.remote_code",
    "risk.pickle_only": "removed.pickle_only",
    "risk.no_weights": "removed.no_weights",
}
_RISKS = {
    "removed.memory": "risk.too_big",
    "removed.download": "risk.large_download",
    "removed.licence": "risk.other_licence",
    "removed.language": "risk.other_language",
    "removed.gated": "risk.other_gate",
    "removed.library": "risk.other_library",
    "removed.updated": "risk.not_updated",
    "removed.engine": "risk.no_engine",
    "removed.task": "risk.other_task",
}
MARKS = frozenset({*_RISKS.values(), "risk.too_many_parameters", "risk.too_few_parameters"})
"""The risks that say why a filter would take a candidate away."""
_TEXT, _COUNT = (str, NoneType), (int, float, NoneType)
_KINDS: dict[str, tuple[type, ...]] = {
    "query": _TEXT,
    "language": _TEXT,
    "licence": (str,),
    "min_params": _COUNT,
    "max_params": _COUNT,
    "max_memory": _COUNT,
    "max_download": _COUNT,
    "gated": (str,),
    "library": _TEXT,
    "updated_since": _TEXT,
    "show": (tuple, list),
    "sort": (str,),
    "limit": (int,),
    "show_all": (bool,),
}


def _names(kinds: tuple[type, ...]) -> str:
    return ", ".join(kind.__name__ for kind in kinds if kind is not NoneType)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the user asked for. Models that need remote code or have only pickles are always left out.

    ``licence`` is ``any``, a class, or one licence id; ``gated`` is ``any``, ``no`` or ``only``;
    ``updated_since`` an ISO date; sizes are bytes or numbers of weights. ``show`` has names of
    SHOWABLE, ``show_all`` means all of them. Raises BadSetting.
    """

    query: str | None = None
    language: str | None = None
    licence: str = "any"
    min_params: float | None = None
    max_params: float | None = None
    max_memory: float | None = None
    max_download: float | None = None
    gated: str = "any"
    library: str | None = None
    updated_since: str | None = None
    show: tuple[str, ...] = ()
    sort: str = "rank"
    limit: int = 50
    show_all: bool = False

    def __post_init__(self) -> None:
        for name, kinds in _KINDS.items():
            value = getattr(self, name)
            # Filters cross a process boundary as JSON; True would pass for the number 1.
            if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
                raise BadSetting(setting=name, value=repr(value)[:80], allowed=_names(kinds))
        if self.sort not in SORTS:
            raise BadSetting(setting="sort", value=self.sort, allowed=", ".join(SORTS))
        if self.gated not in GATES:
            raise BadSetting(setting="gated", value=self.gated, allowed=", ".join(GATES))
        if not 1 <= self.limit <= MOST:
            raise BadSetting(setting="limit", value=self.limit, allowed=f"1 – {MOST}")
        if self.updated_since is not None and day_of(self.updated_since) is None:
            raise BadSetting(
                setting="updated_since", value=self.updated_since[:80], allowed="2026-01-31"
            )
        for name in self.show:
            if name not in SHOWABLE:
                raise BadSetting(setting="show", value=repr(name)[:80], allowed=", ".join(SHOWABLE))

    @property
    def shown(self) -> frozenset[str]:
        """The keys whose models are shown all the same."""
        if self.show_all:
            return frozenset((*ORDER, LIMIT))
        return frozenset(f"removed.{name}" for name in self.show)


def day_of(stamp: str | None) -> datetime | None:
    """The moment an ISO date or time names; None when it names none."""
    try:
        when = datetime.fromisoformat((stamp or "").strip())
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def speaks(languages: tuple[str, ...], wanted: str) -> bool:
    """Whether a model declares ``wanted``, one of its variants, or many languages at once."""
    wanted = wanted.lower()
    return any(
        code in {wanted, "multilingual"} or code.startswith((f"{wanted}-", f"{wanted}_"))
        for code in languages
    )


def _refusal(candidate: Candidate) -> tuple[str, ...]:
    """Why no engine here loads it: every reason that has a name, or that there is none."""
    if candidate.engine is not None:
        return ()
    codes = {risk.code for risk in candidate.risks}
    return tuple(key for code, key in _REFUSED.items() if code in codes) or ("removed.engine",)


def _other_language(candidate: Candidate, wanted: str | None) -> bool:
    # Without a declared language English is likely; any other one is not.
    guessed = (wanted or "").lower() == "en" and not candidate.languages
    return bool(wanted) and not guessed and not speaks(candidate.languages, wanted or "")


def _other_gate(candidate: Candidate, wanted: str) -> bool:
    return wanted != "any" and candidate.gated != (wanted == "only")


def _older(candidate: Candidate, since: str | None) -> bool:
    wanted, changed = day_of(since), day_of(candidate.last_modified)
    return wanted is not None and changed is not None and changed < wanted


def _other_library(candidate: Candidate, wanted: str | None) -> bool:
    return bool(wanted) and candidate.library is not None and candidate.library != wanted


def _outside(value: float | None, low: float | None, high: float | None) -> bool:
    if value is None:
        return False
    return (low is not None and value < low) or (high is not None and value > high)


def removals(
    candidate: Candidate, filters: Filters, *, other_task: bool = False
) -> tuple[str, ...]:
    """The keys of all filters that take a candidate away, in the order of ORDER.

    What is unknown passes: a model must not vanish because a field is missing. It is shown with
    risk.unknown_size instead.
    """
    memory = candidate.fit.memory_bytes
    found = {
        "removed.task": other_task,
        "removed.licence": not accepts(filters.licence, candidate.licence),
        "removed.language": _other_language(candidate, filters.language),
        "removed.gated": _other_gate(candidate, filters.gated),
        "removed.library": _other_library(candidate, filters.library),
        "removed.updated": _older(candidate, filters.updated_since),
        "removed.parameters": _outside(
            candidate.facts.parameters, filters.min_params, filters.max_params
        ),
        "removed.download": _outside(candidate.download_bytes, None, filters.max_download),
        "removed.memory": candidate.fit.verdict == "no"
        or _outside(memory.expected if memory else None, None, filters.max_memory),
    } | dict.fromkeys(_refusal(candidate), True)
    return tuple(key for key in ORDER if found.get(key))


def marks(candidate: Candidate) -> tuple[Reason, ...]:
    """Why a candidate would be hidden, if anything: the risks that its filters, or an engine, name."""
    codes = MARKS if candidate.engine is not None else MARKS | set(_REFUSED)
    return tuple(risk for risk in candidate.risks if risk.code in codes)


def marked(candidate: Candidate, removed_by: tuple[str, ...], filters: Filters) -> Candidate:
    """The candidate with a risk for each filter that would take it away."""
    known = {risk.code for risk in candidate.risks}
    codes = [_RISKS[key] for key in removed_by if key in _RISKS]
    if "removed.parameters" in removed_by:
        large = _outside(candidate.facts.parameters, None, filters.max_params)
        codes.append("risk.too_many_parameters" if large else "risk.too_few_parameters")
    more = tuple(Reason(code) for code in codes if code not in known)
    return replace(candidate, risks=(*candidate.risks, *more)) if more else candidate
