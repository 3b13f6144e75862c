# SPDX-License-Identifier: Apache-2.0
"""What the command line and the window ask of the desk, and what they get, as frozen data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from selector.decide.verdict_facts import Evaluation
from selector.desk.download_item import Item
from selector.engines.made_forms import MadeForm
from selector.hub.leftovers import Leftover
from selector.hub.library import Checked
from selector.hub.shelf import Entry, entry_from_json
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
    state: str = "fetching"
    """See hub/progress.py."""
    wait_s: float | None = None


def progress_of(item: Item) -> DownloadProgress:
    """The progress of an item of the queue."""
    kept = item.kept
    return DownloadProgress(
        kept.ref,
        item.file,
        kept.done_bytes,
        kept.total_bytes or 0,
        item.bytes_per_s,
        item.eta_s,
        "reconnecting" if kept.state == "waiting" else item.phase or "fetching",
        item.wait_s,
    )


@dataclass(frozen=True, slots=True)
class Shelf:
    """Everything in the model cache."""

    entries: tuple[Entry, ...]
    leftovers: tuple[Leftover, ...]
    made: tuple[MadeForm, ...] = ()
    """Forms of models that Petit made itself; outside the cache."""

    def to_json(self) -> dict[str, Any]:
        """Every field."""
        return {
            "entries": [entry.to_json() for entry in self.entries],
            "leftovers": [item.to_json() for item in self.leftovers],
            "made": [form.to_json() for form in self.made],
        }


def shelf_from_json(data: Mapping[str, Any]) -> Shelf:
    """What the worker said. Raises KeyError or TypeError on anything else."""
    return Shelf(
        tuple(entry_from_json(entry) for entry in data["entries"]),
        tuple(Leftover(**item) for item in data["leftovers"]),
    )


def checked_from_json(data: Mapping[str, Any]) -> list[Checked]:
    """What the worker said. Raises KeyError or TypeError on anything else."""
    return [Checked(c["ref"], c["verified"], tuple(c["damaged"])) for c in data["checked"]]


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
    send: bool = False
    """Whether the user has seen what goes to the chat endpoints among ``refs``, and agreed."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Parameters of the task, as text."""
    failed: str = "wrong"
    """What an example without an answer counts as; ``exclude`` leaves it out for every model."""
    label_map: tuple[tuple[str, str], ...] = ()
    """Names of models and the user's categories that they mean."""
    tests: bool = False
    """Whether classical tests are wanted beside the verdict."""
    targets: tuple[float, ...] = ()
    """Shares of right answers for which thresholds of sureness are looked for; none: the usual ones."""
    trained_on: Path | None = None
    """Texts that a model was trained on: examples among them are counted and told."""
    race: bool = False
    """Examples in a random order, smallest contestant first; who cannot win is dropped, and it stops as
    soon as the answer is known."""


@dataclass(frozen=True, slots=True)
class PredictionsRequest:
    """Decide on outputs that were produced elsewhere."""

    data: Path
    task: str = ""
    input_column: str | None = None
    label_column: str | None = None
    metric: str | None = None
    kind: str = "labels"
    """What the models gave where the metric does not say it: labels, text or similarity."""
    margin: float = 0.05
    confidence: float = 0.975
    cost: str | None = None
    """None: the costs in the file where every model has one, else sizes."""
    sizes: tuple[tuple[str, int], ...] = ()
    llms: tuple[str, ...] = ()
    """Models of the file that are LLMs: each is compared with the smallest other one that may do."""
    failed: str = "wrong"
    label_map: tuple[tuple[str, str], ...] = ()
    tests: bool = False
    targets: tuple[float, ...] = ()
    trained_on: Path | None = None
    """As in EvaluateRequest, like the four before."""
    slice_columns: tuple[str, ...] = ()
    """Columns that part the examples, where every other column is a model."""


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """Ask a person for few labels of inputs that have none, and decide."""

    refs: tuple[str, ...]
    task: str
    data: Path
    budget: int
    """Labels at most."""
    answers: Path | None = None
    """CSV of index, label [, kind]; read first, then saved after every answer. None: Petit's own."""
    input_column: str | None = None
    margin: float = 0.05
    confidence: float = 0.95
    cost: str = "parameters"
    seed: int = 0
    labels: tuple[str, ...] = ()
    """Categories that a chat endpoint chooses among."""
    send: bool = False
    """As in EvaluateRequest."""
    repeats: float = 0.0
    """Share of questions that repeat an answered one, to learn how sure the person is."""


@dataclass(frozen=True, slots=True)
class VoteRequest:
    """Ask a person which of two outputs is better, without names, and decide."""

    refs: tuple[str, ...]
    """Two to four."""
    task: str
    data: Path
    budget: int = 80
    """Votes at most."""
    answers: Path | None = None
    """CSV of index, left, right, said; read first, then saved after every vote. None: Petit's own."""
    input_column: str | None = None
    margin: float = 0.05
    confidence: float = 0.95
    cost: str = "parameters"
    seed: int = 0
    labels: tuple[str, ...] = ()
    """As in LabelRequest."""
    send: bool = False
    """As in EvaluateRequest."""
    repeats: float = 0.1
    """Share of questions that repeat an answered one, to learn how sure the person is."""


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
