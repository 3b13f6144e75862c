# SPDX-License-Identifier: Apache-2.0
"""What the command line and the window ask of the desk, and what they get, as frozen data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selector.decide.verdict_facts import Evaluation
from selector.tasks.base import Task
from selector.trial.measurement import Contestant, Measurement, TrialEvent


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search; sizes in bytes or numbers of weights. What each filter means: hub/filters.py."""

    task: str
    query: str | None = None
    language: str | None = None
    licence: str = "any"
    min_params: int | None = None
    max_params: int | None = None
    max_memory: int | None = None
    max_download: int | None = None
    gated: str = "any"
    library: str | None = None
    updated_since: str | None = None
    show: tuple[str, ...] = ()
    """Filters whose models are shown all the same: names of hub/filters.SHOWABLE."""
    sort: str = "rank"
    limit: int = 50
    show_all: bool = False


@dataclass(frozen=True, slots=True)
class SearchWait:
    """The Hub asks a search to wait, or the search slows down so that it need not ask.

    ``reason`` is ``rate_limit``, ``busy`` or ``pace``; nothing is waited for when ``seconds_left`` is 0.
    """

    seconds_left: float
    reason: str


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """Bytes of one model's download; ``total_bytes`` covers all its files."""

    ref: str
    file: str
    done_bytes: int
    total_bytes: int
    bytes_per_s: float | None = None
    eta_s: float | None = None


@dataclass(frozen=True, slots=True)
class EvaluateRequest:
    """Measure contestants on labelled examples and decide."""

    refs: tuple[str, ...]
    task: str
    data: Path
    input_column: str | None = None
    label_column: str | None = None
    metric: str | None = None
    margin: float = 0.05
    confidence: float = 0.975
    cost: str = "parameters"


@dataclass(frozen=True, slots=True)
class Evaluated:
    """An evaluation with everything needed to show and export it."""

    evaluation: Evaluation
    measurements: tuple[Measurement, ...]
    contestants: tuple[Contestant, ...]
    document: dict[str, Any]
    """The decision document."""
    file: Path
    """Where the decision document was saved."""


@dataclass(frozen=True, slots=True)
class SampleProject:
    """The embedded sample: everything that is needed to run the main job without a network."""

    title: str
    task: Task
    data: Path
    input_column: str
    label_column: str
    refs: tuple[str, ...]
    """Fully pinned, smallest first."""
    example_inputs: tuple[str, ...]
    margin: float


Cancelled = Callable[[], bool]
OnTrial = Callable[[TrialEvent], None]
OnDownload = Callable[[DownloadProgress], None]
