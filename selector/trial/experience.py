# SPDX-License-Identifier: Apache-2.0
"""Turns a trial's measurements into experience: what a run took beside what was predicted for it. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from selector.engines.facts import ModelFacts
from selector.fit.anchors import LARGEST
from selector.fit.predict import computation_of, predict_item, predict_memory
from selector.fit.workload import Workload
from selector.machine.facts import Experience, Machine
from selector.tasks.base import Task
from selector.tasks.batching import MAX_ITEMS, MAX_TOKENS
from selector.tasks.outputs import Text
from selector.trial.measurement import Measurement

FEWEST_RUNS = 3
_CHARACTERS = 4.2
"""Of a token, in the languages and vocabularies that are common."""
_FRAME = 2
"""Tokens that begin and end a text."""


def workload_of(inputs: Sequence[str], outputs: Sequence[object], block: int) -> Workload:
    """About how much was computed at once: ``block`` inputs were given in one turn."""
    mean = sum(len(text) for text in inputs) / max(1, len(inputs))
    tokens = min(512, max(1, round(mean / _CHARACTERS) + _FRAME))
    written = [output.tokens for output in outputs if isinstance(output, Text) and output.tokens]
    if written:
        return Workload(1, tokens, round(sum(written) / len(written)))
    items = max(1, min(block, len(inputs), MAX_ITEMS, MAX_TOKENS // tokens))
    return Workload(items, tokens)


def experience_of(
    row: Measurement,
    facts: ModelFacts,
    task: Task,
    machine: Machine,
    inputs: Sequence[str],
    block: int,
) -> tuple[Experience, ...]:
    """What ``row`` teaches; nothing when it failed, ran beside others or ran too few times."""
    if row.error is not None or row.item_errors:
        return ()
    # Beside what would be predicted without experience: else it would be learned twice.
    plain = replace(machine, experience=())
    family = computation_of(facts.config).family
    work = workload_of(inputs, row.outputs, block)
    found = []
    memory = predict_memory(facts, row.precision, row.engine, work=work, task=task, machine=plain)
    if memory is not None and row.memory_peak_bytes:
        ratio = row.memory_peak_bytes / memory.expected
        found.append(_one("memory", row.engine, family, ratio))
    fair = row.latency is not None and row.latency.n >= FEWEST_RUNS and not row.shared
    seconds = predict_item(facts, task, plain, row.precision, row.engine, work)
    if fair and row.latency is not None and seconds and row.latency.median > 0:
        found.append(_one("speed", row.engine, family, seconds / row.latency.median))
    return tuple(each for each in found if each is not None)


def _one(
    quantity: Literal["memory", "speed"], engine: str, family: str, ratio: float
) -> Experience | None:
    if not ratio > 0 or not math.isfinite(ratio):
        return None
    limit = LARGEST[quantity]
    value = min(max(math.log(ratio), -limit), limit)
    return Experience(quantity, engine, family, 1, value)
