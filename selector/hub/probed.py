# SPDX-License-Identifier: Apache-2.0
"""An engine that was asked once whether it is installed.

Asking goes through the import path, which takes longer than judging a model; a search judges hundreds.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from selector.engines.base import Engine, Loadable
from selector.engines.facts import ModelFacts
from selector.tasks.base import Task, TaskRunner


class Probed:
    """See Engine; every other question goes to the engine itself."""

    def __init__(self, engine: Engine) -> None:
        self.info = engine.info
        self._engine = engine
        self._probe = engine.probe()

    def probe(self) -> Loadable:
        """See Engine."""
        return self._probe

    def can_load(self, facts: ModelFacts, task: Task) -> Loadable:
        """See Engine."""
        return self._engine.can_load(facts, task)

    def offered(self, facts: ModelFacts) -> tuple[str, ...]:
        """See Engine."""
        return self._engine.offered(facts)

    def files(self, facts: ModelFacts, precision: str) -> tuple[str, ...]:
        """See Engine."""
        return self._engine.files(facts, precision)

    def load(self, folder: Path, task: Task, options: Mapping[str, Any]) -> TaskRunner:
        """See Engine."""
        return self._engine.load(folder, task, options)
