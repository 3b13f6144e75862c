# SPDX-License-Identifier: Apache-2.0
"""Rows for the table of candidates; what reads the disk blocks and runs off the window's thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from selector import registry
from selector.desk.desk import Desk
from selector.errors import Cancelled
from selector.fit.predict import predict
from selector.hub.candidate import Candidate, LocalModel
from selector.hub.judge import candidate_of
from selector.hub.local_facts import row_of_local
from selector.hub.ranking import judged
from selector.hub.why import with_why
from selector.reference import parse_reference
from ui.models.candidate_row import CandidateRow, in_form, row_of_candidate


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
    order = {without_engine(ref): place for place, ref in enumerate(first)}
    models = sorted(desk.library(), key=lambda model: (order.get(model.ref, len(order)), model.ref))
    return in_named_forms(_judged(desk, task, models, cancelled), first)


def chosen_rows(
    desk: Desk, task: str, refs: Sequence[str], cancelled: Callable[[], bool]
) -> list[CandidateRow]:
    """Those of ``refs`` that are on this disk and can do ``task``, in the forms that ``refs`` name."""
    models = {model.ref: model for model in desk.library()}
    keys = [without_engine(ref) for ref in refs]
    rows = _judged(desk, task, [models[key] for key in keys if key in models], cancelled)
    return in_named_forms(rows, refs)


def in_named_forms(rows: Sequence[CandidateRow], refs: Sequence[str]) -> list[CandidateRow]:
    """Rows in the forms that ``refs`` name; without a name a row keeps the form it is in."""
    wanted = {without_engine(ref): parse_reference(ref) for ref in refs}
    found = []
    for row in rows:
        named = wanted.get(row.key)
        variants = row.candidate.variants if row.candidate else ()
        pair = (named.engine, named.precision) if named else None
        same = (v for v in variants if v.usable and (v.engine, v.precision) == pair)
        chosen = next(same, None)
        found.append(in_form(row, chosen) if chosen else row)
    return found


def same_choice(refs: Sequence[str], rows: Sequence[CandidateRow]) -> bool:
    """Whether ``rows`` are what ``refs`` name; a reference without a form means the one Petit picks."""
    named = {without_engine(ref): ref for ref in refs}
    if named.keys() != {row.key for row in rows}:
        return False
    return all(
        named[row.key] == row.ref or (named[row.key] == row.key and row.by_default) for row in rows
    )


def merged(found: Sequence[CandidateRow], kept: Sequence[CandidateRow]) -> list[CandidateRow]:
    """Models chosen before stay on top of what a search found."""
    there = {row.key for row in found}
    return [row for row in kept if row.key not in there] + list(found)


def _judged(
    desk: Desk, task: str, models: Sequence[LocalModel], cancelled: Callable[[], bool]
) -> list[CandidateRow]:
    machine, wanted, engines = desk.machine(), registry.task(task), registry.engines()
    found: list[Candidate] = []
    for model in models:
        if cancelled():
            raise Cancelled
        candidate = candidate_of(row_of_local(model), wanted, machine, engines, predict)
        if candidate.engine is not None:
            found.append(judged(candidate, None, weights=desk.weights))
    # In the order given, which is the user's own; the sentences compare within it all the same.
    return [row_of_candidate(each, place) for place, each in enumerate(with_why(found))]
