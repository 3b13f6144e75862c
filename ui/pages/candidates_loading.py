# SPDX-License-Identifier: Apache-2.0
"""Rows for the table of candidates; every function here blocks and runs off the window's thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from selector.desk.desk import Desk
from selector.errors import Cancelled, PetitError
from selector.fit.base import Fit
from selector.hub.licences import classify
from selector.reference import parse_reference
from selector.trial.measurement import Contestant
from ui.models.candidate_row import CandidateRow, row_of_contestant


def without_engine(ref: str) -> str:
    """``ORG/NAME@REVISION`` of a reference."""
    return ref.partition("#")[0]


def disk_rows(
    desk: Desk, task: str, first: Sequence[str], cancelled: Callable[[], bool]
) -> list[CandidateRow]:
    """Models on this disk that can do ``task``: those of ``first`` in its order, then the others."""
    wanted = dict.fromkeys([*first, *(model.ref for model in desk.library())])
    return chosen_rows(desk, task, list(wanted), cancelled)


def chosen_rows(
    desk: Desk, task: str, refs: Sequence[str], cancelled: Callable[[], bool]
) -> list[CandidateRow]:
    """Those of ``refs`` that are on this disk and can do ``task``."""
    rows: list[CandidateRow] = []
    pinned = _pinned(desk, task, refs, cancelled)
    fits = _fits(desk, [item.ref for item in pinned], task)
    for item in pinned:
        kind = classify(item.licence).kind
        rows.append(row_of_contestant(item, fits.get(item.ref), kind, len(rows)))
    return rows


def merged(found: Sequence[CandidateRow], kept: Sequence[CandidateRow]) -> list[CandidateRow]:
    """Models chosen before stay on top of what a search found."""
    there = {row.key for row in found}
    return [row for row in kept if row.key not in there] + list(found)


def short_name(ref: str) -> str:
    """The repository's own name."""
    return parse_reference(ref).name


def _pinned(
    desk: Desk, task: str, refs: Sequence[str], cancelled: Callable[[], bool]
) -> list[Contestant]:
    if not refs:
        return []
    try:
        return list(desk.contestants(refs, task))
    except PetitError:
        pass  # one of them is not here, or made for another task: find out which
    found: list[Contestant] = []
    for ref in refs:
        if cancelled():
            raise Cancelled
        try:
            found.extend(desk.contestants([ref], task))
        except PetitError:
            continue
    return found


def _fits(desk: Desk, refs: Sequence[str], task: str) -> dict[str, Fit]:
    if not refs:
        return {}
    try:
        fitted = desk.fit(refs, task)
    except PetitError:
        return {}
    # The answers are in the order of the question; a reference may come back written out.
    return {ref: fit for ref, (_, fit) in zip(refs, fitted, strict=False)}
