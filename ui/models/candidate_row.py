# SPDX-License-Identifier: Apache-2.0
"""One row of the table of candidates, made from a search or from a model on this disk."""

from __future__ import annotations

from dataclasses import dataclass, replace

from selector.fit.base import Fit, Verdict
from selector.hub.candidate import Candidate, Licence, LicenceClass, Reason, Variant
from selector.hub.filters import marks
from selector.hub.judge import with_variant
from selector.hub.variants import ASKED


@dataclass(frozen=True, slots=True)
class CandidateRow:
    """What the table and the details show of one model. ``rank`` 0 is the best."""

    repo: str
    revision: str
    rank: int
    parameters: int | None
    download_bytes: int | None
    fit: Fit | None
    licence: str | None
    licence_kind: LicenceClass
    downloads: int | None
    engine: str | None
    precision: str | None
    on_disk: bool
    gated: bool = False
    languages: tuple[str, ...] = ()
    last_modified: str | None = None
    reasons: tuple[Reason, ...] = ()
    risks: tuple[Reason, ...] = ()
    files: tuple[tuple[str, int], ...] = ()
    """Path and size of each file."""
    candidate: Candidate | None = None
    """Everything known of it; None for rows that are only a name."""

    @property
    def ref(self) -> str:
        """What is downloaded and tried: the chosen form, ``ORG/NAME@REVISION#ENGINE-PRECISION``."""
        return self.candidate.ref if self.candidate else f"{self.repo}@{self.revision}"

    @property
    def key(self) -> str:
        """``ORG/NAME@REVISION`` of the chosen form, whose repository may be a sibling's."""
        return self.ref.partition("#")[0]

    @property
    def by_default(self) -> bool:
        """Whether it is the form that Petit picks, and not one that the user chose."""
        chosen = self.candidate.chosen if self.candidate else None
        return chosen is None or chosen.reason.code != ASKED

    @property
    def usable(self) -> bool:
        """Whether an engine here can load it."""
        return self.engine is not None

    @property
    def marks(self) -> tuple[Reason, ...]:
        """Why a filter would hide it: it is shown all the same."""
        return marks(self.candidate) if self.candidate else ()

    @property
    def verdict(self) -> Verdict:
        """The verdict of the fit."""
        return self.fit.verdict if self.fit else "unknown"

    @property
    def memory_bytes(self) -> float | None:
        """The expected peak."""
        memory = self.fit.memory_bytes if self.fit else None
        return memory.expected if memory else None


def _called(licence: Licence) -> str | None:
    """Where the id is only ``other``, its authors' own name says more."""
    return licence.name if licence.id == "other" and licence.name else licence.id


def row_of_candidate(candidate: Candidate, rank: int) -> CandidateRow:
    """The row of a search result."""
    return CandidateRow(
        repo=candidate.repo,
        revision=candidate.revision,
        rank=rank,
        parameters=candidate.facts.parameters,
        download_bytes=candidate.download_bytes,
        fit=candidate.fit,
        licence=_called(candidate.licence),
        licence_kind=candidate.licence.kind,
        downloads=candidate.downloads,
        engine=candidate.engine,
        precision=candidate.precision,
        on_disk=candidate.on_disk,
        gated=candidate.gated,
        languages=candidate.languages,
        last_modified=candidate.last_modified,
        reasons=candidate.reasons,
        risks=candidate.risks,
        files=tuple((file.path, file.size) for file in candidate.facts.files),
        candidate=candidate,
    )


def in_form(row: CandidateRow, variant: Variant) -> CandidateRow:
    """The row with the form that the user chose."""
    if row.candidate is None:
        return row
    asked = replace(variant, reason=Reason(ASKED))
    return row_of_candidate(with_variant(row.candidate, asked), row.rank)


def now_here(row: CandidateRow) -> CandidateRow:
    """The row after its chosen form was downloaded."""
    if row.candidate is None or row.candidate.chosen is None:
        return replace(row, on_disk=True)
    here, *others = row.candidate.variants
    variants = (replace(here, on_disk=True), *others)
    return row_of_candidate(replace(row.candidate, on_disk=True, variants=variants), row.rank)
