# SPDX-License-Identifier: Apache-2.0
"""Opens a decision file, ``*.petit.json``, as a job that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from selector.desk.desk import Desk
from selector.store.projects import Project

DECIDE_STEP = 4


def project_of_decision(desk: Desk, path: Path) -> Project:
    """A new job with this decision. Raises DecisionUnreadable."""
    path = path.expanduser().resolve()
    document = desk.open_decision(path)
    metric = document["metric"]
    return Project(
        title=path.name.removesuffix(".json").removesuffix(".petit"),
        task=str(document["task"]),
        refs=tuple(str(model["ref"]) for model in document["models"]),
        margin=float(metric["margin"]),
        evaluation=_evaluation(document, metric),
        decision_file=str(path),
        step=DECIDE_STEP,
    )


def _evaluation(document: Mapping[str, Any], metric: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of the document that the evaluation it came from had, in that shape."""
    errors = document.get("errors") or {}
    return {
        "task": document["task"],
        "metric": metric["id"],
        "n": metric["n"],
        "margin": metric["margin"],
        "confidence": metric["confidence"],
        "models": document["models"],
        "decision": document["decision"],
        "data": document["data"],
        "seed": 0,
        "disagreements": [],
        "confusion": errors.get("confusion", {}),
        "labels": errors.get("labels", []),
        "need_llm": document.get("need_llm") or [],
        "basis": metric.get("basis", "examples"),
    }
