# SPDX-License-Identifier: Apache-2.0
"""The forms in which one model can be run here, the one Petit picks, and why. Pure.

Which to pick, in this order:

1. only what an engine here can run, and of that the best verdict: fits, tight, unknown, does not fit;
2. of these what stays closest to the original, 8 bits before 4, 4 before less;
3. of these the engine that is fastest for the kind of task, and of its precisions its own first.

2 and 3 are the rules by which a trial picks among the files on this disk (engines/preference.py), so
that what is downloaded is what is run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from selector.engines.base import Engine
from selector.engines.facts import FORMATS, ModelFacts, format_of, formats_of
from selector.engines.preference import loss, place
from selector.fit.base import Fit
from selector.hub.candidate import Reason, Variant
from selector.hub.forms import Form, forms_of, is_empty
from selector.machine.facts import Machine
from selector.tasks.base import Task

Predict = Callable[[ModelFacts, Task, Machine, str, str], Fit]
ASKED = "variant.asked"
"""The reason of a variant that the user named."""
FASTER = 1.5
"""A smaller difference of predicted speeds is within their error and not worth a word."""
_SOUNDEST = ("fits", "tight", "unknown", "no")


def by_format(engines: Mapping[str, Engine]) -> list[Engine]:
    """Engines in the order of the formats they read, the reference first."""
    return sorted(
        engines.values(), key=lambda engine: min(map(FORMATS.index, engine.info.formats), default=9)
    )


def _kinds(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in formats_of(paths) if name != "pickle")


def variants_of(
    facts: ModelFacts,
    task: Task,
    machine: Machine,
    engines: Mapping[str, Engine],
    predict: Predict,
    here: frozenset[str] = frozenset(),
) -> tuple[Variant, ...]:
    """Every form in one repository, those that run here first; ``here`` are its files on this disk."""
    offers = list(offers_of(facts, task, engines))
    run = [offer.variant(task, machine, predict, here) for offer in offers]
    covered = {path for offer in offers for path in offer.planned}
    others = [
        Variant(
            facts.repo, facts.revision, form.format, form.precision, None,
            _bytes(facts, form.paths), None, _why_not(form, facts, task, engines),
        )
        for form in forms_of(facts)
        if not set(form.paths) <= covered
    ]  # fmt: skip
    return (*run, *others)


@dataclass(frozen=True, slots=True)
class Offer:
    """A form that an engine here runs, before anything is predicted of it."""

    facts: ModelFacts
    engine: str
    precision: str
    format: str
    planned: tuple[str, ...]
    """The files it needs."""
    weights: frozenset[str]
    """Of these, the weights."""

    def variant(
        self, task: Task, machine: Machine, predict: Predict, here: frozenset[str]
    ) -> Variant:
        """With its fit; ``here`` are the repository's files on this disk."""
        facts = self.facts
        fit = predict(facts, task, machine, self.engine, self.precision)
        return Variant(
            facts.repo, facts.revision, self.format, self.precision, self.engine,
            _bytes(facts, self.planned), fit, Reason("variant.other"), self.weights <= here,
        )  # fmt: skip


def offers_of(facts: ModelFacts, task: Task, engines: Mapping[str, Engine]) -> Iterator[Offer]:
    """What the engines here run of one repository, in the order of the formats they read."""
    empty = {file.path for file in facts.files if is_empty(file)}
    kinds, weights, before = tuple[str, ...](), frozenset[str](), tuple[str, ...]()
    for engine in by_format(engines):
        if not engine.can_load(facts, task).ok or not engine.probe().ok:
            continue
        for precision in engine.offered(facts):
            planned = engine.files(facts, precision)
            if planned != before:  # one file may serve every precision of an engine
                kinds, before = _kinds(planned), planned
                weights = frozenset(p for p in planned if format_of(p) not in (None, "pickle"))
            if kinds and not weights & empty:
                yield Offer(facts, engine.info.id, precision, kinds[0], planned, weights)


def _bytes(facts: ModelFacts, planned: Sequence[str]) -> int | None:
    """Bytes to fetch, from the sizes of the files; a list without sizes leaves the header's count."""
    weights = [path for path in planned if format_of(path)]
    sizes = {file.path: file.size for file in facts.files if file.size}
    if weights and all(path in sizes for path in weights):
        return sum(sizes.get(path, 0) for path in planned)
    stored = facts.stored_bytes
    return stored if formats_of(weights) == ("safetensors",) else None


def _why_not(form: Form, facts: ModelFacts, task: Task, engines: Mapping[str, Engine]) -> Reason:
    if form.format == "pickle":
        return Reason("variant.pickle")
    if any(is_empty(file) for file in facts.files if file.path in form.paths):
        return Reason("risk.empty_weights")
    for engine in by_format(engines):
        if form.format in engine.info.formats:
            loadable = engine.can_load(facts, task)
            if not loadable.ok:
                return Reason(loadable.reason, dict(loadable.facts or {}))
            if not engine.probe().ok:
                return Reason("risk.engine_missing", {"engine": engine.info.id})
            return Reason("variant.not_offered", {"engine": engine.info.id})
    return Reason("variant.no_engine", {"format": form.format})


def _verdict(variant: Variant) -> int:
    return _SOUNDEST.index(variant.fit.verdict if variant.fit else "unknown")


def _speed(variant: Variant) -> float:
    return variant.fit.speed.expected if variant.fit and variant.fit.speed else 0.0


def pick(variants: Sequence[Variant], task: Task) -> Variant | None:
    """The variant for this machine by the rules at the top, with its reason; None when none is usable."""
    usable = [each for each in variants if each.usable]
    if not usable:
        return None
    best = min(map(_verdict, usable))
    sound = [each for each in usable if _verdict(each) == best]
    if best == _SOUNDEST.index("no"):
        return replace(min(sound, key=_memory), reason=Reason("variant.least_memory"))
    chosen = min(sound, key=lambda each: (loss(each.precision), place(each.engine or "", task)))
    return replace(chosen, reason=_why(chosen, usable, task))


def lead(
    offers: Sequence[tuple[Offer, frozenset[str]]], task: Task, machine: Machine, predict: Predict
) -> Variant | None:
    """The variant that ``pick`` picks among all of these, without predicting more than it takes.

    Each offer comes with its repository's files on this disk. The reason is for ``pick`` to say.
    """
    order = sorted(
        range(len(offers)),
        key=lambda n: (loss(offers[n][0].precision), place(offers[n][0].engine, task)),
    )
    known: dict[int, Variant] = {}
    for number in order:
        offer, here = offers[number]
        known[number] = offer.variant(task, machine, predict, here)
        if _verdict(known[number]) == 0:
            return known[number]
    return pick([known[number] for number in sorted(known)], task)


def _memory(variant: Variant) -> float:
    return variant.fit.memory_bytes.expected if variant.fit and variant.fit.memory_bytes else 0.0


def _why(chosen: Variant, usable: Sequence[Variant], task: Task) -> Reason:
    if len(usable) == 1:
        return Reason("variant.only")
    closer = [
        each
        for each in usable
        if _verdict(each) > _verdict(chosen)
        and (loss(each.precision), -_memory(each)) < (loss(chosen.precision), -_memory(chosen))
    ]
    if closer:
        first = closer[0]
        facts = {"other": f"{first.engine}-{first.precision}", "bytes": round(_memory(first))}
        return Reason("variant.largest_that_fits", facts)
    equal = [
        each
        for each in usable
        if each.engine != chosen.engine and loss(each.precision) == loss(chosen.precision)
    ]
    if equal and place(chosen.engine or "", task) == 0:
        other = min(equal, key=lambda each: place(each.engine or "", task))
        return Reason("variant.faster", {"other": f"{other.engine}-{other.precision}"})
    return Reason("variant.closest")


def _compared(each: Variant, chosen: Variant) -> Reason:
    """Why a usable variant was not picked."""
    if _verdict(each) > _verdict(chosen):
        return Reason("variant.worse_fit", {"bytes": round(_memory(each))})
    if loss(each.precision) > loss(chosen.precision):
        return Reason("variant.further")
    mine, its = _speed(each), _speed(chosen)
    if its > 0 and mine * FASTER <= its:
        return Reason("variant.slower", {"times": its / mine if mine else 0.0})
    if (
        each.download_bytes
        and chosen.download_bytes
        and each.download_bytes < chosen.download_bytes
    ):
        return Reason("variant.smaller_only", {"bytes": each.download_bytes})
    return Reason("variant.other")


def explained(variants: Sequence[Variant], chosen: Variant | None) -> tuple[Variant, ...]:
    """All variants with their reasons, the chosen one first."""
    if chosen is None:
        return tuple(variants)
    rest = (each for each in variants if each.ref != chosen.ref or not each.usable)
    others = (
        replace(each, reason=_compared(each, chosen)) if each.usable else each for each in rest
    )
    return (chosen, *others)


def named(
    variants: Sequence[Variant], engine: str | None, precision: str | None, task: Task
) -> Variant | None:
    """The variant a reference asks for; of one engine alone the best."""
    mine = [
        each
        for each in variants
        if each.engine == engine and (precision is None or each.precision == precision)
    ]
    found = pick(mine, task)
    return None if found is None else replace(found, reason=Reason(ASKED))
