# SPDX-License-Identifier: Apache-2.0
"""The forms in which one model can be run here, the one Petit picks, and why. Pure.

Which to pick, in this order:

1. only what an engine here can run, and of that the best verdict: fits, tight, unknown, does not fit;
2. of these what stays closest to the original: 16 bits and more (and blocks of 8, whose outputs agree
   to three digits) before 8 bits, 8 before 4, 4 before less;
3. of these the first in the order of formats (the authors' own weights, then conversions), unless another
   is predicted to be ``FASTER`` times as fast: less is within the error of a prediction.

Of one set of files the engine's own first precision stands for all: halving while loading is slower
on most processors and only helps where memory is short, which rule 1 sees.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from selector.engines.base import Engine
from selector.engines.facts import FORMATS, ModelFacts, formats_of
from selector.fit.base import Fit
from selector.hub.candidate import Reason, Variant
from selector.hub.forms import Form, forms_of, is_empty
from selector.machine.facts import Machine
from selector.tasks.base import Task

Predict = Callable[[ModelFacts, Task, Machine, str, str], Fit]
FASTER = 1.5
_SOUNDEST = ("fits", "tight", "unknown", "no")
_FLOAT = re.compile(r"(b?fp?\d\d|stored|tf32)$")
_BITS = re.compile(r"[iqt]*(?:nt|bnb|mxfp|fp)?(\d)")


def loss(precision: str, weights: str) -> int:
    """How far from the original: 0 as good as the same, 1 eight bits, 2 four, then one more a bit."""
    if _FLOAT.match(precision):
        return 0
    if weights == "gguf" and precision == "q8_0":
        return 0
    match = _BITS.match(precision)
    bits = int(match[1]) if match else 4
    return 1 if bits >= 5 else 2 if bits == 4 else 6 - bits


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
    run = list(_run(facts, task, machine, engines, predict, here))
    covered = {path for _, planned in run for path in planned}
    others = [
        Variant(
            facts.repo, facts.revision, form.format, form.precision, None,
            _bytes(facts, form.paths), None, _why_not(form, facts, task, engines),
        )
        for form in forms_of(facts)
        if not set(form.paths) <= covered
    ]  # fmt: skip
    return (*(variant for variant, _ in run), *others)


def _run(
    facts: ModelFacts,
    task: Task,
    machine: Machine,
    engines: Mapping[str, Engine],
    predict: Predict,
    here: frozenset[str],
) -> Iterator[tuple[Variant, tuple[str, ...]]]:
    empty = {file.path for file in facts.files if is_empty(file)}
    for engine in by_format(engines):
        if not engine.can_load(facts, task).ok or not engine.probe().ok:
            continue
        for precision in engine.offered(facts):
            planned = engine.files(facts, precision)
            kinds = _kinds(planned)
            weights = {path for path in planned if _kinds([path])}
            if not kinds or weights & empty:
                continue
            fit = predict(facts, task, machine, engine.info.id, precision)
            yield Variant(
                facts.repo, facts.revision, kinds[0], precision, engine.info.id,
                _bytes(facts, planned), fit, Reason("variant.other"), weights <= here,
            ), planned  # fmt: skip


def _bytes(facts: ModelFacts, planned: Sequence[str]) -> int | None:
    """Bytes to fetch, from the sizes of the files; a list without sizes leaves the header's count."""
    sizes = {file.path: file.size for file in facts.files}
    weights = [path for path in planned if formats_of([path])]
    if weights and all(sizes[path] for path in weights):
        return sum(sizes[path] for path in planned)
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


def _heads(variants: Sequence[Variant]) -> list[Variant]:
    """Of each engine and format the first of every loss: the default of one set of files."""
    found: dict[tuple[str, str, str | None, int | None], Variant] = {}
    for each in variants:
        key = (each.repo, each.format, each.engine, each.download_bytes)
        found.setdefault(key, each)
    return list(found.values())


def pick(variants: Sequence[Variant]) -> Variant | None:
    """The variant for this machine by the rules at the top, with its reason; None when none is usable."""
    usable = [each for each in variants if each.usable]
    if not usable:
        return None
    best = min(map(_verdict, usable))
    sound = [each for each in usable if _verdict(each) == best]
    if best == _SOUNDEST.index("no"):
        return replace(min(sound, key=_memory), reason=Reason("variant.least_memory"))
    least = min(loss(each.precision, each.format) for each in sound)
    close = [each for each in sound if loss(each.precision, each.format) == least]
    order = sorted(_heads(close), key=lambda each: FORMATS.index(each.format))
    chosen = order[0]
    fastest = max(order, key=_speed)
    if _speed(chosen) > 0 and _speed(fastest) >= FASTER * _speed(chosen):
        times = _speed(fastest) / _speed(chosen)
        other = f"{chosen.engine}-{chosen.precision}"
        return replace(fastest, reason=Reason("variant.faster", {"times": times, "other": other}))
    return replace(chosen, reason=_why(chosen, usable))


def _memory(variant: Variant) -> float:
    return variant.fit.memory_bytes.expected if variant.fit and variant.fit.memory_bytes else 0.0


def _why(chosen: Variant, usable: Sequence[Variant]) -> Reason:
    if len(usable) == 1:
        return Reason("variant.only")
    closer = [
        each
        for each in usable
        if _verdict(each) > _verdict(chosen)
        and (loss(each.precision, each.format), -_memory(each))
        < (loss(chosen.precision, chosen.format), -_memory(chosen))
    ]
    if closer:
        first = closer[0]
        facts = {"other": f"{first.engine}-{first.precision}", "bytes": round(_memory(first))}
        return Reason("variant.largest_that_fits", facts)
    return Reason("variant.closest")


def _compared(each: Variant, chosen: Variant) -> Reason:
    """Why a usable variant was not picked."""
    if _verdict(each) > _verdict(chosen):
        return Reason("variant.worse_fit", {"bytes": round(_memory(each))})
    if loss(each.precision, each.format) > loss(chosen.precision, chosen.format):
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


def named(variants: Sequence[Variant], engine: str | None, precision: str | None) -> Variant | None:
    """The variant a reference asks for; of one engine alone the best."""
    mine = [
        each
        for each in variants
        if each.engine == engine and (precision is None or each.precision == precision)
    ]
    found = pick(mine)
    return None if found is None else replace(found, reason=Reason("variant.asked"))
