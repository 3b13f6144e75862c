# SPDX-License-Identifier: Apache-2.0
"""Rows for the table of candidates; what reads the disk blocks and runs off the window's thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from selector import registry
from selector.desk.desk import Desk
from selector.errors import Cancelled
from selector.fit.predict import predict
from selector.hub.candidate import LocalModel
from selector.hub.judge import candidate_of
from selector.hub.local_facts import row_of_local
from selector.hub.ranking import judged
from selector.reference import parse_reference
from ui.models.candidate_row import CandidateRow, row_of_candidate


def without_engine(ref: str) -> str:
    """``ORG/NAME@REVISION`` of a reference."""
    return ref.partition("#")[0]


def short_name(ref: str) -> str:
    """The repository's own name."""
    return parse_reference(ref).name


def disk_rows(
    desk: Desk, task: str, first: Sequence[str], cancelled: Callable[[], bool]
) -> list[CandidateRow]:
    """Models on this disk that can do ``task``: those of ``first`` in its order, then the others."""
    order = {ref: place for place, ref in enumerate(first)}
    models = sorted(desk.library(), key=lambda model: (order.get(model.ref, len(order)), model.ref))
    return _judged(desk, task, models, cancelled)


def chosen_rows(
    desk: Desk, task: str, refs: Sequence[str], cancelled: Callable[[], bool]
) -> list[CandidateRow]:
    """Those of ``refs`` that are on this disk and can do ``task``."""
    models = {model.ref: model for model in desk.library()}
    return _judged(desk, task, [models[ref] for ref in refs if ref in models], cancelled)


def merged(found: Sequence[CandidateRow], kept: Sequence[CandidateRow]) -> list[CandidateRow]:
    """Models chosen before stay on top of what a search found."""
    there = {row.key for row in found}
    return [row for row in kept if row.key not in there] + list(found)


def _judged(
    desk: Desk, task: str, models: Sequence[LocalModel], cancelled: Callable[[], bool]
) -> list[CandidateRow]:
    machine, wanted, engines = desk.machine(), registry.task(task), registry.engines()
    rows: list[CandidateRow] = []
    for model in models:
        if cancelled():
            raise Cancelled
        found = candidate_of(row_of_local(model), wanted, machine, engines, predict)
        if found.engine is not None:
            row = row_of_candidate(judged(found, None), len(rows))
            rows.append(replace(row, downloads=None))
    return rows
