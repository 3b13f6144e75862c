# SPDX-License-Identifier: Apache-2.0
"""Predicts peak memory, speed and load time of a model here, before its weights are downloaded. Pure.

The formulas are in memory.py and speed.py; this module puts them together and says how sure they are.
Every interval means to hold the measured value four times in five. Memory errs on the safe side: measured
peaks were 12 % below to 1 % above what is expected here (tests/benchmarks/fit).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from selector.engines.facts import ModelFacts
from selector.fit.anchors import NONE, Anchors, learn
from selector.fit.base import Fit, Verdict
from selector.fit.costs import EngineCosts, costs_of
from selector.fit.memory import MemoryParts, Weights, memory_parts
from selector.fit.pace import pace_of
from selector.fit.speed import UNKNOWN_SPREAD, first_token_s, item_parts, writing_a_token
from selector.fit.stacks import Computation, read_computation
from selector.fit.weights import parameters_of, weights_of
from selector.fit.workload import Workload, full_batch, usual
from selector.intervals import Interval
from selector.machine.facts import Experience, Machine
from selector.tasks.base import Task

TIGHT = 0.85
"""Above this share of available memory a model is called tight."""
_FOUR_IN_FIVE = 1.2816
"""Standard deviations to either side that hold four values in five of a normal distribution."""
_LEAST, _MOST = 0.915, 1.02
"""Measured over predicted peak memory, four times in five, where the architecture is known."""
_UNKNOWN_LEAST, _UNKNOWN_MOST = 0.7, 1.5
_SLACK_BYTES = 12_000_000
_LOAD_SPREAD = 0.35


_Given = TypeVar("_Given")
_Found = TypeVar("_Found")


class _Last(Generic[_Given, _Found]):
    """The last answer of a pure function: one model is predicted in all its forms in a row."""

    __slots__ = ("_function", "_last")

    def __init__(self, function: Callable[[_Given], _Found]) -> None:
        self._function = function
        self._last: tuple[_Given, _Found] | None = None

    def __call__(self, given: _Given) -> _Found:
        # Held by reference, so that something else cannot be taken for it.
        last = self._last
        if last is not None and last[0] is given:
            return last[1]
        found = self._function(given)
        self._last = (given, found)
        return found


computation_of: _Last[Mapping[str, Any], Computation] = _Last(read_computation)
learned: _Last[tuple[Experience, ...], Anchors] = _Last(learn)


def _costs(engine: str, machine: Machine | None) -> EngineCosts:
    """The constants, with the size of an empty worker as it was measured here."""
    costs = costs_of(engine)
    calibration = machine.calibration if machine else None
    found = calibration.engines.get(engine) if calibration else None
    return costs.measured_empty(found.empty_bytes) if found and found.empty_bytes > 0 else costs


@dataclass(frozen=True, slots=True)
class _Form:
    """One form of a model with everything the formulas take."""

    computation: Computation
    weights: Weights
    costs: EngineCosts
    engine: str
    precision: str
    task: Task | None
    work: Workload | None
    """None: what is usual, whose memory reaches up to a full batch."""
    anchors: Anchors

    @property
    def known(self) -> bool:
        """Whether the architecture is one the formulas read."""
        return bool(self.computation.stacks or self.computation.macs)

    @property
    def usually(self) -> Workload:
        """How large the inputs are taken to be."""
        return self.work or usual(self.task, self.computation)

    def parts(self, work: Workload) -> MemoryParts:
        """Where memory goes at the peak."""
        task_id = self.task.id if self.task else ""
        form = self.costs, self.engine, self.precision, self.weights
        return memory_parts(self.computation, *form, work, task_id)

    def memory(self, expected: float) -> Interval:
        """The interval around ``expected`` bytes."""
        least, most = (_LEAST, _MOST) if self.known else (_UNKNOWN_LEAST, _UNKNOWN_MOST)
        largest = expected
        if self.work is None:
            largest = max(expected, self.parts(full_batch(self.usually)).total)
        shift = self.anchors.memory(self.engine, self.computation.family).factor
        middle = expected * shift
        high = (most * largest + _SLACK_BYTES) * max(1.0, shift)
        return Interval(min(least * expected, middle), middle, max(high, middle))

    def load_s(self) -> Interval:
        """Until it is ready."""
        costs, run = self.costs, self.weights.run
        seconds = costs.start_s + self.computation.vocabulary * costs.piece_s
        seconds += run / costs.load_bytes_per_s
        if self.weights.copied:
            seconds += run / costs.convert_bytes_per_s
        return _around(seconds, _LOAD_SPREAD)


@dataclass(frozen=True, slots=True)
class _Rate:
    speed: Interval
    first_token_s: Interval | None
    dominated_by: str
    basis: str


def _form(
    facts: ModelFacts,
    engine: str,
    precision: str,
    task: Task | None,
    machine: Machine | None,
    work: Workload | None,
) -> _Form | None:
    weights = weights_of(facts, engine, precision)
    if weights is None:
        return None
    costs = _costs(engine, machine)
    computation = computation_of(facts.config)
    anchors = learned(machine.experience) if machine else NONE
    return _Form(computation, weights, costs, engine, precision, task, work, anchors)


def predict_memory(
    facts: ModelFacts,
    precision: str,
    engine: str = "torch",
    *,
    work: Workload | None = None,
    task: Task | None = None,
    machine: Machine | None = None,
) -> Interval | None:
    """Peak resident bytes of a worker with this model; None when the size is unknown.

    Without ``work`` the interval reaches from one short input to a full batch of longer ones.
    """
    form = _form(facts, engine, precision, task, machine, work)
    return None if form is None else form.memory(form.parts(form.usually).total)


def predict_speed(
    facts: ModelFacts,
    task: Task,
    machine: Machine,
    precision: str,
    engine: str = "torch",
    *,
    work: Workload | None = None,
) -> Interval | None:
    """Inputs or, of writers, tokens a second, one at a time; None when the size is unknown."""
    form = _form(facts, engine, precision, task, machine, work)
    found = _rate(form, facts, task, machine) if form else None
    return found.speed if found else None


def predict_item(
    facts: ModelFacts, task: Task, machine: Machine, precision: str, engine: str, work: Workload
) -> float | None:
    """Seconds of one input, read and answered; None when the size is unknown."""
    form = _form(facts, engine, precision, task, machine, work)
    parameters = parameters_of(facts, engine, precision)
    if form is None or not parameters or form.weights.run <= 0:
        return None
    pace = pace_of(machine, form.costs, engine, precision)
    sizes = precision, form.weights.run, parameters
    image = task.modality == "image"
    return item_parts(form.computation, pace, *sizes, work, image).total


def _rate(form: _Form, facts: ModelFacts, task: Task, machine: Machine) -> _Rate | None:
    parameters = parameters_of(facts, form.engine, form.precision)
    run = form.weights.run
    if parameters is None or parameters <= 0 or run <= 0:
        return None
    computation, given = form.computation, form.usually
    pace = pace_of(machine, form.costs, form.engine, form.precision)
    writes = task.output_kind == "text"
    first = None
    sizes = form.precision, run, parameters
    if writes:
        parts = writing_a_token(computation, pace, run, given)
        first = first_token_s(computation, pace, *sizes, given)
    else:
        parts = item_parts(computation, pace, *sizes, given, task.modality == "image")
    shift = form.anchors.speed(form.engine, computation.family)
    spread = shift.narrowed(pace.spread) + (0.0 if form.known else UNKNOWN_SPREAD)
    # A writer gives each of its items one token in a step.
    rate = (given.items if writes else 1.0) / max(parts.total, 1e-9) * shift.factor
    return _Rate(
        _around(rate, spread),
        None if first is None else _around(first / shift.factor, spread + 0.1),
        parts.largest,
        pace.basis,
    )


def _around(value: float, spread: float) -> Interval:
    """Four in five of a log-normal distribution with this median."""
    factor = math.exp(_FOUR_IN_FIVE * spread)
    return Interval(value / factor, value, value * factor)


def verdict_of(memory: Interval | None, available: int) -> Verdict:
    """Whether a peak fits in ``available`` bytes: by its pessimistic end, so that "fits" does not lie."""
    if memory is None:
        return "unknown"
    if memory.high <= TIGHT * available:
        return "fits"
    return "tight" if memory.expected <= available else "no"


def predict(
    facts: ModelFacts,
    task: Task,
    machine: Machine,
    engine: str,
    precision: str,
    *,
    work: Workload | None = None,
) -> Fit:
    """The whole prediction for one variant on one machine."""
    unit = "tokens/s" if task.output_kind == "text" else "inputs/s"
    form = _form(facts, engine, precision, task, machine, work)
    if form is None:
        return Fit("unknown", None, None, unit, facts.basis)
    parts = form.parts(form.usually)
    memory = form.memory(parts.total)
    rate = _rate(form, facts, task, machine)
    weights = form.weights
    return Fit(
        verdict=verdict_of(memory, machine.memory.available_bytes),
        memory_bytes=memory,
        speed=rate.speed if rate else None,
        speed_unit=unit,
        basis=facts.basis,
        load_s=form.load_s(),
        first_token_s=rate.first_token_s if rate else None,
        disk_bytes=round(weights.copied or weights.run),
        parts=parts.items(),
        dominated_by=rate.dominated_by if rate else "",
        architecture="known" if form.known else "unknown",
        rates=rate.basis if rate else "",
        runs=form.anchors.speed(engine, form.computation.family).runs,
        assumed=form.usually,
    )
