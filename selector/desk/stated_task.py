# SPDX-License-Identifier: Apache-2.0
"""What a model on this disk says it is for."""

from __future__ import annotations

from selector import registry
from selector.errors import TaskNeeded
from selector.hub.judge import Row
from selector.tasks.base import Task


def task_of(row: Row) -> Task:
    """The task that the card states, or the only one the configuration allows. Raises TaskNeeded."""
    known = registry.tasks().values()
    stated = [task for task in known if row.task_tag in task.hub_tags]
    # One tag may lead to several tasks; it is the first of the one that it names.
    named = [task for task in stated if task.hub_tags[0] == row.task_tag]
    if len(named or stated) == 1:
        return (named or stated)[0]
    possible = [
        task
        for task in stated or known
        if any(engine.can_load(row.facts, task).ok for engine in registry.engines().values())
    ]
    # A head for one task also gives vectors: with an architecture of its own, that task is meant.
    headed = [task for task in possible if task.output_kind not in {"vector", "similarity"}]
    if len(found := headed or possible) == 1:
        return found[0]
    raise TaskNeeded(repo=row.facts.repo, known=sorted(task.id for task in found or known))
