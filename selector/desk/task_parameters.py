# SPDX-License-Identifier: Apache-2.0
"""The parameters of a task as a user gives them, checked against those it has. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from selector.errors import BadSetting
from selector.tasks.base import Task


def task_parameters(
    task: Task, labels: Sequence[str] = (), given: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Defaults, the user's categories where the task asks for them, and what was given by name.

    Raises BadSetting for a name that the task does not have, or a value of another kind.
    """
    found = dict(task.default_parameters)
    if task.asks_labels and labels:
        found["labels"] = list(labels)
    for name, text in (given or {}).items():
        if name not in found:
            raise BadSetting(setting=name[:40], value=text[:40], allowed=", ".join(sorted(found)))
        found[name] = _like(name, text, task.default_parameters[name])
    return found


def _like(name: str, text: str, default: Any) -> Any:
    """``text`` as the kind of thing that ``default`` is."""
    if isinstance(default, bool):
        if text.lower() in {"true", "yes", "1", "oui", "false", "no", "0", "non"}:
            return text.lower() in {"true", "yes", "1", "oui"}
        raise BadSetting(setting=name, value=text[:40], allowed="yes, no")
    if isinstance(default, int):
        if text.isdecimal() and 0 < int(text) <= 1_000_000:
            return int(text)
        raise BadSetting(setting=name, value=text[:40], allowed="1 …")
    if isinstance(default, str):
        return text
    return [part.strip() for part in text.split(",") if part.strip()]
