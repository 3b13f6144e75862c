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
    wanted = list(dict.fromkeys([*first, *(model.ref for model in desk.library())]))
    rows: list[CandidateRow] = []
    for ref in wanted:
        if cancelled():
            raise Cancelled
        try:
            contestants = desk.contestants([ref], task)
        except PetitError:
            # Not on this disk after all, or made for another task: not a row here.
            continue
        rows.extend(
            row_of_contestant(item, _fit(desk, item, task), classify(item.licence).kind, len(rows))
            for item in contestants
        )
    return rows


def merged(found: Sequence[CandidateRow], kept: Sequence[CandidateRow]) -> list[CandidateRow]:
    """Models chosen before stay on top of what a search found."""
    there = {row.key for row in found}
    return [row for row in kept if row.key not in there] + list(found)


def short_name(ref: str) -> str:
    """The repository's own name."""
    return parse_reference(ref).name


def _fit(desk: Desk, contestant: Contestant, task: str) -> Fit | None:
    try:
        return next((fit for _, fit in desk.fit([contestant.ref], task)), None)
    except PetitError:
        return None
