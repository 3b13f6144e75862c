# SPDX-License-Identifier: Apache-2.0
"""A session that asks a person: the next question, answers, skips, undo, and the conclusion.

The window and the command line drive the same session. Every answer is in a file before the next
question comes, so that a session that was stopped goes on where it was.
"""

from __future__ import annotations

import json
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from selector.decide.asked import evaluation_of
from selector.decide.codec import contestant_to_json, decision_from_json, measurement_to_json
from selector.decide.data import Examples
from selector.decide.rules import Rules
from selector.decide.verdict_facts import Basis, Decision, Evaluation
from selector.desk.answer_file import write_answers
from selector.desk.library_desk import never
from selector.desk.requests import Evaluated, LabelRequest, VoteRequest
from selector.trial.measurement import Contestant, Measurement
from selector.worker.client import WorkerClient

Conclude = Callable[[Evaluation, tuple[Measurement, ...], tuple[Contestant, ...]], Evaluated]


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask; who said what is not in it."""

    index: int
    """Of the input, from 0."""
    input: str
    answers: tuple[str, ...]
    """What to choose among: different answers, or the left and the right one."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a session is."""

    done: int
    budget: int
    running: tuple[str, ...]
    """Contestants that may still be the answer, smallest first."""
    entered: int
    """Contestants that take part."""
    best: str
    sure: float | None = None
    """P(good enough) of the smallest one that is still running: 1 makes it the answer, 0 drops it."""


class AskingSession(ABC):
    """One session. Calls block for some milliseconds and may come from any thread, one at a time."""

    basis: ClassVar[Basis]
    columns: ClassVar[tuple[str, ...]]
    """Of the file of answers."""

    def __init__(
        self,
        request: LabelRequest | VoteRequest,
        examples: Examples,
        contestants: tuple[Contestant, ...],
        measurements: tuple[Measurement, ...],
        path: Path,
        conclude: Conclude,
        cancelled: Callable[[], bool] = never,
    ) -> None:
        """Start the process that holds the questions. Raises what reading the answers and it raise."""
        self.examples, self.contestants, self.measurements = examples, contestants, measurements
        self.path = path
        """The file of answers."""
        self._request, self._conclude = request, conclude
        self._rows: list[tuple[Any, ...]] = self._read(path, len(examples.inputs))
        self._calculator = WorkerClient("calculator")
        try:
            self.state = self._start(cancelled)
        except BaseException:
            self.close()
            raise

    @abstractmethod
    def _read(self, path: Path, n: int) -> list[tuple[Any, ...]]:
        """The answers so far."""

    @property
    @abstractmethod
    def question(self) -> Question | None:
        """What to ask now; None when it is over."""

    @abstractmethod
    def skip(self, cancelled: Callable[[], bool] = never) -> None:
        """The person cannot tell."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Everything that can be asked about."""
        return self.examples.inputs

    @property
    def progress(self) -> Progress:
        """How far it is."""
        state = self.state
        running = tuple(str(ref) for ref in state["running"])
        chances = {row["ref"]: row["good_enough"] for row in state["models"]}
        return Progress(
            int(state["done"]),
            int(state["budget"]),
            running,
            len(state["models"]),
            str(state["best"]),
            chances.get(running[0]) if running else None,
        )

    @property
    def confidence(self) -> float:
        """P(good enough) that a decision takes, at least."""
        return self._request.confidence

    @property
    def decision(self) -> Decision:
        """What is known now."""
        return decision_from_json(self.state["decision"])

    @property
    def over(self) -> bool:
        """Whether nothing is left to ask: decided, the budget spent, or all that differs is judged."""
        return not self.state["next"]

    def undo(self, cancelled: Callable[[], bool] = never) -> bool:
        """Take the last answer back and ask it again; False when there is none."""
        if not self._rows:
            return False
        self.state = self._calculator.call("ask_undo", {}, None, cancelled)
        self._rows.pop()
        self._save()
        return True

    def conclude(self) -> Evaluated:
        """What the answers prove so far, saved as a decision file. Raises TargetNotWritable."""
        request = self._request
        rules = Rules(None, request.margin, request.confidence, request.cost, request.seed)
        evaluation = evaluation_of(
            self.state,
            self.basis,
            request.task,
            rules,
            self.examples,
            self.contestants,
            self.measurements,
        )
        return self._conclude(evaluation, self.measurements, self.contestants)

    def close(self) -> None:
        """End the process."""
        self._calculator.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def to_json(self) -> dict[str, Any]:
        """The state, each question with its input."""
        asked = [{**x, "input": self.inputs[x["index"]]} for x in self.state["next"]]
        return {**self.state, "next": asked, "n": len(self.inputs), "answers": str(self.path)}

    def _say(self, row: tuple[Any, ...], cancelled: Callable[[], bool]) -> None:
        args = dict(zip(self.columns, row, strict=True))
        self.state = self._calculator.call("ask_answer", args, None, cancelled)
        self._rows.append(row)
        self._save()

    def _save(self) -> None:
        write_answers(self.path, self._rows, self.columns)

    def _start(self, cancelled: Callable[[], bool]) -> Mapping[str, Any]:
        request = self._request
        rules = {name: getattr(request, name) for name in ("margin", "confidence", "cost", "seed")}
        with tempfile.TemporaryDirectory(prefix="petit-") as folder:
            rows = Path(folder) / "rows.json"
            content: dict[str, Sequence[Any]] = {
                "contestants": [contestant_to_json(c) for c in self.contestants],
                "measurements": [measurement_to_json(m) for m in self.measurements],
                "answers": [dict(zip(self.columns, row, strict=True)) for row in self._rows],
            }
            rows.write_text(json.dumps(content), encoding="utf-8")
            args = {
                "basis": self.basis,
                "rules": rules,
                "budget": request.budget,
                "repeats": request.repeats,
                "rows": str(rows),
            }
            return self._calculator.call("ask_start", args, None, cancelled)
