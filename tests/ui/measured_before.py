# SPDX-License-Identifier: Apache-2.0
"""Answers of the sample's models as an earlier run left them in the store: a desk decides from them.

No model has to load for a decision then; the statistics are the real ones, in their own process.
"""

from __future__ import annotations

from pathlib import Path

from selector.decide.codec import measurement_to_json
from selector.decide.data import read_examples
from selector.desk.desk import Desk
from selector.desk.evaluating import data_key
from selector.store.database import Database
from selector.store.measurements import remember_measurement
from selector.store.outputs import remember_output
from selector.store.projects import Project
from selector.tasks.outputs import Labels, ScoredLabel
from selector.trial.measurement import Measurement, Timing
from tests.ui.prepared import TASK

LABELS = ("lost", "rate", "close")
N = 300
WRONG = (15, 13, 12)
"""Wrong answers of each model: the smallest is within five points of the best, but not surely of two."""


def measured_before(desk: Desk, folder: Path) -> Project:
    """Examples in ``folder``, every model's answers to them in the desk's store, and the job."""
    data = folder / "mails.csv"
    rows = [f"message number {i},{LABELS[i % 3]}" for i in range(N)]
    data.write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    key = data_key(read_examples(data, "text", "label"))
    refs = desk.sample().refs
    with Database(desk.locations.database) as store:
        store.write("BEGIN")
        for place, contestant in enumerate(desk.contestants(refs, TASK)):
            for item in range(N):
                said = LABELS[(item + (item < WRONG[place])) % 3]
                output = Labels((ScoredLabel(said, 0.9),))
                remember_output(store, key, TASK, contestant.ref, item, output, 0.01)
            row = Measurement(
                contestant.ref,
                contestant.engine,
                contestant.precision,
                (),
                latency=Timing(0.004, 0.006, N),
                throughput=180.0,
                memory_peak_bytes=412_000_000,
                parameters=contestant.parameters,
                labels=LABELS,
            )
            remember_measurement(store, contestant.ref, TASK, measurement_to_json(row))
        store.write("COMMIT")
    return Project(
        id=1, task=TASK, refs=refs, data_path=str(data), input_column="text", label_column="label"
    )
