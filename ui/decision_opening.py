# SPDX-License-Identifier: Apache-2.0
"""Opens a decision file, ``*.petit.json``, as a job that shows it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from selector.errors import DecisionUnreadable
from selector.store.projects import Project

LARGEST = 50_000_000
DECIDE_STEP = 4


def project_of_decision(path: Path) -> Project:
    """A new job with this decision. Raises DecisionUnreadable."""
    try:
        path = path.expanduser().resolve()
        if path.stat().st_size > LARGEST:
            raise DecisionUnreadable(path=path.name, detail="too large")
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DecisionUnreadable(path=path.name, detail=str(error)) from error
    if not isinstance(document, dict) or not isinstance(document.get("task"), str):
        raise DecisionUnreadable(path=path.name, detail="not a decision")
    return Project(
        title=path.name.removesuffix(".json").removesuffix(".petit"),
        task=document["task"],
        refs=_references(document),
        evaluation=_evaluation(document),
        decision_file=str(path),
        step=DECIDE_STEP,
    )


def _references(document: dict[str, Any]) -> tuple[str, ...]:
    evaluation = _evaluation(document) or {}
    models = evaluation.get("models")
    named = models if isinstance(models, list) else []
    return tuple(str(x["ref"]) for x in named if isinstance(x, dict) and "ref" in x)


def _evaluation(document: dict[str, Any]) -> dict[str, Any] | None:
    found = document.get("evaluation")
    return found if isinstance(found, dict) else None
