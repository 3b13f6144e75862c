# SPDX-License-Identifier: Apache-2.0
"""The part of the desk that decides with a person's help: few labels, blind votes, the decision file."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from selector import registry
from selector.decide.data import Examples, read_examples
from selector.decide.verdict_facts import Basis, Evaluation
from selector.desk.answer_file import read_answers, read_votes
from selector.desk.asking import AskingSession, Conclude
from selector.desk.decision_desk import DecisionDesk
from selector.desk.evaluating import data_key, measure
from selector.desk.labelling import LabelSession
from selector.desk.library_desk import never
from selector.desk.requests import Evaluated, LabelRequest, OnTrial, VoteRequest
from selector.desk.voting import MOST, VoteSession
from selector.errors import BadSetting
from selector.trial.measurement import Contestant, Measurement

ASKABLE = frozenset({"labels", "text"})
"""Kinds of outputs that a person can judge at a glance."""


class AskingDesk(DecisionDesk):
    """Blocking calls, from any thread; see Desk."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._sessions: weakref.WeakSet[AskingSession] = weakref.WeakSet()

    def close(self) -> None:
        """Sessions that nobody closed end too; what was answered is in their files."""
        for session in list(self._sessions):
            session.close()
        super().close()

    def given(self, data: Path, input_column: str | None, task: str, basis: Basis) -> int:
        """How often the person has judged these inputs before. Raises InputProblem."""
        examples = read_examples(data, input_column, unlabelled=True)
        read = read_votes if basis == "votes" else read_answers
        return len(read(self.answers_of(examples, task, basis), len(examples.inputs)))

    def label(
        self, request: LabelRequest, on_event: OnTrial, cancelled: Callable[[], bool] = never
    ) -> LabelSession:
        """Run all contestants on the inputs (resuming what is known) and ask what is worth asking.

        The caller closes the session. Raises InputProblem, BadSetting and whatever ``contestants`` raises.
        """
        examples, chosen, rows, conclude = self._measured(request, on_event, cancelled)
        path = request.answers or self.answers_of(examples, request.task, "labels")
        session = LabelSession(request, examples, chosen, rows, path, conclude, cancelled)
        self._sessions.add(session)
        return session

    def vote(
        self, request: VoteRequest, on_event: OnTrial, cancelled: Callable[[], bool] = never
    ) -> VoteSession:
        """Run two to four contestants on the inputs (resuming what is known) and ask which is better.

        The caller closes the session. Raises as ``label``.
        """
        if not 2 <= len(request.refs) <= MOST:
            raise BadSetting(setting="models", value=len(request.refs), allowed=f"2 … {MOST}")
        examples, chosen, rows, conclude = self._measured(request, on_event, cancelled)
        path = request.answers or self.answers_of(examples, request.task, "votes")
        session = VoteSession(request, examples, chosen, rows, path, conclude, cancelled)
        self._sessions.add(session)
        return session

    def answers_of(self, examples: Examples, task: str, basis: Basis) -> Path:
        """Petit's own file for what the person says about these inputs, whoever the contestants are."""
        return self.locations.judgements / f"{basis}-{task}-{data_key(examples)[:16]}.csv"

    def _measured(
        self,
        request: LabelRequest | VoteRequest,
        on_event: OnTrial,
        cancelled: Callable[[], bool],
    ) -> tuple[Examples, tuple[Contestant, ...], tuple[Measurement, ...], Conclude]:
        if registry.task(request.task).output_kind not in ASKABLE:
            raise BadSetting(setting="task", value=request.task, allowed=", ".join(sorted(ASKABLE)))
        examples = read_examples(request.data, request.input_column, unlabelled=True)
        chosen = self.with_consent(
            self.contestants(request.refs, request.task),
            request.task,
            examples.inputs,
            request.labels,
            send=request.send,
        )
        machine = self.machine()
        available = machine.memory.available_bytes
        with self._database() as database:
            rows = measure(database, chosen, request.task, examples, available, on_event, cancelled)

        def conclude(
            evaluation: Evaluation,
            rows: tuple[Measurement, ...],
            chosen: tuple[Contestant, ...],
        ) -> Evaluated:
            return self._saved(evaluation, rows, chosen, machine)

        return examples, chosen, rows, conclude
