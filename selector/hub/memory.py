# SPDX-License-Identifier: Apache-2.0
"""What a search is told by whoever remembers earlier answers; see remembered.py."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from selector.hub.filters import Filters
from selector.hub.judge import Row
from selector.tasks.base import Task


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known here of models that were seen: rows to judge, and counts of others.

    ``taken`` says how many more there are that these filters take away, by the keys of filters.ORDER;
    models that pass but are further down than ``rows`` goes are under ``(removed.limit,)``.
    """

    rows: tuple[Row, ...] = ()
    taken: Mapping[tuple[str, ...], int] | None = None


class Memory(Protocol):
    """What earlier answers of the Hub said; nothing here raises."""

    def find(self, task: Task, filters: Filters) -> Kept:
        """Models for a task, without any network."""

    def fill(self, rows: Sequence[Row]) -> list[Row]:
        """The rows with sizes and configuration that were found out before, at the same commit."""

    def remember(self, rows: Sequence[Row], task: Task) -> None:
        """Keep rows as they are told now."""


class NoMemory:
    """Remembers nothing."""

    def find(self, task: Task, filters: Filters) -> Kept:
        """See Memory."""
        return Kept()

    def fill(self, rows: Sequence[Row]) -> list[Row]:
        """See Memory."""
        return list(rows)

    def remember(self, rows: Sequence[Row], task: Task) -> None:
        """See Memory."""
