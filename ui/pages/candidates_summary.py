# SPDX-License-Identifier: Apache-2.0
"""Sentences about a search: what was hidden and why, how long to wait, how old an answer is."""

from __future__ import annotations

from collections.abc import Mapping

from selector import registry
from selector.desk.requests import SearchWait
from selector.hub.candidate import SearchResult
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


def wait_text(wait: SearchWait, wording: Wording) -> str:
    """Why a search waits, and how long still."""
    return wording.text(f"candidates.wait.{wait.reason}", left=wait.seconds_left)


def kept_text(result: SearchResult, wording: Wording) -> str:
    """Why the Hub did not answer, and how old what is shown instead is; empty when it did."""
    if result.source != "cache":
        return ""
    key = f"candidates.kept.{(result.cause or '').removeprefix('hub.')}"
    why = wording.text(key if wording.has(key) else "candidates.kept.failed")
    what = "seen" if result.age_s else "disk"
    return f"{why} {wording.text(f'candidates.kept.{what}', age=wording.age(result.age_s))}"


def task_title(task_id: str, wording: Wording) -> str:
    """What a task is called; its id when this Petit does not know it."""
    task = registry.tasks().get(task_id)
    return task.title[wording.language] if task else task_id
