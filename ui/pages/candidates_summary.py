# SPDX-License-Identifier: Apache-2.0
"""Sentences about a search: what was hidden and why, how old an answer is."""

from __future__ import annotations

from collections.abc import Mapping

from selector import registry
from selector.wording import Wording


def hidden_text(removed: Mapping[str, int], wording: Wording) -> str:
    """How many models were hidden and why; empty when none was."""
    counted = sorted(((n, code) for code, n in removed.items() if n > 0), reverse=True)
    if not counted:
        return ""
    parts = ", ".join(
        wording.text("candidates.hidden_part", n=n, why=wording.text(code)) for n, code in counted
    )
    return wording.text("candidates.hidden", n=sum(n for n, _ in counted), parts=parts)


def task_title(task_id: str, wording: Wording) -> str:
    """What a task is called; its id when this Petit does not know it."""
    task = registry.tasks().get(task_id)
    return task.title[wording.language] if task else task_id
