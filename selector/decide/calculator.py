# SPDX-License-Identifier: Apache-2.0
"""The role ``calculator`` of a worker process: metrics and statistics away from the window."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from selector.decide.codec import contestant_from_json, measurement_from_json
from selector.decide.data import read_examples
from selector.decide.metrics import METRICS
from selector.decide.predictions import read_predictions
from selector.decide.rules import Rules
from selector.decide.verdict import evaluate
from selector.errors import BadSetting, Cancelled, DataUnreadable, ProtocolProblem
from selector.worker.roles import Emit, Role

_RULES: Mapping[str, Callable[[Any], Any]] = {
    "metric": str,
    "margin": float,
    "confidence": float,
    "cost": str,
    "seed": int,
}


class Calculator:
    """Ops ``evaluate`` and ``predictions``; both answer with ``Evaluation.to_json()``.

    ``evaluate``: ``task``, ``rules`` (the fields of Rules), ``data`` (path, input_column,
    label_column, second_column, and sha256 to be sure that the file is still the one that was run)
    and either ``contestants`` and ``measurements`` or ``rows``, the path of a JSON file with both:
    outputs can be too large for a message.

    ``predictions``: ``task``, ``rules``, ``data`` (path, input_column, label_column), ``kind`` of the
    outputs where the metric does not say it, and ``sizes`` by model.
    """

    def handle(
        self, op: str, args: Mapping[str, Any], emit: Emit, cancelled: Callable[[], bool]
    ) -> dict[str, Any]:
        """See Role. Raises what ``verdict.evaluate`` and ``data.read_examples`` raise."""
        del emit
        if cancelled():
            raise Cancelled
        if op not in {"evaluate", "predictions"}:
            raise ProtocolProblem(reason="unknown op", op=op)
        try:
            rules = _rules(args.get("rules") or {})
            return _evaluate(args, rules) if op == "evaluate" else _predictions(args, rules)
        except (KeyError, TypeError, ValueError) as error:
            raise ProtocolProblem(reason="arguments", detail=repr(error)[:300]) from error

    def close(self) -> None:
        """Nothing is held."""


def role() -> Role:
    """The role, for the worker's entry."""
    return Calculator()


def _rules(data: Mapping[str, Any]) -> Rules:
    found: dict[str, Any] = {}
    for name, kind in _RULES.items():
        if data.get(name) is not None:
            try:
                found[name] = kind(data[name])
            except (TypeError, ValueError):
                raise BadSetting(
                    setting=name, value=str(data[name])[:40], allowed="a number"
                ) from None
    return Rules(**found)


def _evaluate(args: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    data = args["data"]
    examples = read_examples(
        Path(data["path"]),
        data.get("input_column"),
        data.get("label_column"),
        data.get("second_column"),
    )
    if data.get("sha256") not in {None, examples.sha256}:
        raise DataUnreadable(name=examples.name, reason="changed")
    rows = args
    if args.get("rows") is not None:
        rows = json.loads(Path(args["rows"]).read_text(encoding="utf-8"))
    return evaluate(
        str(args["task"]),
        examples,
        [contestant_from_json(x) for x in rows["contestants"]],
        [measurement_from_json(x) for x in rows["measurements"]],
        rules,
    ).to_json()


def _predictions(args: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    data = args["data"]
    known = METRICS.get(rules.metric or "")
    found = read_predictions(
        Path(data["path"]),
        args.get("kind", "labels") if known is None else known.kind,
        data.get("label_column"),
        data.get("input_column"),
        args.get("sizes"),
    )
    return evaluate(
        str(args.get("task", "")), found.examples, found.contestants, found.measurements, rules
    ).to_json()
