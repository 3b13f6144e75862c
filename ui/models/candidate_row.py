# SPDX-License-Identifier: Apache-2.0
"""One row of the table of candidates, made from a search or from a model on this disk."""

from __future__ import annotations

from dataclasses import dataclass

from selector.fit.base import Fit, Verdict
from selector.hub.candidate import Candidate, LicenceClass, Reason


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

    @property
    def key(self) -> str:
        """``ORG/NAME@REVISION``: what the project keeps."""
        return f"{self.repo}@{self.revision}"

    @property
    def usable(self) -> bool:
        """Whether an engine here can load it."""
        return self.engine is not None

    @property
    def verdict(self) -> Verdict:
        """The verdict of the fit."""
        return self.fit.verdict if self.fit else "unknown"

    @property
    def memory_bytes(self) -> float | None:
        """The expected peak."""
        memory = self.fit.memory_bytes if self.fit else None
        return memory.expected if memory else None


def row_of_candidate(candidate: Candidate, rank: int) -> CandidateRow:
    """The row of a search result."""
    return CandidateRow(
        repo=candidate.repo,
        revision=candidate.revision,
        rank=rank,
        parameters=candidate.facts.parameters,
        download_bytes=candidate.download_bytes,
        fit=candidate.fit,
        licence=candidate.licence.id,
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
    )
