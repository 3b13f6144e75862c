# SPDX-License-Identifier: Apache-2.0
"""Outputs produced elsewhere: one column for each model, or one row for each answer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from selector.decide.data import INPUT_NAMES, LABEL_NAMES, Examples, fold, further
from selector.decide.long_predictions import check_models, is_long, read_long
from selector.decide.tables import Table, read_table
from selector.errors import DataColumns, DataEmpty, DataUnreadable
from selector.hub.candidate import Reason
from selector.tasks.base import OutputKind
from selector.tasks.outputs import Labels, Output, ScoredLabel, Similarity, Text
from selector.trial.measurement import Contestant, Measurement

ID_NAMES = ("id", "index", "example", "exampleid", "row", "rowid", "numero", "n", "no")
ENGINE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Predictions:
    """All that ``verdict.evaluate`` needs."""

    examples: Examples
    measurements: tuple[Measurement, ...]
    contestants: tuple[Contestant, ...]
    scores: dict[str, list[float]] | None = None
    """By model, where the file brings a score of its own for each answer; NaN where it has none."""


def read_predictions(
    path: Path,
    kind: OutputKind = "labels",
    label_column: str | None = None,
    input_column: str | None = None,
    sizes: Mapping[str, int] | None = None,
    slice_columns: Sequence[str] = (),
) -> Predictions:
    """Read a CSV, TSV or JSON-lines file of answers.

    In the long form each row is one answer (``long_predictions``): columns ``example``, ``label``,
    ``model``, ``prediction`` and, where there are any, ``confidence``, ``score`` and ``cost``; others part
    the examples.

    In the wide form one column holds the true label (``label``, ``étiquette`` …), one may hold the input or an id;
    every other column is a model, named as it is to be shown. An empty cell is a missing answer.
    Without ``sizes`` the order of the columns counts as the order of size, the smallest first.

    Args:
        path: the file.
        kind: what the models gave: labels, text or similarity.
        label_column: the true label's column, when its name is not one Petit knows.
        input_column: the input's column, likewise.
        sizes: parameters of each model, by column name.
        slice_columns: columns of the wide form that part the examples and are no models. In the long
            form every column that means nothing else does.

    Raises:
        DataUnreadable, DataTooLarge, DataEmpty: as ``data.read_examples``.
        DataColumns: no label column, or no column left for a model.
    """
    table = read_table(path)
    if label_column is None and input_column is None and is_long(table):
        return _from_long(table, kind, sizes)
    label = _find(table, label_column, LABEL_NAMES, required=True)
    source = _find(table, input_column, INPUT_NAMES, required=False)
    ids = _find(table, None, ID_NAMES, required=False)
    parting = {_find(table, name, (), required=True) for name in slice_columns}
    aside = {label, ids if source is None else source, ids, *parting}
    models = [i for i in range(len(table.columns)) if i not in aside]
    if label is None or not models:
        raise DataColumns(name=table.name, columns=list(table.columns), wanted=["label", "model"])
    check_models(table.name, len(models))
    rows = [row for row in table.rows if row[label].strip()]
    if not rows:
        raise DataEmpty(name=table.name)
    dropped = len(table.rows) - len(rows)
    named = source if source is not None else ids
    examples = Examples(
        name=table.name,
        sha256=table.sha256,
        # Without inputs every row is its own example: no two count as repeated.
        inputs=tuple(str(i) if source is None else row[source] for i, row in enumerate(rows)),
        labels=tuple(row[label].strip() for row in rows),
        columns=table.columns,
        input_column="" if named is None else table.columns[named],
        label_column=table.columns[label],
        warnings=(
            *table.warnings,
            *([Reason("warning.unlabelled_rows", {"count": dropped})] if dropped else []),
        ),
        extra=further(table, rows, {*range(len(table.columns))} - parting),
    )
    measurements, contestants = [], []
    for index in models:
        name = table.columns[index]
        size = (sizes or {}).get(name)
        outputs = tuple(_output(table, row[index], kind) for row in rows)
        measurements.append(Measurement(name, ENGINE, "", outputs, parameters=size))
        contestants.append(Contestant(name, name, "", ENGINE, "", "", size, 0))
    return Predictions(examples, tuple(measurements), tuple(contestants))


def _from_long(table: Table, kind: OutputKind, sizes: Mapping[str, int] | None) -> Predictions:
    found = read_long(table)
    measurements, contestants = [], []
    for name in found.models:
        size = (sizes or {}).get(name)
        # A prediction is not needed where it was scored elsewhere.
        said = found.predictions[name]
        sure = found.sure[name]
        if any(cell and math.isnan(x) for cell, x in zip(said, sure, strict=True)):
            sure = [math.nan] * len(
                said
            )  # known of some answers only, it says nothing of the others
        cells = zip(said, sure, strict=True)
        outputs = tuple(_output(table, cell, kind, x) for cell, x in cells)
        measurements.append(Measurement(name, ENGINE, "", outputs, parameters=size))
        price = found.costs.get(name)
        contestants.append(Contestant(name, name, "", ENGINE, "", "", size, 0, cost=price))
    return Predictions(found.examples, tuple(measurements), tuple(contestants), found.scores)


def _find(table: Table, name: str | None, known: tuple[str, ...], required: bool) -> int | None:
    folded = [fold(column) for column in table.columns]
    for wanted in known if name is None else (name,):
        if wanted in table.columns:
            return table.columns.index(wanted)
        if fold(wanted) in folded:
            return folded.index(fold(wanted))
    if required or name is not None:
        wanted_names = [name] if name is not None else list(known[:3])
        raise DataColumns(name=table.name, columns=list(table.columns), wanted=wanted_names)
    return None


def _output(table: Table, cell: str, kind: OutputKind, sure: float = math.nan) -> Output | None:
    text = cell.strip()
    if not text:
        return None
    if kind == "text":
        return Text(cell, 0)
    if kind == "labels":
        if not (math.isnan(sure) or 0 <= sure <= 1):
            raise DataUnreadable(name=table.name, reason="not_probabilities", value=f"{sure:g}")
        return Labels((ScoredLabel(text, 1.0 if math.isnan(sure) else sure),))
    if kind == "similarity":
        try:
            return Similarity(float(text.replace(",", ".")))
        except ValueError:
            raise DataUnreadable(name=table.name, reason="not_numbers", value=text[:40]) from None
    raise DataUnreadable(name=table.name, reason="vectors")
