# SPDX-License-Identifier: Apache-2.0
"""Races contestants on labelled examples: runs what the race asks for, keeps every answer, stops with it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from selector import registry
from selector.decide.codec import (
    contestant_to_json,
    evaluation_from_json,
    measurement_from_json,
    measurement_to_json,
)
from selector.decide.data import Examples
from selector.decide.verdict_facts import Evaluation
from selector.desk.evaluating import data_key, rules_of, table_of
from selector.desk.requests import EvaluateRequest, OnTrial
from selector.store.database import Database
from selector.store.measurements import last_measurement, remember_measurement
from selector.store.outputs import known_outputs, remember_output
from selector.tasks.outputs import Output, to_json
from selector.trial.measurement import Contestant, Measurement, Trial, TrialEvent
from selector.trial.on_call import OnCall
from selector.worker.client import WorkerClient


def race(
    database: Database,
    request: EvaluateRequest,
    examples: Examples,
    contestants: Sequence[Contestant],
    available_bytes: int,
    on_event: OnTrial,
    cancelled: Callable[[], bool],
    parameters: Mapping[str, Any] | None = None,
) -> tuple[Evaluation, tuple[Measurement, ...]]:
    """The evaluation and a row for each contestant, its outputs as far as it ran.

    Every output is committed the moment it arrives; a race that was stopped goes on where it was.
    Raises Cancelled and what the calculator raises.
    """
    task, told = request.task, dict(parameters or {})
    key = data_key(examples, told, registry.task(task))
    known = {
        c.ref: {i: x for i, (x, _) in known_outputs(database, key, task, c.ref).items()}
        for c in contestants
        if not c.remote
    }

    def commit(event: TrialEvent) -> None:
        output = event.output
        new = output is not None and event.ref in known and event.index not in known[event.ref]
        if event.kind == "output" and new and output is not None:
            known[event.ref][event.index] = output
            remember_output(database, key, task, event.ref, event.index, output, event.seconds)
        on_event(event)

    trial = Trial(task, examples.inputs, tuple(contestants), parameters=told)
    facts = {c.ref: last_measurement(database, c.ref, task) for c in contestants if not c.remote}
    with (
        tempfile.TemporaryDirectory(prefix="petit-") as folder,
        OnCall(trial, available_bytes, commit, cancelled, known) as field,
        WorkerClient("calculator") as calculator,
    ):
        rows = Path(folder) / "rows.json"

        def call(op: str, args: dict[str, Any], content: Mapping[str, Any]) -> dict[str, Any]:
            rows.write_text(json.dumps(content), encoding="utf-8")
            return calculator.call(op, {**args, "rows": str(rows)}, None, cancelled)

        args = {
            "task": task,
            "rules": rules_of(request),
            "data": {**table_of(request), "sha256": examples.sha256},
        }
        lined_up = [contestant_to_json(c) for c in contestants]
        state = call("race_start", args, {"contestants": lined_up})
        running = {c.ref for c in contestants}
        while state["todo"]:
            for ref, indices in state["todo"].items():
                given = field.answer(ref, indices)
                if field.failed(ref):
                    state = call("race_fail", {"ref": ref}, {})
                    running.discard(ref)
                    continue
                labels = field.labels(ref) or (facts.get(ref) or {}).get("labels") or ()
                state = call("race_record", {"ref": ref}, _said(given, labels))
            for ref in running - set(state["running"]):
                field.release(ref, dropped=True)
            running &= set(state["running"])
        for ref in running:
            field.release(ref)
        measured = {
            ref: _with_times(row, facts.get(ref)) for ref, row in field.measurements().items()
        }
        found = tuple(measured[c.ref] for c in contestants)
        for row in found:
            if row.ref in known and row.error is None and row.latency is not None:
                kept = {**measurement_to_json(row), "outputs": []}
                remember_measurement(database, row.ref, task, kept)
        done = call("race_end", {}, {"measurements": [measurement_to_json(row) for row in found]})
        return evaluation_from_json(done), found


def _said(outputs: Mapping[int, Output | None], labels: Sequence[str]) -> dict[str, Any]:
    given = [[i, None if x is None else to_json(x)] for i, x in outputs.items()]
    return {"outputs": given, "labels": list(labels)}


def _with_times(row: Measurement, facts: Mapping[str, Any] | None) -> Measurement:
    """Times and memory of an earlier run where nothing had to run now."""
    if row.latency is not None or row.error is not None or facts is None:
        return row
    try:
        before = measurement_from_json({**facts, "outputs": []})
    except (KeyError, TypeError, ValueError):
        return row
    return replace(before, outputs=row.outputs, item_errors=row.item_errors)
