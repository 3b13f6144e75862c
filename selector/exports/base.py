# SPDX-License-Identifier: Apache-2.0
"""The contract of an export format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selector.tasks.base import Language
from selector.trial.measurement import Contestant


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What to export and where."""

    document: Mapping[str, Any]
    """The decision document (see selector/decide/document.py), already validated."""
    contestant: Contestant
    """The chosen contestant; its files are in ``contestant.folder``."""
    folder: Path
    """Does not exist yet or is empty."""
    language: Language = "en"


def _any(_task: str, _engine: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Export:
    """One format. ``write`` returns the files it made, relative to the folder.

    It raises TargetExists, TargetNotWritable, NotDownloaded, DamagedFile, FormatUnsuited, and leaves
    nothing behind when it does.
    """

    id: str
    title: Mapping[Language, str]
    purpose: Mapping[Language, str]
    write: Callable[[ExportRequest], list[Path]]
    rank: int = 100
    """Where it stands in menus: what most people want first."""
    runs: bool = False
    """Whether it runs the model, and so must carry recorded answers to check itself with."""
    suits: Callable[[str, str], bool] = _any
    """Whether it can carry a model of this task on this engine. Pure."""
