# SPDX-License-Identifier: Apache-2.0
"""Contestants and what was measured of them. Times in seconds, memory in bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from selector.tasks.outputs import Output, to_json
from selector.trial.agreement import Agreement


@dataclass(frozen=True, slots=True)
class Contestant:
    """A fully pinned model variant that is on this disk."""

    ref: str
    """``ORG/NAME@REVISION#ENGINE-PRECISION``."""
    repo: str
    revision: str
    engine: str
    precision: str
    folder: str
    parameters: int | None
    download_bytes: int
    files: tuple[tuple[str, str, int], ...] = ()
    """Of each file: path inside the repository, sha256, size."""
    predicted_memory_bytes: int | None = None
    licence: str | None = None
    made: str = ""
    """The folder of a form that Petit makes itself; empty for one whose files are in ``folder``."""
    choice: str = ""
    """Why this form of the model: a key of the catalogue (see selector/trial/choice.py)."""
    choice_facts: Mapping[str, Any] = field(default_factory=dict)
    cost: float | None = None
    """On an axis of the user's own (a price, an energy), in their unit; smaller is better."""
    endpoint: Mapping[str, Any] | None = None
    """Of a chat endpoint: what its worker needs to load (see endpoint_role.py). Never a key."""
    datasets: tuple[str, ...] = ()
    """Training data that the model's card names."""

    @property
    def remote(self) -> bool:
        """Whether it is asked over a wire and not loaded here."""
        return self.engine == "endpoint"


@dataclass(frozen=True, slots=True)
class Trial:
    """The same inputs through several contestants."""

    task: str
    inputs: tuple[str, ...]
    contestants: tuple[Contestant, ...]
    repeat: int = 1
    """How often each input is run; only the outputs of the first run are kept.

    0: as often as fair times take (fairness.ROUNDS turns), and no longer than fairness.EXTRA_S for that.
    """
    block: int = 0
    """Inputs given to a model in one turn; 0 lets the runner choose. 1 times single requests."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    threads: int = 0
    """0: all physical cores that this process may use."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Latency over ``n`` timed runs, warm-up excluded."""

    median: float
    p95: float
    n: int
    min: float | None = None
    """The fastest; None where only the others were written down."""

    def to_json(self) -> dict[str, Any]:
        """As in the command-line contract."""
        return {"median": self.median, "min": self.min, "p95": self.p95, "n": self.n}


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one contestant did in a trial. ``error`` is set when it failed; the rest is then partial."""

    ref: str
    engine: str
    precision: str
    outputs: tuple[Output | None, ...]
    load_s: float | None = None
    first_result_s: float | None = None
    """From the request to start the process to the first output."""
    latency: Timing | None = None
    """Seconds an input."""
    throughput: float | None = None
    throughput_unit: str = "inputs/s"
    memory_peak_bytes: int | None = None
    parameters: int | None = None
    error: dict[str, Any] | None = None
    """``{"code", "facts"}``."""
    shared: bool = False
    """True when other contestants computed at the same time, so that timings are not fair."""
    labels: tuple[str, ...] = ()
    """The labels the model knows, in its own order; empty for tasks without labels."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Versions of the libraries that ran it."""
    cut_inputs: int = 0
    """Inputs longer than the model reads, whose ends it did not see."""
    fidelity: Mapping[str, Any] | None = None
    """Of a form that Petit made: n, equal_answers, largest_difference against the original."""
    agreement: Agreement | None = None
    """With the form closest to the original of the same model in this trial, on its inputs."""
    item_errors: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    """Inputs that it gave no answer to, by position: ``{"code", "facts"}``; the others have theirs."""
    rounds: int = 0
    """Timed turns, each between turns of the others."""
    warm_start: bool = False
    """Its engine was imported before it was asked for: ``load_s`` and ``first_result_s`` lack that."""
    cpu_s: float | None = None
    """Processor seconds an input, of all threads together; far below ``latency`` times the threads: idle."""
    notes: tuple[str, ...] = ()
    """What its times suffer from: keys of the catalogue (see fairness.py)."""
    usage: Mapping[str, int] = field(default_factory=dict)
    """Of an endpoint: items, from_store, prompt_tokens, completion_tokens, estimated (items without a count)."""
    choice: str = ""
    """Why this form of the model, as in Contestant."""
    choice_facts: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The JSON of the command-line contract."""
        return {
            "ref": self.ref,
            "engine": self.engine,
            "precision": self.precision,
            "outputs": [None if o is None else to_json(o) for o in self.outputs],
            "load_s": self.load_s,
            "first_result_s": self.first_result_s,
            "latency_s": None if self.latency is None else self.latency.to_json(),
            "throughput": None
            if self.throughput is None
            else {"unit": self.throughput_unit, "value": self.throughput},
            "rounds": self.rounds,
            "cpu_s": self.cpu_s,
            "warm_start": self.warm_start,
            "notes": list(self.notes),
            "memory_peak_bytes": self.memory_peak_bytes,
            "parameters": self.parameters,
            "cut_inputs": self.cut_inputs,
            "fidelity": None if self.fidelity is None else dict(self.fidelity),
            "agreement": None if self.agreement is None else self.agreement.to_json(),
            "item_errors": [
                {"index": index, **error} for index, error in sorted(self.item_errors.items())
            ],
            "usage": dict(self.usage) or None,
            "choice": {"code": self.choice, "facts": dict(self.choice_facts)}
            if self.choice
            else None,
            "error": self.error,
        }


@dataclass(frozen=True, slots=True)
class TrialEvent:
    """Progress of a trial, for whoever watches.

    ``kind`` is one of: making, loading, loaded, turn, partial, output, unanswered (one input), failed,
    finished, waiting (for memory, for the turn, for a server).
    """

    kind: str
    ref: str
    index: int = -1
    text: str = ""
    output: Output | None = None
    seconds: float = 0.0
    facts: Mapping[str, Any] = field(default_factory=dict)
