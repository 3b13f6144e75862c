# SPDX-License-Identifier: Apache-2.0
"""What must be there before anything can be decided, and what the page shows while it is missing."""

from __future__ import annotations

from selector.store.projects import Project
from selector.tasks.base import Task
from selector.wording import Wording
from ui.widgets.empty_state import EmptyState

TASK_STEP, CANDIDATES_STEP = 1, 2
_ICONS = {"no_task": "list-checks", "no_models": "search", "no_data": "file-up"}


def missing(project: Project, task: Task | None) -> str:
    """What is missing: no_task, no_models, no_data or nothing. A finished evaluation needs nothing."""
    if project.evaluation:
        return ""
    if task is None:
        return "no_task"
    if not project.refs:
        return "no_models"
    return "" if project.data_path else "no_data"


def step_for(kind: str) -> int:
    """The step where what is missing is chosen."""
    return CANDIDATES_STEP if kind == "no_models" else TASK_STEP


def show_missing(empty: EmptyState, kind: str, wording: Wording) -> None:
    """Say what is missing and offer to choose it."""
    words = (wording.text(f"decide.empty.{kind}{part}") for part in ("", "_text", "_button"))
    empty.set_content(_ICONS[kind], *words)
