# SPDX-License-Identifier: Apache-2.0
"""Contestants that answer the inputs they are asked for, batch after batch, and stay loaded in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

from selector.errors import Cancelled
from selector.machine.power import probe_power
from selector.tasks.outputs import Output
from selector.trial.measurement import Measurement, Trial, TrialEvent
from selector.trial.runner import OnEvent, TrialRun
from selector.trial.seat import Seat
from selector.worker.supervisor import groups


class OnCall(TrialRun):
    """As a trial, but somebody else says who answers what, and when.

    A contestant is loaded when it first has something to run. Where not all fit into memory, the
    others are ended before it is; they load again when they are asked again.
    """

    def __init__(
        self,
        trial: Trial,
        available_bytes: int,
        on_event: OnEvent,
        cancelled: Callable[[], bool],
        known: Mapping[str, Mapping[int, Output]],
    ) -> None:
        """``known``: reference to input number to output, of earlier runs."""
        super().__init__(trial, on_event, cancelled)
        self._available = available_bytes
        self._power = probe_power([])
        self._seats = {c.ref: Seat(c, [None] * len(trial.inputs)) for c in trial.contestants}
        for ref, outputs in known.items():
            for index, output in outputs.items():
                if 0 <= index < len(trial.inputs):
                    self._seats[ref].outputs[index] = output

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end([seat for seat in self._seats.values() if seat.worker is not None])

    def answer(self, ref: str, indices: Sequence[int]) -> dict[int, Output | None]:
        """What this contestant gives for these inputs; None where it gave nothing.

        Known answers come at once; ``failed`` says whether it could not go on. Raises Cancelled.
        """
        if self._cancelled():
            raise Cancelled
        seat = self._seats[ref]
        for index in indices:
            if (output := seat.outputs[index]) is not None:
                self._tell(TrialEvent("output", ref, index, output=output))
        todo = [i for i in indices if seat.outputs[i] is None and i not in seat.item_errors]
        if todo and seat.error is None:
            if seat.worker is None:
                self._make_room(seat)
                self._load([seat])
            self._turn(seat, todo, 0)
        return {i: seat.outputs[i] for i in indices}

    def failed(self, ref: str) -> bool:
        """Whether it could not go on."""
        return self._seats[ref].error is not None

    def labels(self, ref: str) -> tuple[str, ...]:
        """The labels that it knows, once it is loaded."""
        return self._seats[ref].labels

    def release(self, ref: str, *, dropped: bool = False) -> None:
        """It has nothing more to run; ``dropped``: the others go on without it."""
        seat = self._seats[ref]
        self._end([seat])
        if seat.error is None:
            facts = {"memory_bytes": seat.memory, "dropped": dropped}
            self._tell(TrialEvent("finished", ref, facts=facts))

    def measurements(self) -> dict[str, Measurement]:
        """A row for each contestant, its outputs as far as it ran."""
        power = [self._power, probe_power([])]
        return {ref: seat.measurement(self._unit, power) for ref, seat in self._seats.items()}

    def _make_room(self, seat: Seat) -> None:
        others = [x for x in self._seats.values() if x.worker is not None and x is not seat]
        needs = [
            0 if x.contestant.remote else x.contestant.predicted_memory_bytes
            for x in (*others, seat)
        ]
        if len(groups(needs, self._available)) > 1:
            for other in others:
                self._tell(TrialEvent("waiting", other.contestant.ref, facts={"for": "memory"}))
            self._end(others)

    def _end(self, seats: list[Seat]) -> None:
        self._close(seats)
        for seat in seats:
            seat.worker = None
