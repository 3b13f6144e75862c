# SPDX-License-Identifier: Apache-2.0
"""A model found on the Hub or on this disk, with everything shown before a click."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from selector.engines.facts import ModelFacts
from selector.fit.base import Fit
from selector.hub.repository_facts import NOTHING_KNOWN, RepositoryFacts
from selector.hub.score import Component, Factor
from selector.hub.tally import FilterCount
from selector.reference import Reference

LicenceClass = Literal["permissive", "copyleft", "restricted", "non-commercial", "unknown"]
LICENCE_CLASSES: tuple[LicenceClass, ...] = get_args(LicenceClass)


@dataclass(frozen=True, slots=True)
class Licence:
    """A licence id as the repository states it, and the class that decides what one may do."""

    id: str | None
    kind: LicenceClass
    name: str | None = None
    """What the authors call it where the id is only ``other``."""
    link: str | None = None
    """Where its text is: an https address, or a file of the repository."""

    def to_json(self) -> dict[str, Any]:
        """Id and class, and name and link where the authors gave them."""
        more = {"name": self.name, "link": self.link}
        stated = {key: value for key, value in more.items() if value}
        return {"id": self.id, "class": self.kind, **stated}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a candidate stands where it stands: a catalogue key and its facts, never a sentence."""

    code: str
    facts: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Code and facts."""
        return {"code": self.code, "facts": self.facts}


@dataclass(frozen=True, slots=True)
class Variant:
    """One form of a model's weights in one repository, run by one engine or by none here."""

    repo: str
    revision: str
    format: str
    precision: str
    engine: str | None
    """None when no engine here runs it."""
    download_bytes: int | None
    fit: Fit | None
    reason: Reason
    """Why it was picked, why another was, or why it cannot be used."""
    on_disk: bool = False

    @property
    def usable(self) -> bool:
        """Whether an engine here runs it."""
        return self.engine is not None

    @property
    def ref(self) -> str:
        """What is downloaded and tried: ``ORG/NAME@REVISION#ENGINE-PRECISION``."""
        precision = self.precision if self.engine else None
        return str(Reference(self.repo, self.revision, self.engine, precision))

    def to_json(self) -> dict[str, Any]:
        """The JSON of the command-line contract."""
        return {
            "ref": self.ref,
            "engine": self.engine,
            "precision": self.precision,
            "format": self.format,
            "download_bytes": self.download_bytes,
            "fit": None if self.fit is None else self.fit.to_json(),
            "usable": self.usable,
            "reason": self.reason.to_json(),
            "on_disk": self.on_disk,
        }


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model at one commit, judged for one task on one machine."""

    repo: str
    revision: str
    facts: ModelFacts
    licence: Licence
    gated: bool
    languages: tuple[str, ...]
    downloads: int | None
    """Of the last month; None where nobody was asked, as of files that are only on this disk."""
    likes: int | None
    last_modified: str | None
    download_bytes: int | None
    engine: str | None
    """The engine Petit would use; None when no engine here can load it."""
    precision: str | None
    fit: Fit
    risks: tuple[Reason, ...] = ()
    """For example risk.pickle_only, risk.remote_code, risk.gated, risk.unsafe_file, risk.no_licence."""
    score: float = 0.0
    """0 to 1, only for ordering; the reasons say why."""
    reasons: tuple[Reason, ...] = ()
    on_disk: bool = False
    age_s: float = 0.0
    """How long ago the Hub said this; 0 for an answer of now and for files of this disk."""
    about: RepositoryFacts = NOTHING_KNOWN
    components: tuple[Component, ...] = ()
    """What the score is the sum of, before the factors."""
    factors: tuple[Factor, ...] = ()
    why: tuple[Reason, ...] = ()
    """The clauses of one sentence: why this one."""
    variants: tuple[Variant, ...] = ()
    """Every form found; where one can be used the first is the one Petit chose."""

    @property
    def chosen(self) -> Variant | None:
        """The form that is downloaded and tried; None when no engine here runs any."""
        return next((variant for variant in self.variants[:1] if variant.usable), None)

    @property
    def library(self) -> str | None:
        """The library it is made for, stated or read off its files; None when neither says."""
        return self.about.library.value

    @property
    def ref(self) -> str:
        """The chosen form's reference, or the repository's."""
        return self.chosen.ref if self.chosen else f"{self.repo}@{self.revision}"

    def to_json(self) -> dict[str, Any]:
        """The JSON of the command-line contract."""
        return {
            "id": self.repo,
            "revision": self.revision,
            "parameters": self.facts.parameters,
            "download_bytes": self.download_bytes,
            "licence": self.licence.to_json(),
            "gated": self.gated,
            "languages": list(self.languages),
            "downloads": self.downloads,
            "likes": self.likes,
            "last_modified": self.last_modified,
            "engine": self.engine,
            "precision": self.precision,
            "fit": self.fit.to_json(),
            "risks": [risk.to_json() for risk in self.risks],
            "score": self.score,
            "reasons": [reason.to_json() for reason in self.reasons],
            "on_disk": self.on_disk,
            "library": self.library,
            "age_s": self.age_s,
            "ref": self.ref,
            "components": [each.to_json() for each in self.components],
            "factors": [each.to_json() for each in self.factors],
            "why": [clause.to_json() for clause in self.why],
            "variants": [variant.to_json() for variant in self.variants],
            "about": self.about.to_json(),
        }


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search gives: nothing vanishes unexplained (``scanned = shown + sum(removed)``)."""

    source: Literal["hub", "cache"]
    scanned: int
    removed: dict[str, int]
    """How many were taken away, each counted once, by a catalogue key such as ``removed.licence``."""
    candidates: tuple[Candidate, ...]
    age_s: float = 0.0
    """How old the oldest shown row of a cached answer is."""
    filters: Mapping[str, FilterCount] = field(default_factory=dict)
    """What each filter took away, also where another one would have; see tally.py."""
    cause: str | None = None
    """Why the Hub did not answer: the code of a HubProblem; None when it did."""

    def to_json(self) -> dict[str, Any]:
        """The JSON of the command-line contract."""
        return {
            "source": self.source,
            "scanned": self.scanned,
            "removed": self.removed,
            "filters": {key: count.to_json() for key, count in self.filters.items()},
            "age_s": self.age_s,
            "cause": self.cause,
            "candidates": [candidate.to_json() for candidate in self.candidates],
        }


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model whose files are on this disk, ready to load by path."""

    ref: str
    """``ORG/NAME@REVISION``."""
    repo: str
    revision: str
    path: str
    bytes: int
    verified: bool
    """Every file that a hash was promised for has that hash."""
    files: tuple[tuple[str, str, int], ...] = ()
    """Of each file: path inside the repository, sha256, size."""

    def to_json(self) -> dict[str, Any]:
        """The JSON of the command-line contract."""
        return {
            "ref": self.ref,
            "revision": self.revision,
            "path": self.path,
            "bytes": self.bytes,
            "verified": self.verified,
        }
