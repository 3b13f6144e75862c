# SPDX-License-Identifier: Apache-2.0
"""Runs a trial: loads contestants in workers, gives them turns, measures them fairly.

One contestant computes at a time, all with the same threads; the first input is run once more before
anything is timed (warm-up); blocks are interleaved and the order rotates. A contestant that fails
keeps its error in its row, and the others go on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from selector.errors import Cancelled, PetitError
from selector.tasks.outputs import Output, Text, from_json
from selector.trial.measurement import Contestant, Measurement, Trial, TrialEvent
from selector.trial.timing import timing
from selector.trial.turns import block_size, turns
from selector.worker.client import WorkerClient
from selector.worker.supervisor import groups

OnEvent = Callable[[TrialEvent], None]
LOAD_TIMEOUT_S = 600.0


@dataclass(slots=True)
class _Seat:
    """What is known of one contestant while its trial runs."""

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

    def measurement(self, unit: str) -> Measurement:
        """The row of this contestant."""
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
            labels=self.labels,
            versions=self.versions,
        )


class TrialRun:
    """One run of a trial; ``run`` may be called once."""

    def __init__(self, trial: Trial, on_event: OnEvent, cancelled: Callable[[], bool]) -> None:
        self._trial = trial
        self._tell = on_event
        self._cancelled = cancelled
        self._unit = "inputs/s"

    def run(
        self, available_bytes: int, known: Mapping[str, Mapping[int, Output]] | None = None
    ) -> tuple[Measurement, ...]:
        """Run everything that ``known`` (ref to input number to output) does not hold yet.

        Raises Cancelled; outputs told through events until then are real.
        """
        trial = self._trial
        seats = [_Seat(c, [None] * len(trial.inputs)) for c in trial.contestants]
        for seat in seats:
            for index, output in (known or {}).get(seat.contestant.ref, {}).items():
                if 0 <= index < len(seat.outputs):
                    seat.outputs[index] = output
        split = groups([c.predicted_memory_bytes for c in trial.contestants], available_bytes)
        for number, group in enumerate(split):
            members = [seats[index] for index in group]
            for later in split[number + 1 :]:
                for index in later:
                    self._tell(TrialEvent("waiting", seats[index].contestant.ref))
            try:
                self._load(members)
                self._take_turns(members)
            finally:
                for seat in members:
                    if seat.worker is not None:
                        seat.worker.close(patience_s=0.0 if self._cancelled() else 0.5)
        return tuple(seat.measurement(self._unit) for seat in seats)

    # -- loading ----------------------------------------------------------------------------------
    def _load(self, seats: list[_Seat]) -> None:
        for seat in seats:  # one after another: loading competes for the disk and the processor
            contestant = seat.contestant
            self._tell(TrialEvent("loading", contestant.ref))
            seat.worker = WorkerClient("model")
            args = {
                "engine": contestant.engine,
                "precision": contestant.precision,
                "task": self._trial.task,
                "folder": contestant.folder,
                "repo": contestant.repo,
                "threads": self._trial.threads,
            }
            try:
                loaded = seat.worker.call("load", args, None, self._cancelled, LOAD_TIMEOUT_S)
                seat.load_s = time.monotonic() - seat.worker.started
                seat.parameters = int(loaded["parameters"])
                seat.memory = int(loaded["peak_bytes"])
                seat.labels = tuple(str(label) for label in loaded["labels"])
                seat.versions = dict(loaded["versions"])
                warm_up = self._trial.inputs[:1]
                self._run_block(seat, list(range(len(warm_up))), timed=False)
                seat.first_result_s = time.monotonic() - seat.worker.started
            except PetitError as error:
                self._failed(seat, error)
                continue
            facts = {
                "load_s": seat.load_s,
                "memory_bytes": seat.memory,
                "parameters": seat.parameters,
            }
            self._tell(TrialEvent("loaded", contestant.ref, facts=facts))

    # -- running ----------------------------------------------------------------------------------
    def _take_turns(self, seats: list[_Seat]) -> None:
        trial = self._trial
        missing = {
            index: [i for i, output in enumerate(seat.outputs) if output is None]
            for index, seat in enumerate(seats)
        }
        wanted = sorted(set().union(*missing.values())) if missing else []
        size = block_size(trial.block, len(trial.inputs))
        for repeat in range(max(1, trial.repeat)):
            for who, block in turns(range(len(seats)), wanted, size):
                seat = seats[who]
                todo = (
                    [i for i in block if repeat or i in missing[who]]
                    if repeat or missing[who]
                    else []
                )
                if seat.error is not None or not todo:
                    continue
                self._tell(TrialEvent("turn", seat.contestant.ref, todo[0]))
                try:
                    self._run_block(seat, todo, timed=True)
                except PetitError as error:
                    self._failed(seat, error)
        for seat in seats:
            if seat.error is None:
                self._tell(
                    TrialEvent("finished", seat.contestant.ref, facts={"memory_bytes": seat.memory})
                )

    def _run_block(self, seat: _Seat, indices: list[int], timed: bool) -> None:
        assert seat.worker is not None
        ref = seat.contestant.ref
        share = 1.0 / max(1, len(indices))
        started = time.perf_counter()

        def arrived(data: dict[str, Any]) -> None:
            if not timed:
                return
            if "partial" in data:
                piece = data["partial"]
                self._tell(
                    TrialEvent("partial", ref, indices[int(piece["index"])], str(piece["text"]))
                )
            elif "output" in data:
                item = data["output"]
                index = indices[int(item["index"])]
                output = from_json(item["output"])
                if seat.outputs[index] is None:
                    seat.outputs[index] = output
                seconds = (
                    (time.perf_counter() - started) * share if share < 1 else float(item["seconds"])
                )
                self._tell(TrialEvent("output", ref, index, output=output, seconds=seconds))

        args = {
            "inputs": [self._trial.inputs[i] for i in indices],
            "parameters": dict(self._trial.parameters),
        }
        result = seat.worker.call("run", args, arrived, self._cancelled)
        seat.memory = max(seat.memory or 0, int(result["peak_bytes"]))
        if timed:
            seconds = float(result["seconds"])
            seat.seconds.extend([seconds * share] * len(indices))
            seat.busy_s += seconds
            generated = isinstance(seat.outputs[indices[0]], Text)
            self._unit = "tokens/s" if generated else "inputs/s"
            seat.amount += float(result["tokens"]) if generated else len(indices)

    def _failed(self, seat: _Seat, error: PetitError) -> None:
        seat.error = {"code": error.code, "facts": error.facts}
        self._tell(TrialEvent("failed", seat.contestant.ref, facts=seat.error))
        if seat.worker is not None and not seat.worker.alive:
            seat.worker.close(patience_s=0.0)


def run_trial(
    trial: Trial,
    *,
    available_bytes: int,
    on_event: OnEvent,
    cancelled: Callable[[], bool],
    known: Mapping[str, Mapping[int, Output]] | None = None,
) -> tuple[Measurement, ...]:
    """Run ``trial``; one measurement for each contestant, in order.

    Raises Cancelled within about 100 ms of ``cancelled()`` becoming true.
    """
    if cancelled():
        raise Cancelled
    return TrialRun(trial, on_event, cancelled).run(available_bytes, known)
