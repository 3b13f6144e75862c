# SPDX-License-Identifier: Apache-2.0
"""Answers of the sample's models as an earlier run left them in the store: a desk decides from them.

No model has to load for a decision then; the statistics are the real ones, in their own process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from selector.decide.codec import measurement_to_json
from selector.decide.data import read_examples
from selector.desk.desk import Desk
from selector.desk.evaluating import data_key
from selector.store.database import Database
from selector.store.measurements import remember_measurement
from selector.store.outputs import remember_output
from selector.store.projects import Project
from selector.tasks.outputs import Labels, Output, ScoredLabel, Text
from selector.trial.measurement import Measurement, Timing
from tests.ui.prepared import TASK

LABELS = ("lost", "rate", "close")
N = 300
WRONG = (15, 13, 12)
"""Wrong answers of each model: the smallest is within five points of the best, but not surely of two."""
OFTEN_WRONG = (24, 4, 3)
"""Of sixty, where nobody knows the right answers."""


def measured_before(desk: Desk, folder: Path) -> Project:
    """Examples in ``folder``, every model's answers to them in the desk's store, and the job."""
    data = folder / "mails.csv"
    rows = [f"message number {i},{LABELS[i % 3]}" for i in range(N)]
    data.write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    refs = desk.sample().refs
    _store(desk, data, TASK, refs, lambda place, item: _label(item, item < WRONG[place]))
    return Project(
        id=1, task=TASK, refs=refs, data_path=str(data), input_column="text", label_column="label"
    )


def answered_before(desk: Desk, folder: Path) -> Project:
    """The same without right answers; the smallest model is far behind the others."""
    data = folder / "mails.txt"
    data.write_text("\n".join(f"message number {i}" for i in range(N)), encoding="utf-8")
    refs = desk.sample().refs
    _store(desk, data, TASK, refs, lambda place, item: _label(item, item % 60 < OFTEN_WRONG[place]))
    return Project(id=1, task=TASK, refs=refs, data_path=str(data))


def written_before(desk: Desk, folder: Path, refs: Sequence[str], n: int = N) -> Project:
    """Prompts and what each of ``refs`` wrote for them: the later in ``refs``, the longer."""
    data = folder / "prompts.txt"
    data.write_text("\n".join(f"prompt number {i}" for i in range(n)), encoding="utf-8")
    task = "text-generation"
    _store(desk, data, task, refs, lambda place, item: Text("well " * (place + 1) + str(item), 3))
    return Project(id=1, task=task, refs=tuple(refs), data_path=str(data))


def _label(item: int, wrong: bool) -> Output:
    return Labels((ScoredLabel(LABELS[(item + wrong) % 3], 0.9),))


def right_answer(text: str) -> str:
    """To one of the messages."""
    return LABELS[int(text.rpartition(" ")[2]) % 3]


def _store(
    desk: Desk, data: Path, task: str, refs: Sequence[str], said: Callable[[int, int], Output]
) -> None:
    examples = read_examples(data)
    key, n = data_key(examples), len(examples.inputs)
    with Database(desk.locations.database) as store:
        store.write("BEGIN")
        for place, contestant in enumerate(desk.contestants(refs, task)):
            for item in range(n):
                remember_output(store, key, task, contestant.ref, item, said(place, item), 0.01)
            row = Measurement(
                contestant.ref,
                contestant.engine,
                contestant.precision,
                (),
                latency=Timing(0.004, 0.006, n),
                throughput=180.0,
                memory_peak_bytes=412_000_000,
                parameters=contestant.parameters,
                labels=LABELS if task == TASK else (),
            )
            remember_measurement(store, contestant.ref, task, measurement_to_json(row))
        store.write("COMMIT")
