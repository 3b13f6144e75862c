# SPDX-License-Identifier: Apache-2.0
"""How long one text takes when it comes alone, as in real use: what an LLM's times can be compared with.

An evaluation gives a model its examples in batches, which says how much it can do and not how long one
text waits. Each model is timed once for a task; the times stay in the store.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from selector.decide.need_llm import NeedLlm, priced
from selector.decide.verdict_facts import Evaluation
from selector.engines.endpoint.prices import Prices
from selector.store.database import Database
from selector.store.measurements import last_measurement, remember_measurement
from selector.trial.measurement import Contestant, Timing, Trial
from selector.trial.runner import run_trial

MOST = 60
LEAST = 5
PATIENCE_S = 15.0
"""About how long the timing may take, by the times in batches."""


def with_single_times(
    database: Database,
    evaluation: Evaluation,
    contestants: Sequence[Contestant],
    inputs: Sequence[str],
    available_bytes: int,
    prices: Prices,
    cancelled: Callable[[], bool],
) -> Evaluation:
    """The same evaluation, its comparisons with LLMs with times of single texts. Raises Cancelled."""
    known = {each.ref: each for each in contestants}
    found: dict[str, Timing | None] = {}

    def alone(need: NeedLlm) -> NeedLlm:
        ref, usual = need.local.ref, need.local.latency_s
        if not need.local.batched or usual is None or ref not in known:
            return need
        if ref not in found:
            some = _some(inputs, usual)
            found[ref] = _times(
                database, known[ref], evaluation.task, some, available_bytes, cancelled
            )
        timing = found[ref]
        if timing is None:
            return need
        local = replace(need.local, latency_s=timing.median, p95_s=timing.p95, batched=False)
        return priced(replace(need, local=local), prices)

    return replace(evaluation, need_llm=tuple(alone(need) for need in evaluation.need_llm))


def _some(inputs: Sequence[str], usual_s: float) -> tuple[str, ...]:
    """Inputs from the whole list, as many as there is patience for."""
    wanted = MOST if usual_s <= 0 else max(LEAST, min(MOST, round(PATIENCE_S / usual_s)))
    step = max(1, len(inputs) // wanted)
    return tuple(inputs[::step][:wanted])


def _times(
    database: Database,
    contestant: Contestant,
    task: str,
    inputs: tuple[str, ...],
    available_bytes: int,
    cancelled: Callable[[], bool],
) -> Timing | None:
    kind = f"{task}: one by one"
    facts = (last_measurement(database, contestant.ref, kind) or {}).get("latency_s") or {}
    try:
        return Timing(float(facts["median"]), float(facts["p95"]), int(facts["n"]))
    except (KeyError, TypeError, ValueError):
        pass  # never timed, or by a version that wrote it otherwise
    trial = Trial(task, inputs, (contestant,), block=1)
    (row,) = run_trial(
        trial, available_bytes=available_bytes, on_event=lambda _: None, cancelled=cancelled
    )
    if row.error is not None or row.latency is None or row.shared:
        return None
    remember_measurement(database, row.ref, kind, {"latency_s": row.latency.to_json()})
    return row.latency
