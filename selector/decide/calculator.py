# SPDX-License-Identifier: Apache-2.0
"""The role ``calculator`` of a worker process: metrics and statistics away from the window."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from selector.decide.codec import contestant_from_json, measurement_from_json
from selector.decide.data import read_examples
from selector.decide.verdict import Rules, evaluate
from selector.errors import ProtocolProblem


class CalculatorRole:
    """Op ``evaluate``: task, rules, data {path, input_column, label_column}, and a file of rows.

    The file (JSON: contestants, measurements) is named by ``rows``, because outputs can be large.
    """

    def handle(
        self,
        op: str,
        args: Mapping[str, Any],
        emit: Callable[[dict[str, Any]], None],
        cancelled: Callable[[], bool],
    ) -> dict[str, Any]:
        """See Role."""
        if op != "evaluate":
            raise ProtocolProblem(reason="unknown op", op=op)
        data = args["data"]
        examples = read_examples(
            Path(str(data["path"])), data.get("input_column"), data.get("label_column")
        )
        rows = json.loads(Path(str(args["rows"])).read_text(encoding="utf-8"))
        evaluation = evaluate(
            str(args["task"]),
            examples,
            [contestant_from_json(item) for item in rows["contestants"]],
            [measurement_from_json(item) for item in rows["measurements"]],
            Rules(**args["rules"]),
        )
        return evaluation.to_json()

    def close(self) -> None:
        """Nothing is held."""


def role() -> CalculatorRole:
    """The role, for the worker's entry."""
    return CalculatorRole()
