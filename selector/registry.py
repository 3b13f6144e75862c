# SPDX-License-Identifier: Apache-2.0
"""Finds the one TASK / ENGINE / EXPORT constant in each module of a package.

Modules are found by name, never imported statically: that is what keeps machine-learning runtimes out
of the window's process, and what makes a new task, engine or export one new file.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING, Any

from selector.errors import UnknownEngine, UnknownFormat, UnknownTask

if TYPE_CHECKING:
    from selector.engines.base import Engine
    from selector.exports.base import Export
    from selector.tasks.base import Task


def _constants(package: str, name: str) -> list[Any]:
    folder = importlib.import_module(package)
    found = []
    for module in sorted(pkgutil.iter_modules(folder.__path__), key=lambda item: item.name):
        constant = getattr(importlib.import_module(f"{package}.{module.name}"), name, None)
        if constant is not None:
            found.append(constant)
    return found


@cache
def tasks() -> dict[str, Task]:
    """Every task by its id."""
    return {task.id: task for task in _constants("selector.tasks", "TASK")}


@cache
def engines() -> dict[str, Engine]:
    """Every engine by its id; importing them imports no runtime."""
    return {engine.info.id: engine for engine in _constants("selector.engines", "ENGINE")}


@cache
def exports() -> dict[str, Export]:
    """Every export format by its id, in the order of menus."""
    found = _constants("selector.exports", "EXPORT")
    return {export.id: export for export in sorted(found, key=lambda x: (x.rank, x.id))}


def task(task_id: str) -> Task:
    """One task. Raises UnknownTask."""
    try:
        return tasks()[task_id]
    except KeyError:
        raise UnknownTask(task=task_id, known=sorted(tasks())) from None


def engine(engine_id: str) -> Engine:
    """One engine. Raises UnknownEngine."""
    try:
        return engines()[engine_id]
    except KeyError:
        raise UnknownEngine(engine=engine_id, known=sorted(engines())) from None


def export(export_id: str) -> Export:
    """One export format. Raises UnknownFormat."""
    try:
        return exports()[export_id]
    except KeyError:
        raise UnknownFormat(format=export_id, known=sorted(exports())) from None
