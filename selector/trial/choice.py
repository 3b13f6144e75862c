# SPDX-License-Identifier: Apache-2.0
"""Which form of a model runs when the user names none: engine, precision, and why. Pure.

What does not fit in memory comes last; of the rest, what is closest to the original; of that, the engine
that is fastest for the kind of task (see preference.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from selector.engines.base import Engine
from selector.engines.facts import ModelFacts
from selector.engines.preference import loss, place
from selector.errors import UnknownEngine, UnsupportedModel
from selector.fit.predict import predict_memory, verdict_of
from selector.tasks.base import Task


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine and a precision; ``reason`` is a key of the catalogue with its facts."""

    engine: str
    precision: str
    reason: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Form:
    engine: str
    precision: str
    too_big: bool
    loss: int
    place: tuple[int, int]


def _forms(
    facts: ModelFacts, task: Task, engines: Mapping[str, Engine], available_bytes: int
) -> list[_Form]:
    found = []
    for name, engine in engines.items():
        if not engine.probe().ok or not engine.can_load(facts, task).ok:
            continue
        rank = place(name, task)
        for number, precision in enumerate(engine.offered(facts)):
            memory = predict_memory(facts, precision, name)
            too_big = verdict_of(memory, available_bytes) == "no"
            found.append(_Form(name, precision, too_big, loss(precision), (rank, number)))
    return found


def choose(
    facts: ModelFacts, task: Task, engines: Mapping[str, Engine], available_bytes: int
) -> Choice:
    """The form Petit runs. Raises UnsupportedModel with the reason of the engine that came closest."""
    forms = _forms(facts, task, engines, available_bytes)
    if not forms:
        raise _refusal(facts, task, engines)
    best = min(forms, key=lambda form: (form.too_big, form.loss, form.place))
    others = [form for form in forms if form.engine != best.engine]
    closer = [
        form
        for form in forms
        if form.too_big and not best.too_big and (form.loss, form.place) < (best.loss, best.place)
    ]
    if len(forms) == 1:
        return Choice(best.engine, best.precision, "choice.only")
    if closer:
        missed = f"{closer[0].engine}-{closer[0].precision}"
        return Choice(best.engine, best.precision, "choice.memory", {"other": missed})
    equal = next((form for form in others if form.loss == best.loss), None)
    if equal is not None and best.place[0] == 0:
        name = engines[equal.engine].info.title
        return Choice(best.engine, best.precision, "choice.faster", {"other": name})
    return Choice(best.engine, best.precision, "choice.closest")


def named(
    facts: ModelFacts,
    task: Task,
    engines: Mapping[str, Engine],
    available_bytes: int,
    engine_id: str,
    precision: str | None,
) -> Choice:
    """The form a reference names; of an engine alone the best of its precisions.

    Raises UnknownEngine with what there is, UnsupportedModel.
    """
    engine = engines.get(engine_id)
    if engine is None:
        raise UnknownEngine(engine=engine_id, known=sorted(engines))
    if precision is not None and precision not in engine.info.precisions:
        known = [f"{engine_id}-{name}" for name in engine.info.precisions]
        raise UnknownEngine(engine=f"{engine_id}-{precision}", known=known)
    loadable = engine.can_load(facts, task)
    makes = engine.makes(facts, task)
    if precision in makes or (precision is None and makes and not loadable.ok):
        return Choice(engine_id, precision or makes[0], "choice.made")
    if not loadable.ok:
        raise UnsupportedModel(
            repo=facts.repo, reason=loadable.reason, **dict(loadable.facts or {})
        )
    offered = engine.offered(facts)
    if precision is not None and precision not in offered:
        known = [f"{engine_id}-{name}" for name in (*offered, *makes)]
        raise UnknownEngine(engine=f"{engine_id}-{precision}", known=known)
    if precision is None:
        forms = _forms(facts, task, {engine_id: engine}, available_bytes)
        best = min(forms, key=lambda form: (form.too_big, form.loss, form.place), default=None)
        precision = best.precision if best else offered[0]
    return Choice(engine_id, precision, "choice.asked")


def _refusal(facts: ModelFacts, task: Task, engines: Mapping[str, Engine]) -> UnsupportedModel:
    """What the engine for a format that is there says counts more than what another one lacks."""
    formats = set(facts.weight_formats)
    ordered = sorted(
        engines.values(),
        key=lambda engine: (formats.isdisjoint(engine.info.formats), engine.info.id != "torch"),
    )
    for engine in ordered:
        loadable = engine.can_load(facts, task)
        if not loadable.ok:
            return UnsupportedModel(
                repo=facts.repo, reason=loadable.reason, **dict(loadable.facts or {})
            )
    return UnsupportedModel(
        repo=facts.repo,
        reason="risk.engine_missing",
        engine=ordered[0].info.title if ordered else "",
    )
