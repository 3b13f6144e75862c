# SPDX-License-Identifier: Apache-2.0
"""Looks closely at the row that the cursor rests on, and shows in the details what comes of it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal

from selector.desk.examining import Examined
from selector.errors import PetitError
from selector.hub.candidate import Candidate, Variant
from selector.hub.judge import with_variant
from ui.background import Job
from ui.messages import message_of
from ui.models.candidate_row import CandidateRow, row_of_candidate
from ui.pages.candidate_details import CandidateDetails
from ui.services import Services

PAUSE_MS = 400
"""The cursor passes over rows while it moves; only where it rests is the Hub asked."""
_KEPT = 100


class CandidateChecks(QObject):
    """One question at most is under way; answers are kept while the page lives.

    Signals:
        learned: a CandidateRow of which more is known now; whoever gets it shows it.
    """

    learned = Signal(CandidateRow)

    def __init__(self, services: Services, details: CandidateDetails) -> None:
        super().__init__(details)
        self._services, self._details = services, details
        self._kept: dict[str, Examined] = {}
        self._notes: dict[str, str] = {}
        self._job: Job | None = None
        self._row: CandidateRow | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._ask)

    def show(self, row: CandidateRow | None) -> None:
        """Show what is known of ``row``; more is asked when the cursor stays."""
        self._drop()
        self._row = row
        if row is None or row.candidate is None:
            self._details.show_row(row)
            return
        if row.on_disk:
            self._details.show_row(row, self._kept.get(row.ref))
            self._explain(row, row.candidate)
            return
        kept = self._kept.get(row.ref)
        note = self._notes.get(row.ref, "")
        if kept is None and not note:
            offline = self._services.desk.offline
            note = self._services.wording.text("fact.offline" if offline else "preflight.checking")
            if not offline:
                self._pause.start()
        self._details.show_row(row, kept, note)

    def stop(self) -> None:
        """Ask nothing any more."""
        self._drop()

    def _drop(self) -> None:
        self._pause.stop()
        if self._job is not None:
            self._job.drop()
        self._job = None

    def _ask(self) -> None:
        row, project = self._row, self._services.project
        if row is None:
            return
        ref, task, desk = row.ref, project.task, self._services.desk
        self._job = self._services.background.run(
            "examine",
            lambda cancelled, part: desk.examine(ref, task, part, cancelled),
            on_progress=lambda parts: self._part(ref, parts[-1]),
            on_done=lambda found: self._done(ref, found),
            on_error=lambda error: self._failed(ref, error),
        )

    def _explain(self, row: CandidateRow, candidate: Candidate) -> None:
        """Of a model that is here nobody is asked; what it takes is worked out beside the window."""
        task, desk = self._services.project.task, self._services.desk
        if task is None or row.ref in self._kept:
            return
        self._job = self._services.background.run(
            "explain",
            lambda _cancelled, _part: desk.explained(candidate, task),
            on_done=lambda found: self._explained(row, found),
        )

    def _explained(self, row: CandidateRow, found: Examined) -> None:
        self._job = None
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[row.ref] = found
        if self._row is not None and self._row.ref == row.ref:
            self._details.show_row(self._row, found)

    def _part(self, ref: str, found: Examined) -> None:
        if self._row is not None and self._row.ref == ref:
            note = self._services.wording.text("preflight.checking")
            self._details.show_row(self._row, found, note)

    def _done(self, ref: str, found: Examined) -> None:
        self._job = None
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[ref] = found
        if self._row is not None and self._row.ref == ref and self._row.candidate is not None:
            row = row_of_candidate(deepened(self._row.candidate, found.candidate), self._row.rank)
            self._kept[row.ref] = found  # which may name a form only now
            self.learned.emit(row)

    def _failed(self, ref: str, error: PetitError) -> None:
        self._job = None
        words = self._services.wording
        note = words.text("fact.not_asked", why=message_of(error, words).text)
        self._notes = {ref: note}  # asked again when the cursor comes back later
        if self._row is not None and self._row.ref == ref:
            self._details.show_row(self._row, None, note)


def deepened(listed: Candidate, found: Candidate) -> Candidate:
    """What the list told, with what the repository's own page, configuration and headers add."""
    if found.repo != listed.repo:
        # The chosen form is a sibling's: its page speaks for its files, and not for this model.
        return _with_forms(listed, found)
    told = {(each.repo, each.format, each.precision, each.engine) for each in found.variants}
    siblings = [
        each
        for each in listed.variants
        if each.repo != listed.repo
        and (each.repo, each.format, each.precision, each.engine) not in told
    ]
    variants = (*found.variants, *siblings)
    merged = replace(
        found,
        on_disk=listed.on_disk,
        score=listed.score,
        reasons=listed.reasons,
        components=listed.components,
        factors=listed.factors,
        why=listed.why,
        downloads=listed.downloads if found.downloads is None else found.downloads,
        variants=variants,
    )
    chosen = listed.chosen
    if chosen is None:
        return merged
    kept = next((each for each in variants if each.usable and _same_form(each, chosen)), None)
    reason = chosen.reason
    return with_variant(merged, replace(kept, reason=reason) if kept else merged.chosen)


def _with_forms(listed: Candidate, found: Candidate) -> Candidate:
    """What is known of the forms of one repository now: their bytes, what they take."""
    told = {each.ref: each for each in found.variants if each.usable}
    variants = tuple(
        replace(told[each.ref], reason=each.reason, on_disk=each.on_disk)
        if each.usable and each.ref in told
        else each
        for each in listed.variants
    )
    changed = replace(listed, variants=variants)
    return with_variant(changed, variants[0] if listed.chosen is not None else None)


def _same_form(one: Variant, other: Variant) -> bool:
    mine, its = (one.repo, one.engine, one.precision), (other.repo, other.engine, other.precision)
    return mine == its
