# SPDX-License-Identifier: Apache-2.0
"""The contract of an engine: what runs a model. One file each, found by the registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from selector.engines.facts import ModelFacts
    from selector.tasks.base import Task, TaskRunner


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """An engine's name, what it reads, and every precision it knows (first is the default)."""

    id: str
    title: str
    formats: tuple[str, ...]
    precisions: tuple[str, ...]
    distributions: tuple[str, ...]
    """Python distributions whose versions go into a decision file."""
    modules: tuple[str, ...] = ()
    """What loading imports and takes seconds for, so that a worker can do it ahead."""


@dataclass(frozen=True, slots=True)
class Loadable:
    """Whether an engine can load a model, and why (a code of the catalogue and its facts)."""

    ok: bool
    reason: str = ""
    facts: Mapping[str, Any] | None = None


class Engine(Protocol):
    """What runs a model. Importing an engine's module imports no runtime."""

    info: EngineInfo

    def probe(self) -> Loadable:
        """Whether the engine is installed here, without importing it."""

    def can_load(self, facts: ModelFacts, task: Task) -> Loadable:
        """Judge from files and configuration alone. Pure."""

    def offered(self, facts: ModelFacts) -> tuple[str, ...]:
        """The precisions that can be run from the files of ``facts``, the default first. Pure."""

    def files(self, facts: ModelFacts, precision: str) -> tuple[str, ...]:
        """The file paths of ``facts`` that loading needs, so that nothing else is downloaded."""

    def makes(self, facts: ModelFacts, task: Task) -> tuple[str, ...]:
        """Precisions that no file of ``facts`` holds, but that ``make`` can make from them. Pure."""

    def make(
        self,
        folder: Path,
        task: Task,
        options: Mapping[str, Any],
        sentences: Sequence[str],
        tell: Callable[[str], None],
    ) -> Mapping[str, Any]:
        """Make the form ``options["precision"]`` in the folder ``options["made"]`` (in a worker).

        Gives how its answers to ``sentences`` compare with the original's: n, equal_answers,
        largest_difference. Raises UnknownEngine when it makes none, and what ``load`` raises.
        """

    def load(self, folder: Path, task: Task, options: Mapping[str, Any]) -> TaskRunner:
        """Load in this process (a worker's). Options as in Task.load_torch, and ``made`` as above.

        Raises EngineMissing, LoadFailed, UnsupportedModel, OutOfMemory.
        """
