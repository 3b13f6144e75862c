# SPDX-License-Identifier: Apache-2.0
"""What is known of one contestant while its trial runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from selector.machine.facts import Power
from selector.tasks.outputs import Output
from selector.trial.fairness import Spent, notes_on
from selector.trial.measurement import Contestant, Measurement
from selector.trial.timing import timing
from selector.worker.client import WorkerClient


@dataclass(slots=True)
class Seat:
    """A contestant, its worker, and its numbers so far."""

    contestant: Contestant
    outputs: list[Output | None]
    worker: WorkerClient | None = None
    seconds: list[float] = field(default_factory=list)
    amount: float = 0.0
    busy_s: float = 0.0
    load_s: float | None = None
    first_result_s: float | None = None
    memory: int | None = None
    parameters: int | None = None
    labels: tuple[str, ...] = ()
    versions: dict[str, str] = field(default_factory=dict)
    error: dict[str, Any] | None = None
    shared: bool = False
    fidelity: dict[str, Any] | None = None
    item_errors: dict[int, dict[str, Any]] = field(default_factory=dict)
    usage: Counter[str] = field(default_factory=Counter)
    warm_start: bool = False
    spent: Spent = field(default_factory=Spent)
    cut: set[int] = field(default_factory=set)
    """Positions of inputs whose ends the model did not see."""

    @property
    def only_errors(self) -> bool:
        """Whether a model here was asked and every single input failed."""
        asked = bool(self.item_errors) and not self.contestant.remote
        return asked and all(output is None for output in self.outputs)

    def measurement(self, unit: str, power: Sequence[Power]) -> Measurement:
        """The row of this contestant; ``power``: what the machine ran on before and after."""
        return Measurement(
            ref=self.contestant.ref,
            engine=self.contestant.engine,
            precision=self.contestant.precision,
            outputs=tuple(self.outputs),
            load_s=self.load_s,
            first_result_s=self.first_result_s,
            latency=timing(self.seconds),
            throughput=self.amount / self.busy_s if self.busy_s > 0 else None,
            throughput_unit=unit,
            memory_peak_bytes=self.memory,
            parameters=self.parameters or self.contestant.parameters,
            error=self.error,
            shared=self.shared,
            labels=self.labels,
            versions=self.versions,
            cut_inputs=len(self.cut),
            fidelity=self.fidelity,
            item_errors=dict(self.item_errors),
            rounds=self.spent.rounds,
            warm_start=self.warm_start,
            cpu_s=self.spent.cpu_s / len(self.seconds) if self.spent.rounds else None,
            notes=notes_on(self.spent, power, shared=self.shared),
            usage=dict(self.usage),
            choice=self.contestant.choice,
            choice_facts=self.contestant.choice_facts,
        )
