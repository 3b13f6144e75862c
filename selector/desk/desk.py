# SPDX-License-Identifier: Apache-2.0
"""The desk: inspect, search, fit, download, try, evaluate, decide, export, each one blocking call.

Every call may be made from any thread. Models, the Hub's client and statistics run in processes of
their own; nothing here imports a machine-learning runtime or numpy. ``cancelled`` is polled often;
when it becomes true the call raises Cancelled within about 100 ms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from selector.desk.requests import (
    Evaluated,
    EvaluateRequest,
    OnDownload,
    OnTrial,
    SampleProject,
    SearchRequest,
)
from selector.fit.base import Fit
from selector.hub.candidate import LocalModel, SearchResult
from selector.machine.facts import Machine
from selector.paths import Locations
from selector.tasks.base import Language, Task
from selector.trial.measurement import Contestant, Measurement


def never() -> bool:
    """For callers that cannot cancel."""
    return False


class Desk:
    """One user's desk: their data folder, their offline choice, their language."""

    def __init__(
        self, locations: Locations, *, offline: bool = False, language: Language = "en"
    ) -> None:
        self.locations = locations
        self.offline = offline
        self.language = language

    # -- inspect ------------------------------------------------------------------------------------
    def machine(self) -> Machine:
        """This computer, with its kept calibration. Takes up to two seconds; never fails."""
        raise NotImplementedError

    def calibrate(
        self, on_progress: Callable[[float], None], cancelled: Callable[[], bool] = never
    ) -> Machine:
        """Measure this machine's rates (about three seconds) and keep them."""
        raise NotImplementedError

    # -- task ---------------------------------------------------------------------------------------
    def match_tasks(self, words: str) -> list[tuple[Task, float]]:
        """All tasks, best match for plain words first, with a score from 0 to 1. Instant."""
        raise NotImplementedError

    # -- candidates ---------------------------------------------------------------------------------
    def search(self, request: SearchRequest, cancelled: Callable[[], bool] = never) -> SearchResult:
        """Find candidates. Raises HubProblem; offline or unreachable answers from the cache."""
        raise NotImplementedError

    def fit(self, refs: Sequence[str], task: str | None = None) -> list[tuple[str, Fit]]:
        """Predict memory and speed without downloading weights. Raises HubProblem, BadReference."""
        raise NotImplementedError

    def pull(
        self,
        refs: Sequence[str],
        task: str | None,
        on_progress: OnDownload,
        cancelled: Callable[[], bool] = never,
    ) -> list[LocalModel]:
        """Download what is needed of each, verified. Raises HubProblem, DownloadProblem."""
        raise NotImplementedError

    def library(self) -> list[LocalModel]:
        """Models on this disk, the sample's included."""
        raise NotImplementedError

    def remove(self, ref: str) -> int:
        """Delete a downloaded model; returns the bytes freed. Raises NotDownloaded."""
        raise NotImplementedError

    # -- try ----------------------------------------------------------------------------------------
    def contestants(self, refs: Sequence[str], task: str) -> tuple[Contestant, ...]:
        """Pin models that are on this disk. Raises NotDownloaded, UnsupportedModel, BadReference."""
        raise NotImplementedError

    def try_models(
        self,
        refs: Sequence[str],
        task: str,
        inputs: Sequence[str],
        on_event: OnTrial,
        cancelled: Callable[[], bool] = never,
        repeat: int = 1,
    ) -> tuple[Measurement, ...]:
        """The same inputs through every model, one computing at a time. Failures are in the rows."""
        raise NotImplementedError

    # -- decide -------------------------------------------------------------------------------------
    def evaluate(
        self, request: EvaluateRequest, on_event: OnTrial, cancelled: Callable[[], bool] = never
    ) -> Evaluated:
        """Run all examples (resuming what is known), judge, decide, save the decision file.

        Raises InputProblem and whatever ``contestants`` raises.
        """
        raise NotImplementedError

    # -- export -------------------------------------------------------------------------------------
    def export(self, document: dict[str, Any], format_id: str, folder: Path) -> list[Path]:
        """Write an export of a decision document. Raises ExportProblem, NotDownloaded."""
        raise NotImplementedError

    # -- sample -------------------------------------------------------------------------------------
    def sample(self) -> SampleProject:
        """The embedded sample project."""
        raise NotImplementedError

    def close(self) -> None:
        """End every process that the desk started."""
