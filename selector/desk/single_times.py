# SPDX-License-Identifier: Apache-2.0
"""How long one text takes when it comes alone, as in real use, and the energy it takes where that can be read.

An evaluation gives a model its examples in batches, which says how much it can do and not how long one
text waits. Each model is timed once for a task; the figures stay in the store.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from selector.decide.need_llm import NeedLlm, priced
from selector.decide.verdict_facts import Evaluation
from selector.engines.endpoint.prices import Prices
from selector.machine.energy import ROOT, Counters, idle_watts, joules, read_counters
from selector.store.database import Database
from selector.store.measurements import last_measurement, remember_measurement
from selector.trial.measurement import Contestant, Timing, Trial, TrialEvent
from selector.trial.runner import run_trial

MOST = 60
LEAST = 5
PATIENCE_S = 15.0
"""About how long the timing may take, by the times in batches."""
_J_PER_WH = 3600.0


@dataclass(frozen=True, slots=True)
class Single:
    """Of single texts: times, and joules each where they could be read."""

    timing: Timing
    joules: float | None


def with_single_times(
    database: Database,
    evaluation: Evaluation,
    contestants: Sequence[Contestant],
    inputs: Sequence[str],
    available_bytes: int,
    prices: Prices,
    cancelled: Callable[[], bool],
    parameters: Mapping[str, Any] | None = None,
    counters: Path = ROOT,
) -> Evaluation:
    """The same evaluation, its comparisons with LLMs with figures of single texts. Raises Cancelled."""
    known = {each.ref: each for each in contestants}
    found: dict[str, Single | None] = {}

    def alone(need: NeedLlm) -> NeedLlm:
        ref, usual = need.local.ref, need.local.latency_s
        if usual is None or ref not in known:
            return need
        if ref not in found:
            task, some = evaluation.task, _some(inputs, usual)
            found[ref] = _known(database, ref, task) or _measured(
                database, known[ref], task, some, available_bytes, cancelled, counters, parameters
            )
        one = found[ref]
        if one is None:
            return need
        local = replace(
            need.local,
            latency_s=one.timing.median,
            p95_s=one.timing.p95,
            batched=False,
            measured_wh_per_1000=None if one.joules is None else one.joules * 1000 / _J_PER_WH,
        )
        return priced(replace(need, local=local), prices)

    return replace(evaluation, need_llm=tuple(alone(need) for need in evaluation.need_llm))


def _some(inputs: Sequence[str], usual_s: float) -> tuple[str, ...]:
    """Inputs from the whole list, as many as there is patience for."""
    wanted = MOST if usual_s <= 0 else max(LEAST, min(MOST, round(PATIENCE_S / usual_s)))
    step = max(1, len(inputs) // wanted)
    return tuple(inputs[::step][:wanted])


def _kind(task: str) -> str:
    return f"{task}: one by one"


def _known(database: Database, ref: str, task: str) -> Single | None:
    facts = last_measurement(database, ref, _kind(task)) or {}
    try:
        times, used = facts["latency_s"], facts["joules"]
        timing = Timing(float(times["median"]), float(times["p95"]), int(times["n"]))
        return Single(timing, None if used is None else float(used))
    except (KeyError, TypeError, ValueError):
        return None  # never timed, or by a version that wrote it otherwise


def _measured(
    database: Database,
    contestant: Contestant,
    task: str,
    inputs: tuple[str, ...],
    available_bytes: int,
    cancelled: Callable[[], bool],
    counters: Path,
    parameters: Mapping[str, Any] | None,
) -> Single | None:
    anyway = idle_watts(counters)
    readings: list[Counters | None] = []

    def watch(event: TrialEvent) -> None:
        begins = event.kind == "turn" and not readings  # loaded and warm: now it computes
        if begins or (event.kind == "finished" and readings):
            readings.append(read_counters(counters))

    trial = Trial(task, inputs, (contestant,), block=1, parameters=dict(parameters or {}))
    (row,) = run_trial(trial, available_bytes=available_bytes, on_event=watch, cancelled=cancelled)
    if row.error is not None or row.latency is None or row.shared:
        return None
    used = _each(readings, anyway, len(inputs))
    facts = {"latency_s": row.latency.to_json(), "joules": used}
    remember_measurement(database, row.ref, _kind(task), facts)
    return Single(row.latency, used)


def _each(readings: Sequence[Counters | None], anyway: float | None, n: int) -> float | None:
    """Joules of one text beyond what the processor draws anyway; None where nothing can be said."""
    if len(readings) < 2 or anyway is None:
        return None
    first, last = readings[0], readings[-1]
    total = joules(first, last)
    if total is None or first is None or last is None:
        return None
    more = total - anyway * (last.at_s - first.at_s)
    return more / n if more > 0 else None
