# SPDX-License-Identifier: Apache-2.0
"""Which candidates a search leaves out, and the key under which each is counted. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from types import NoneType

from selector.errors import BadSetting
from selector.hub.candidate import Candidate, Reason
from selector.hub.licences import accepts

SORTS = ("rank", "downloads", "likes", "recent", "size")
_REFUSED = {
    "risk.remote_code": "removed.remote_code",
    "risk.pickle_only": "removed.pickle_only",
    "risk.no_weights": "removed.no_weights",
}
_RISKS = {
    "removed.parameters": "risk.too_many_parameters",
    "removed.memory": "risk.too_big",
    "removed.licence": "risk.other_licence",
    "removed.language": "risk.other_language",
    "removed.engine": "risk.no_engine",
    "removed.task": "risk.other_task",
}


_KINDS: dict[str, tuple[type, ...]] = {
    "query": (str, NoneType),
    "language": (str, NoneType),
    "licence": (str,),
    "max_params": (int, float, NoneType),
    "max_memory": (int, float, NoneType),
    "sort": (str,),
    "limit": (int,),
    "show_all": (bool,),
}


def _names(kinds: tuple[type, ...]) -> str:
    return ", ".join(kind.__name__ for kind in kinds if kind is not NoneType)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the user asked for. ``licence`` is ``any``, a class, or one licence id."""

    query: str | None = None
    language: str | None = None
    licence: str = "any"
    max_params: int | None = None
    max_memory: int | None = None
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
        if not 1 <= self.limit <= 1000:
            raise BadSetting(setting="limit", value=self.limit, allowed="1 – 1000")

    def key(self, task_id: str, endpoint: str) -> str:
        """Under which an answer is kept."""
        return json.dumps([endpoint, task_id, asdict(self)], sort_keys=True)


def speaks(languages: tuple[str, ...], wanted: str) -> bool:
    """Whether a model declares ``wanted``, one of its variants, or many languages at once."""
    wanted = wanted.lower()
    return any(
        code in {wanted, "multilingual"} or code.startswith((f"{wanted}-", f"{wanted}_"))
        for code in languages
    )


def removal(candidate: Candidate, filters: Filters) -> str | None:
    """The key of the first filter that takes a candidate away; None when it stays.

    An unknown size passes every size filter: it is shown with risk.unknown_size instead.
    """
    if candidate.engine is None:
        codes = [risk.code for risk in candidate.risks]
        return next((_REFUSED[code] for code in codes if code in _REFUSED), "removed.engine")
    if not accepts(filters.licence, candidate.licence):
        return "removed.licence"
    wanted = (filters.language or "").lower()
    # Without a declared language English is likely; any other one is not.
    guessed = wanted == "en" and not candidate.languages
    if wanted and not guessed and not speaks(candidate.languages, wanted):
        return "removed.language"
    parameters, memory = candidate.facts.parameters, candidate.fit.memory_bytes
    if (
        filters.max_params is not None
        and parameters is not None
        and parameters > filters.max_params
    ):
        return "removed.parameters"
    if filters.max_memory is not None and memory and memory.expected > filters.max_memory:
        return "removed.memory"
    return "removed.memory" if candidate.fit.verdict == "no" else None


def risk_for(removed: str) -> Reason | None:
    """The risk shown in place of a removal; None when the candidate carries it already."""
    code = _RISKS.get(removed)
    return Reason(code) if code else None
