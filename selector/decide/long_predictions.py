# SPDX-License-Identifier: Apache-2.0
"""Outputs produced elsewhere, one row for each answer: example, label, model, prediction, score, cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from selector.decide.data import INPUT_NAMES, Examples, fold
from selector.decide.tables import Table
from selector.errors import DataColumns, DataEmpty, DataUnreadable
from selector.hub.candidate import Reason

MOST_MODELS = 200
"""Models that are compared at once."""
MODEL_NAMES = ("model", "modele", "system", "systeme", "contestant")
EXAMPLE_NAMES = ("example", "exemple", "exampleid", "id", "index", "item", "row", *INPUT_NAMES)
PREDICTION_NAMES = (
    "prediction",
    "predicted",
    "predictedlabel",
    "pred",
    "output",
    "sortie",
    "answer",
)
TRUTH_NAMES = ("label", "etiquette", "gold", "truth", "verite", "target", "reference", "expected")
SCORE_NAMES = ("score", "quality", "qualite")
SURE_NAMES = ("confidence", "probability", "prob", "proba", "confiance", "probabilite")
COST_NAMES = ("cost", "cout", "price", "prix", "parameters", "parametres", "size", "taille")
_ROWS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class LongTable:
    """Answers by model, in the order of first sight; ``rows`` of one belong to rows of the others."""

    examples: Examples
    models: tuple[str, ...]
    predictions: dict[str, list[str]]
    """Empty text where there is none."""
    sure: dict[str, list[float]]
    """How sure each prediction is, from 0 to 1; NaN where that is not said."""
    scores: dict[str, list[float]] | None
    """NaN where there is none; None without a column of scores."""
    costs: dict[str, float]
    """The mean of each model's costs; models without one are left out."""


def check_models(name: str, count: int) -> None:
    """Raises DataUnreadable beyond MOST_MODELS: more often a wrong column than so many models."""
    if count > MOST_MODELS:
        raise DataUnreadable(name=name, reason="too_many_models", value=str(count))


def is_long(table: Table) -> bool:
    """Whether there is a column of models beside one of predictions or scores."""
    folded = {fold(column) for column in table.columns}
    return bool(folded & set(MODEL_NAMES)) and bool(folded & {*PREDICTION_NAMES, *SCORE_NAMES})


def read_long(table: Table) -> LongTable:
    """Bring the rows together. Answers that are not there stay empty; nothing is made up.

    Raises:
        DataColumns: no column of examples.
        DataEmpty: no row with a model and an example.
        DataUnreadable: one example with two labels, one model with two answers to an example, or a
            score or cost that is no number; ``value`` and ``row`` say which.
    """
    columns = {
        name: _find(table, known)
        for name, known in (
            ("model", MODEL_NAMES),
            ("example", EXAMPLE_NAMES),
            ("prediction", PREDICTION_NAMES),
            ("label", TRUTH_NAMES),
            ("score", SCORE_NAMES),
            ("cost", COST_NAMES),
            ("sure", SURE_NAMES),
        )
    }
    if columns["model"] is None or columns["example"] is None:
        wanted = [name for name in ("example", "model") if columns[name] is None]
        raise DataColumns(name=table.name, columns=list(table.columns), wanted=wanted)
    others = [i for i in range(len(table.columns)) if i not in columns.values()]
    parted: dict[str, tuple[str, ...]] = {}
    labels: dict[str, str] = {}
    said: dict[str, dict[str, str]] = {}
    scored: dict[str, dict[str, float]] = {}
    sure: dict[str, dict[str, float]] = {}
    costs: dict[str, list[float]] = {}
    nameless = []
    for at, row in enumerate(table.rows, 1):
        cells = {k: "" if i is None else row[i].strip() for k, i in columns.items()}
        example, model = cells["example"], cells["model"]
        if not example or not model:
            if any(cells.values()):
                nameless.append(at)
            continue
        _once(table, labels, example, cells["label"])
        parted.setdefault(example, tuple(row[i] for i in others))
        _once(table, said.setdefault(model, {}), example, cells["prediction"])
        number = _number(table, cells["score"], at) if cells["score"] else math.nan
        known = scored.setdefault(model, {})
        if not math.isnan(number) and known.setdefault(example, number) != number:
            raise DataUnreadable(name=table.name, reason="contradiction", value=example[:40])
        if cells["sure"]:
            sure.setdefault(model, {}).setdefault(example, _number(table, cells["sure"], at))
        if cells["cost"]:
            costs.setdefault(model, []).append(_number(table, cells["cost"], at))
    if not said:
        raise DataEmpty(name=table.name)
    check_models(table.name, len(said))
    by_score = any(scored.values())
    names = [x for x in labels if labels[x] or by_score]
    if not names:
        if columns["label"] is None:
            raise DataColumns(name=table.name, columns=list(table.columns), wanted=["label"])
        raise DataEmpty(name=table.name)
    return LongTable(
        examples=replace(
            _examples(table, names, labels, columns),
            warnings=(*_examples(table, names, labels, columns).warnings, *_nameless(nameless)),
            extra=tuple(
                (table.columns[i], tuple(parted[x][at] for x in names))
                for at, i in enumerate(others)
            ),
        ),
        models=tuple(said),
        predictions={m: [found.get(x, "") for x in names] for m, found in said.items()},
        sure={m: [sure.get(m, {}).get(x, math.nan) for x in names] for m in said},
        scores={m: [scored.get(m, {}).get(x, math.nan) for x in names] for m in said}
        if by_score
        else None,
        costs={m: math.fsum(x) / len(x) for m, x in costs.items()},
    )


def _examples(
    table: Table, names: Sequence[str], labels: dict[str, str], columns: dict[str, int | None]
) -> Examples:
    dropped = len(labels) - len(names)
    label = columns["label"]
    told = [Reason("warning.unlabelled_rows", {"count": dropped})] if dropped else []
    return Examples(
        name=table.name,
        sha256=table.sha256,
        inputs=tuple(names),
        labels=tuple(labels[x] for x in names),
        columns=table.columns,
        input_column=table.columns[columns["example"] or 0],
        label_column=None if label is None else table.columns[label],
        warnings=(*table.warnings, *told),
    )


def _nameless(rows: Sequence[int]) -> list[Reason]:
    """Rows that name no example or no model, by their number below the names of the columns."""
    if not rows:
        return []
    facts = {"count": len(rows), "rows": list(rows[:_ROWS_SHOWN])}
    return [Reason("warning.nameless_rows", facts)]


def _find(table: Table, known: Sequence[str]) -> int | None:
    folded = [fold(column) for column in table.columns]
    return next((folded.index(name) for name in known if name in folded), None)


def _once(table: Table, found: dict[str, str], key: str, value: str) -> None:
    """The same thing said twice is one; two different things are a contradiction."""
    known = found.setdefault(key, value)
    if known and value and known != value:
        raise DataUnreadable(name=table.name, reason="contradiction", value=key[:40])
    found[key] = known or value


def _number(table: Table, text: str, row: int) -> float:
    try:
        number = float(text.replace(",", "."))
    except ValueError:
        number = math.inf
    if math.isinf(number):
        raise DataUnreadable(name=table.name, reason="bad_number", value=text[:40], row=row)
    return number
