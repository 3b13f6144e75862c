# SPDX-License-Identifier: Apache-2.0
"""Asks a person for few labels: the answers file, and the process that holds the queue."""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from selector.decide.codec import contestant_to_json, measurement_to_json
from selector.decide.data import Examples
from selector.decide.tables import read_table
from selector.desk.requests import LabelRequest
from selector.errors import DataColumns, DataUnreadable, TargetNotWritable
from selector.trial.measurement import Contestant, Measurement
from selector.worker.client import WorkerClient

COLUMNS = ("index", "label", "kind")
Row = tuple[int, str, str]
"""Index of the input from 0, the label, and ``label``, ``none`` (none of the answers) or ``skip``."""


def read_answers(path: Path, n: int) -> list[Row]:
    """The answers so far, in their order; none when the file is not there or has only a header.

    ``kind`` may be left out: an empty label then means that none of the answers is right.

    Raises:
        DataUnreadable, DataTooLarge: as ``read_table``; an index that is no input's number.
        DataColumns: no column ``index`` or ``label``.
    """
    if not path.exists() or not path.read_text(encoding="utf-8-sig", errors="replace").strip():
        return []
    table = read_table(path)
    columns = [name.strip().lower() for name in table.columns]
    if missing := [name for name in COLUMNS[:2] if name not in columns]:
        raise DataColumns(name=table.name, columns=list(table.columns), wanted=missing)
    where = {name: columns.index(name) for name in COLUMNS if name in columns}
    found = []
    for cells in table.rows:
        text, label = cells[where["index"]].strip(), cells[where["label"]].strip()
        if not text.isdecimal() or int(text) >= n:
            raise DataUnreadable(name=table.name, reason="no_such_input", value=text[:40])
        kind = cells[where["kind"]].strip() if "kind" in where else ""
        found.append((int(text), label, kind or ("label" if label else "none")))
    return found


def write_answers(path: Path, rows: Sequence[Row]) -> None:
    """Replace the file at once, so that a crash leaves the old or the new. Raises TargetNotWritable."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w",
            dir=path.parent,
            prefix=f".{path.name}-",
            delete=False,
            encoding="utf-8",
            newline="",
        ) as half:
            half.write(text.getvalue())
            half.flush()
            os.fsync(half.fileno())
        Path(half.name).replace(path)
    except OSError as error:
        raise TargetNotWritable(path=str(path), reason=error.strerror or "") from error


class LabelSession:
    """One labelling: questions, answers, undo. Every answer is saved before the next question."""

    def __init__(
        self,
        request: LabelRequest,
        examples: Examples,
        contestants: Sequence[Contestant],
        measurements: Sequence[Measurement],
        cancelled: Callable[[], bool],
    ) -> None:
        """Start the process that holds the queue. Raises what ``read_answers`` and the queue raise."""
        self.inputs = examples.inputs
        self._path = request.answers
        self._rows = [] if self._path is None else read_answers(self._path, len(self.inputs))
        self._cancelled = cancelled
        self._calculator = WorkerClient("calculator")
        try:
            self.state = self._start(request, contestants, measurements)
        except BaseException:
            self.close()
            raise

    def _start(
        self,
        request: LabelRequest,
        contestants: Sequence[Contestant],
        measurements: Sequence[Measurement],
    ) -> Mapping[str, Any]:
        rules = {name: getattr(request, name) for name in ("margin", "confidence", "cost", "seed")}
        with tempfile.TemporaryDirectory(prefix="petit-") as folder:
            rows = Path(folder) / "rows.json"
            content = {
                "contestants": [contestant_to_json(c) for c in contestants],
                "measurements": [measurement_to_json(m) for m in measurements],
                "answers": [dict(zip(COLUMNS, row, strict=True)) for row in self._rows],
            }
            rows.write_text(json.dumps(content), encoding="utf-8")
            args = {
                "rules": rules,
                "budget": request.budget,
                "repeats": request.repeats,
                "rows": str(rows),
            }
            return self._calculator.call("label_start", args, None, self._cancelled)

    def answer(self, index: int, label: str, kind: str = "label") -> None:
        """One more answer. Raises BadSetting, TargetNotWritable."""
        row = (index, label, kind)
        self.state = self._calculator.call(
            "label_answer", dict(zip(COLUMNS, row, strict=True)), None, self._cancelled
        )
        self._rows.append(row)
        self._save()

    def undo(self) -> bool:
        """Take the last answer back; False when there is none."""
        if not self._rows:
            return False
        self.state = self._calculator.call("label_undo", {}, None, self._cancelled)
        self._rows.pop()
        self._save()
        return True

    def _save(self) -> None:
        if self._path is not None:
            write_answers(self._path, self._rows)

    def to_json(self) -> dict[str, Any]:
        """The state, each question with its input."""
        asked = [{**x, "input": self.inputs[x["index"]]} for x in self.state["next"]]
        return {**self.state, "next": asked, "n": len(self.inputs)}

    def close(self) -> None:
        """End the process."""
        self._calculator.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def unlabelled(examples: Examples) -> Examples:
    """The same inputs without their labels, in case the file has some."""
    return replace(examples, labels=None, label_column=None)
