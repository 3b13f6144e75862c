# SPDX-License-Identifier: Apache-2.0
"""A value with its source, or honestly unknown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar, cast, get_args

T = TypeVar("T")
Source = Literal["metadata", "header", "config", "card", "file list", "built", "unknown"]
"""The Hub's own fields, a weights file's head, config.json, the card its authors wrote, names and sizes
of the files, or the empty model made from its configuration (see architecture.py)."""


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """``value`` is None exactly when ``source`` is ``unknown``."""

    value: T | None = None
    source: Source = "unknown"

    def to_json(self, write: Callable[[T], Any] = lambda value: value) -> dict[str, Any]:
        """Value and source."""
        value = None if self.value is None else write(self.value)
        return {"value": value, "source": self.source}


def known(value: T | None, source: Source) -> Known[T]:
    """``value`` from ``source``; unknown when there is none."""
    return Known(None, "unknown") if value is None else Known(value, source)


def first(*candidates: Known[T]) -> Known[T]:
    """The first that is known."""
    return next((each for each in candidates if each.value is not None), Known())


def known_from_json(data: Mapping[str, Any], read: Callable[[Any], T]) -> Known[T]:
    """The inverse. Raises KeyError, TypeError or ValueError on anything else."""
    if data["value"] is None:
        return Known()
    if data["source"] not in get_args(Source):
        raise ValueError(data["source"])
    return Known(read(data["value"]), cast("Source", data["source"]))
