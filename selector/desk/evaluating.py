# SPDX-License-Identifier: Apache-2.0
"""Runs labelled examples through contestants, resuming to the item, and has them judged."""

from __future__ import annotations

import hashlib
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
from selector.decide.data import Examples, read_examples
from selector.decide.verdict_facts import Evaluation
from selector.desk.requests import EvaluateRequest, OnTrial, PredictionsRequest
from selector.engines.endpoint.config import endpoint_from_json
from selector.engines.endpoint.prices import Prices
from selector.errors import BadSetting, DataColumns
from selector.store.database import Database
from selector.store.measurements import last_measurement, remember_measurement
from selector.store.outputs import known_outputs, remember_output
from selector.tasks.base import FILE_KINDS, Task
from selector.tasks.outputs import Output
from selector.trial.measurement import Contestant, Measurement, Trial, TrialEvent
from selector.trial.runner import run_trial
from selector.worker.client import WorkerClient


def placed(path: str, folder: Path) -> str:
    """The path of a file that is named in a table, or typed, as seen from ``folder``."""
    try:
        return str(folder / Path(path).expanduser())
    except (RuntimeError, ValueError):
        return path


def read_labelled(request: EvaluateRequest) -> Examples:
    """The examples, which must have labels. Raises InputProblem, BadSetting."""
    if not 0 < request.margin < 1:
        raise BadSetting(setting="margin", value=request.margin, allowed="0 … 1")
    if not 0.5 < request.confidence < 1:
        raise BadSetting(setting="confidence", value=request.confidence, allowed="0.5 … 1")
    examples = read_examples(request.data, request.input_column, request.label_column)
    if registry.task(request.task).input_kind in FILE_KINDS:
        found = tuple(placed(text, request.data.absolute().parent) for text in examples.inputs)
        examples = replace(examples, inputs=found)
    if examples.labels is None:
        raise DataColumns(name=examples.name, wanted="label", columns=list(examples.columns))
    return examples


def data_key(
    examples: Examples, parameters: Mapping[str, Any] | None = None, task: Task | None = None
) -> str:
    """What stored outputs belong to: the file's content, the columns read from it, what was asked otherwise."""
    columns: tuple[str | None, ...] = (examples.input_column, examples.second_column)
    if any(x.code == "warning.unlabelled_rows" for x in examples.warnings):
        columns = (*columns, "labelled")  # rows without a label are left out: other numbers
    usual = {} if task is None else task.default_parameters
    other = {k: v for k, v in (parameters or {}).items() if usual.get(k) != v}
    known = (
        (examples.sha256, columns, sorted(other.items())) if other else (examples.sha256, columns)
    )
    return hashlib.sha256(repr(known).encode("utf-8", "replace")).hexdigest()


def _complete(
    database: Database, contestant: Contestant, task: str, outputs: dict[int, Output], n: int
) -> Measurement | None:
    """A measurement from what is stored, when every output and the timings are there."""
    facts = last_measurement(database, contestant.ref, task)
    if facts is None or len(outputs) < n:
        return None
    try:
        row = measurement_from_json({**facts, "outputs": [None] * n})
    except (KeyError, TypeError, ValueError):
        return None
    return replace(row, outputs=tuple(outputs[i] for i in range(n)))


def measure(
    database: Database,
    contestants: Sequence[Contestant],
    task: str,
    examples: Examples,
    available_bytes: int,
    on_event: OnTrial,
    cancelled: Callable[[], bool],
    parameters: Mapping[str, Any] | None = None,
) -> tuple[Measurement, ...]:
    """One measurement for each contestant; every output is committed the moment it arrives.

    Raises Cancelled; what arrived until then is used next time.
    """
    n = len(examples.inputs)
    key = data_key(examples, {} if parameters is None else parameters, registry.task(task))
    known = {
        c.ref: {
            i: output
            for i, (output, _) in known_outputs(database, key, task, c.ref).items()
            if i < n
        }
        for c in contestants
        if not c.remote  # what an endpoint is asked may change; its answers have a store of their own
    }
    done = {
        c.ref: row
        for c in contestants
        if not c.remote and (row := _complete(database, c, task, known[c.ref], n)) is not None
    }
    waiting = tuple(c for c in contestants if c.ref not in done)
    for contestant in contestants:
        if contestant.ref in done:
            on_event(TrialEvent("finished", contestant.ref))

    def commit(event: TrialEvent) -> None:
        if event.kind == "output" and event.output is not None and event.ref in known:
            remember_output(
                database, key, task, event.ref, event.index, event.output, event.seconds
            )
        on_event(event)

    if waiting:
        given = dict(parameters or {})
        trial = Trial(task, examples.inputs, waiting, repeat=0, parameters=given)
        for row in run_trial(
            trial,
            available_bytes=available_bytes,
            on_event=commit,
            cancelled=cancelled,
            known=known,
        ):
            done[row.ref] = row
            if row.ref in known and row.error is None and row.latency is not None:
                facts = {**measurement_to_json(row), "outputs": []}
                remember_measurement(database, row.ref, task, facts)
    return tuple(done[c.ref] for c in contestants)


def rules_of(request: EvaluateRequest | PredictionsRequest) -> dict[str, Any]:
    """What the user asks of the verdict, for the calculator."""
    names = ("metric", "margin", "confidence", "cost", "failed", "label_map", "tests", "targets")
    return {name: getattr(request, name) for name in names}


def table_of(request: EvaluateRequest | PredictionsRequest) -> dict[str, Any]:
    """Which file, and which of its columns, for the calculator."""
    return {
        "path": str(request.data.resolve()),
        "input_column": request.input_column,
        "label_column": request.label_column,
        "seen": None if request.trained_on is None else str(request.trained_on.resolve()),
    }


def places(contestants: Sequence[Contestant]) -> dict[str, tuple[str, str]]:
    """Where each chat endpoint among the contestants is: reference to place and host."""
    return {
        each.ref: (known.place, known.host)
        for each in contestants
        if each.endpoint and (known := endpoint_from_json(each.endpoint["endpoint"]))
    }


def judge(
    request: EvaluateRequest,
    examples: Examples,
    contestants: Sequence[Contestant],
    measurements: Sequence[Measurement],
    cancelled: Callable[[], bool],
    prices: Prices,
) -> Evaluation:
    """Have a calculator process score and decide. Raises what the calculator raises."""
    with tempfile.TemporaryDirectory(prefix="petit-") as folder:
        rows = Path(folder) / "rows.json"
        content: dict[str, Any] = {
            "contestants": [contestant_to_json(c) for c in contestants],
            "measurements": [measurement_to_json(m) for m in measurements],
        }
        rows.write_text(json.dumps(content), encoding="utf-8")
        args = {
            "task": request.task,
            "rules": rules_of(request),
            "data": {**table_of(request), "sha256": examples.sha256},
            "rows": str(rows),
            "llms": {"places": places(contestants), "prices": prices.to_json()},
        }
        with WorkerClient("calculator") as calculator:
            return evaluation_from_json(calculator.call("evaluate", args, None, cancelled))


def judge_predictions(request: PredictionsRequest, cancelled: Callable[[], bool]) -> Evaluation:
    """Have a calculator process read a file of predictions and decide. Raises what it raises."""
    args = {
        "task": request.task,
        "rules": rules_of(request),
        "data": table_of(request),
        "kind": request.kind,
        "slice_columns": list(request.slice_columns),
        "sizes": dict(request.sizes),
        "llms": {
            "places": dict.fromkeys(request.llms, ("unknown", "")),
            "prices": Prices().to_json(),
        },
    }
    with WorkerClient("calculator") as calculator:
        return evaluation_from_json(calculator.call("predictions", args, None, cancelled))
