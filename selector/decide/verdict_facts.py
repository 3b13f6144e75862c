# SPDX-License-Identifier: Apache-2.0
"""What a decision says, as plain data that the window may import (no numpy here)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from selector.decide.calibration_facts import Calibration
from selector.decide.classical_facts import Classical
from selector.decide.need_llm import NeedLlm
from selector.decide.slice_facts import Slices
from selector.hub.candidate import Reason

Status = Literal["decided", "undecided"]
Basis = Literal["examples", "labels", "votes"]
"""What scores rest on: right answers in the user's file, answers the person labelled where models differ,
or blind votes."""


@dataclass(frozen=True, slots=True)
class Score:
    """One contestant's quality and cost on the user's examples."""

    ref: str
    score: float | None
    """None when the contestant failed."""
    interval: tuple[float, float] | None
    """95 % (or the chosen confidence) interval of ``score``."""
    difference: tuple[float, float, float] | None
    """Low, expected, high of ``score - best``; None for a failed one."""
    good_enough: float | None
    """P(score >= best of all - margin)."""
    parameters: int | None
    latency_s: float | None
    memory_peak_bytes: int | None
    download_bytes: int | None
    other_metrics: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    """Further metrics: id to (low, score, high)."""
    error: dict[str, Any] | None = None
    cost: float | None = None
    """On the axis that says what "small" means (Evaluation.cost); None when unknown."""
    judged: int | None = None
    """Labels or votes that say something of this one; None where all examples do."""

    def to_json(self) -> dict[str, Any]:
        """The JSON of the command-line contract, and more."""
        return {
            "ref": self.ref,
            "score": self.score,
            "interval": None if self.interval is None else list(self.interval),
            "difference": None if self.difference is None else list(self.difference),
            "good_enough": self.good_enough,
            "latency_s": self.latency_s,
            "memory_peak_bytes": self.memory_peak_bytes,
            "parameters": self.parameters,
            "download_bytes": self.download_bytes,
            "other_metrics": {k: list(v) for k, v in self.other_metrics.items()},
            "error": self.error,
            "cost": self.cost,
            "judged": self.judged,
        }


@dataclass(frozen=True, slots=True)
class Decision:
    """The smallest contestant that is good enough, or "undecided" and what would decide."""

    choice: str | None
    """The reference; None while undecided."""
    status: Status
    reasons: tuple[Reason, ...]
    caveats: tuple[Reason, ...]
    more_examples: int | None
    """How many more examples would probably decide; None when decided or unknown."""
    runner_up: str | None = None
    supported_margin: float | None = None
    """The smallest margin that these examples can decide; None when even the widest cannot."""
    models: tuple[Score, ...] = ()
    """Every model, smallest first, where the decision stands alone (outside an Evaluation)."""
    n: int | None = None
    """Examples, labels or votes that it rests on, likewise."""

    @property
    def decided(self) -> bool:
        """Whether there is a choice."""
        return self.status == "decided"

    def to_json(self) -> dict[str, Any]:
        """The JSON of the command-line contract, and more."""
        alone: dict[str, Any] = {}
        if self.models:
            alone = {"models": [x.to_json() for x in self.models], "n": self.n}
        return alone | {
            "choice": self.choice,
            "status": self.status,
            "reasons": [x.to_json() for x in self.reasons],
            "caveats": [x.to_json() for x in self.caveats],
            "more_examples": self.more_examples,
            "runner_up": self.runner_up,
            "supported_margin": self.supported_margin,
        }


@dataclass(frozen=True, slots=True)
class RaceFacts:
    """What a race took."""

    evaluations: int
    """Answers that were needed, of all contestants together."""
    total: int
    """All answers of all contestants that did not fail."""

    @property
    def saved(self) -> float:
        """Share of the work that was not needed."""
        return 0.0 if not self.total else 1 - self.evaluations / self.total

    def to_json(self) -> dict[str, Any]:
        """Every field."""
        return {"evaluations": self.evaluations, "total": self.total, "saved": self.saved}


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Scores of all contestants (smallest first) and the decision."""

    task: str
    metric: str
    n: int
    margin: float
    confidence: float
    models: tuple[Score, ...]
    decision: Decision
    data_sha256: str
    data_name: str
    seed: int = 0
    disagreements: tuple[int, ...] = ()
    """Indices of examples where contestants differ, most contested first."""
    confusion: dict[str, list[list[int]]] = field(default_factory=dict)
    """Of each contestant: rows are true labels, columns predicted ones, in the order of ``labels``."""
    labels: tuple[str, ...] = ()
    need_llm: tuple[NeedLlm, ...] = ()
    """Of each LLM among the contestants: whether a smaller model does instead."""
    basis: Basis = "examples"
    """With ``labels``, ``n`` counts labels, and scores are known only against each other; with ``votes``,
    ``n`` counts votes, and a score is the mean chance to be preferred to another one."""
    slices: Slices | None = None
    """Scores on parts of the examples."""
    calibration: tuple[Calibration, ...] = ()
    """Of each contestant that says how sure it is."""
    classical: Classical | None = None
    """Tests beside the verdict, where they were asked for."""
    cost: str = "parameters"
    """The axis that says what "small" means: one of rules.Cost."""
    failed: str = "wrong"
    """What an example without an answer counts as: one of rules.Failed."""
    label_map: tuple[tuple[str, str], ...] = ()
    """Names of models and the user's categories that they were taken for."""
    inputs: int | None = None
    """Inputs that there are, where ``n`` counts something else."""
    race: RaceFacts | None = None
    """Of a race: ``n`` counts the examples that all who were still running answered, ``judged`` of a
    contestant those that it answered itself. None where everybody answered everything."""

    def to_json(self) -> dict[str, Any]:
        """The JSON of the command-line contract, and more."""
        return {
            "task": self.task,
            "metric": self.metric,
            "n": self.n,
            "margin": self.margin,
            "confidence": self.confidence,
            "models": [x.to_json() for x in self.models],
            "decision": self.decision.to_json(),
            "data": {"name": self.data_name, "sha256": self.data_sha256},
            "seed": self.seed,
            "disagreements": list(self.disagreements),
            "confusion": self.confusion,
            "labels": list(self.labels),
            "need_llm": [each.to_json() for each in self.need_llm],
            "basis": self.basis,
            "inputs": self.inputs,
            "race": None if self.race is None else self.race.to_json(),
            "classical": None if self.classical is None else self.classical.to_json(),
            "cost": self.cost,
            "failed": self.failed,
            "label_map": [list(pair) for pair in self.label_map],
            "calibration": [each.to_json() for each in self.calibration],
            "slices": None if self.slices is None else self.slices.to_json(),
        }
