# SPDX-License-Identifier: Apache-2.0
"""What is known of each contestant while a trial runs, from the trial's events. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from selector.tasks.outputs import Output, Text
from selector.trial.measurement import Contestant, Measurement, TrialEvent
from ui.models.short_names import same_model, short_names

Phase = Literal[
    "idle", "waiting", "making", "loading", "ready", "running", "done", "failed", "stopped"
]

BUSY: frozenset[Phase] = frozenset({"waiting", "making", "loading", "ready", "running"})


@dataclass(slots=True)
class Seat:
    """One contestant in the trial shown."""

    ref: str
    """As the project names it."""
    name: str
    alias: str = ""
    """What it is called while names are hidden; nothing of it is told then but its answers."""
    pinned: str | None = None
    parameters: int | None = None
    phase: Phase = "idle"
    outputs: dict[int, Output] = field(default_factory=dict)
    partial: dict[int, str] = field(default_factory=dict)
    amount: float = 0.0
    seconds: float = 0.0
    unit: str = "inputs"
    load_s: float | None = None
    memory_bytes: int | None = None
    error: dict[str, Any] | None = None
    measurement: Measurement | None = None
    reference: bool = False
    """Whether other forms of its model are compared with this one."""

    @property
    def shown(self) -> str:
        """The name to show."""
        return self.alias or self.name

    @property
    def speed(self) -> float | None:
        """Inputs or tokens a second, so far."""
        row = self.measurement
        if row is not None and row.throughput is not None:
            return row.throughput
        return self.amount / self.seconds if self.seconds > 0 else None

    def forget(self) -> None:
        """Back to before the trial; who it is stays known."""
        self.phase = "idle"
        self.outputs, self.partial = {}, {}
        self.amount = self.seconds = 0.0
        self.load_s = self.memory_bytes = self.error = self.measurement = None
        self.reference = False

    def take(self, event: TrialEvent) -> None:
        """Follow one event of this contestant."""
        facts = event.facts
        match event.kind:
            case "waiting":
                self.phase = "waiting"
            case "making":
                self.phase = "making"
            case "loading":
                self.phase = "loading"
            case "loaded":
                self.phase = "ready"
                self.load_s = facts.get("load_s")
                self.parameters = facts.get("parameters") or self.parameters
            case "turn":
                self.phase = "running"
            case "partial":
                self.phase = "running"
                self.partial[event.index] = self.partial.get(event.index, "") + event.text
            case "output" if event.output is not None:
                self.phase = "running"
                self._take_output(event.index, event.output, event.seconds)
            case "failed":
                self.phase = "failed"
                self.error = dict(facts)
            case "finished":
                self.phase = "done"
        self.memory_bytes = facts.get("memory_bytes") or self.memory_bytes

    def _take_output(self, index: int, output: Output, seconds: float) -> None:
        self.outputs[index] = output
        self.partial.pop(index, None)
        generated = isinstance(output, Text)
        self.unit = "tokens" if generated else "inputs"
        self.amount += output.tokens if isinstance(output, Text) else 1
        self.seconds += max(0.0, seconds)

    def finish(self, row: Measurement) -> None:
        """Take the final measurement."""
        self.measurement = row
        self.parameters = row.parameters or self.parameters
        self.memory_bytes = row.memory_peak_bytes or self.memory_bytes
        self.load_s = row.load_s if row.load_s is not None else self.load_s
        self.error = row.error
        self.phase = "failed" if row.error is not None else "done"
        self.unit = "tokens" if row.throughput_unit.startswith("tokens") else "inputs"
        for index, output in enumerate(row.outputs):
            if output is not None:
                self.outputs[index] = output


def seats_of(refs: Iterable[str]) -> list[Seat]:
    """An empty seat for each contestant of the project."""
    names = short_names(refs)
    return [Seat(ref, name) for ref, name in names.items()]


def pin(seats: Iterable[Seat], contestants: Iterable[Contestant]) -> None:
    """Say which pinned contestant sits where."""
    free = list(contestants)
    for seat in seats:
        found = next((x for x in free if same_model(seat.ref, x.ref)), None)
        if found is not None:
            free.remove(found)
            seat.pinned, seat.parameters = found.ref, found.parameters or seat.parameters


def seat_of(seats: list[Seat], ref: str) -> int | None:
    """The number of the seat that an event or a measurement is about."""
    for number, seat in enumerate(seats):
        if ref in {seat.pinned, seat.ref}:
            return number
    for number, seat in enumerate(seats):
        if seat.pinned is None and same_model(seat.ref, ref):
            seat.pinned = ref
            return number
    return None
