# SPDX-License-Identifier: Apache-2.0
"""Runs a trial: loads contestants in workers, gives them turns, measures them fairly.

One contestant computes at a time, all with the same threads; the first input is run once more before
anything is timed (warm-up); blocks are interleaved and the order rotates. A contestant that fails
keeps its error in its row, and the others go on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from selector import registry
from selector.engines.made import fidelity_of
from selector.errors import Cancelled, PetitError
from selector.machine.power import probe_power
from selector.tasks.items import unusable
from selector.tasks.outputs import Output, Text, from_json
from selector.trial.check_sentences import check_sentences
from selector.trial.fairness import EXTRA_S, ROUNDS, system_busy_s
from selector.trial.lock import machine_turn
from selector.trial.measurement import Measurement, Trial, TrialEvent
from selector.trial.seat import Seat
from selector.trial.spare import ENGINE
from selector.trial.turns import block_size, portions, turns
from selector.worker.client import WorkerClient
from selector.worker.supervisor import groups

OnEvent = Callable[[TrialEvent], None]
StartWorker = Callable[[str], WorkerClient]
TakeSpare = Callable[[], WorkerClient | None]
LOAD_TIMEOUT_S = 600.0
MAKE_TIMEOUT_S = 1800.0
SILENCE_S = 600.0
"""A model that gives nothing for so long hangs."""
WARM_UP_TOKENS = 8


def no_spare() -> WorkerClient | None:
    """For callers that have none."""
    return None


class TrialRun:
    """One run of a trial; ``run`` may be called once."""

    def __init__(
        self,
        trial: Trial,
        on_event: OnEvent,
        cancelled: Callable[[], bool],
        start_worker: StartWorker = WorkerClient,
        silence_s: float = SILENCE_S,
        spare: TakeSpare = no_spare,
    ) -> None:
        self._start_worker = start_worker
        self._spare = spare
        self._silence_s = silence_s
        self._trial = trial
        self._tell = on_event
        self._cancelled = cancelled
        self._unit = "inputs/s"
        kind = registry.task(trial.task).input_kind
        problems = (unusable(index, text, kind) for index, text in enumerate(trial.inputs))
        self._unusable = {int(x.facts["index"]): x for x in problems if x is not None}
        """What no model can take, by its number: it is never sent."""

    def run(
        self, available_bytes: int, known: Mapping[str, Mapping[int, Output]] | None = None
    ) -> tuple[Measurement, ...]:
        """Run everything that ``known`` (ref to input number to output) does not hold yet.

        Raises Cancelled; outputs told through events until then are real.
        """
        trial = self._trial
        seats = [Seat(c, [None] * len(trial.inputs)) for c in trial.contestants]
        power = [probe_power([])]
        for seat in seats:
            for index, output in (known or {}).get(seat.contestant.ref, {}).items():
                if 0 <= index < len(seat.outputs):
                    seat.outputs[index] = output
        needs = [0 if c.remote else c.predicted_memory_bytes for c in trial.contestants]
        split = groups(needs, available_bytes)
        for number, group in enumerate(split):
            members = [seats[index] for index in group]
            for later in split[number + 1 :]:
                for index in later:
                    self._tell(
                        TrialEvent("waiting", seats[index].contestant.ref, facts={"for": "memory"})
                    )
            try:
                self._load(members)
                self._take_turns(members)
            finally:
                self._close(members)
        power.append(probe_power([]))
        return tuple(seat.measurement(self._unit, power) for seat in seats)

    def _close(self, seats: list[Seat]) -> None:
        workers = [seat.worker for seat in seats if seat.worker is not None]
        hurry = self._cancelled()
        if hurry:
            for worker in workers:  # all at once: closing one after another would take its time
                worker.kill()
        for worker in workers:
            worker.close(patience_s=0.0 if hurry else 0.5)

    def _waiting(self, ref: str) -> Callable[[], None]:
        return lambda: self._tell(TrialEvent("waiting", ref, facts={"for": "turn"}))

    # -- loading ----------------------------------------------------------------------------------
    def _load(self, seats: list[Seat]) -> None:
        for seat in seats:  # one after another: loading competes for the disk and the processor
            contestant = seat.contestant
            args = {
                "engine": contestant.engine,
                "precision": contestant.precision,
                "task": self._trial.task,
                "folder": contestant.folder,
                "repo": contestant.repo,
                "threads": self._trial.threads,
                # What the files say of the model; its forms pack the same weights in different ways.
                "parameters": contestant.parameters,
                "made": contestant.made,
                **(contestant.endpoint or {}),
            }
            try:
                if contestant.made:
                    self._make(seat, args)
                self._tell(TrialEvent("loading", contestant.ref))
                with machine_turn(self._cancelled, self._waiting(contestant.ref)) as alone:
                    seat.shared |= not alone
                    # Only now, so that waiting for the turn is in no time.
                    seat.worker = self._spare() if contestant.engine == ENGINE else None
                    seat.warm_start = seat.worker is not None
                    if seat.worker is None:
                        role = "endpoint" if contestant.remote else "model"
                        seat.worker = self._start_worker(role)
                    self._load_one(seat, seat.worker, args)
            except PetitError as error:
                self._failed(seat, error)
                continue
            facts = {
                "load_s": seat.load_s,
                "memory_bytes": seat.memory,
                "parameters": seat.parameters,
            }
            self._tell(TrialEvent("loaded", contestant.ref, facts=facts))

    def _make(self, seat: Seat, args: dict[str, Any]) -> None:
        """Have a form made that is not there yet; in a worker of its own, whose memory ends with it."""
        contestant = seat.contestant
        known = fidelity_of(Path(contestant.made), contestant.precision)
        if known is not None:
            seat.fidelity = asdict(known)
            return
        ref = contestant.ref

        def tell(event: dict[str, Any]) -> None:
            self._tell(TrialEvent("making", ref, facts={"step": str(event.get("making", ""))}))

        with (
            self._start_worker("model") as worker,
            machine_turn(self._cancelled, self._waiting(ref)),
        ):
            seat.fidelity = worker.call(
                "make",
                {**args, "sentences": check_sentences()},
                tell,
                self._cancelled,
                MAKE_TIMEOUT_S,
            )

    def _load_one(self, seat: Seat, worker: WorkerClient, args: dict[str, Any]) -> None:
        loaded = worker.call("load", args, None, self._cancelled, LOAD_TIMEOUT_S)
        if seat.contestant.remote:
            # Nothing is warmed up, for that would cost; what the asking process needs says nothing.
            seat.labels = tuple(str(label) for label in loaded["labels"])
            return
        seat.load_s = time.monotonic() - worker.started
        seat.parameters = int(loaded["parameters"])
        seat.memory = int(loaded["peak_bytes"])
        seat.labels = tuple(str(label) for label in loaded["labels"])
        seat.versions = dict(loaded["versions"])
        seat.spent.threads = int(loaded.get("threads") or 1)
        # Once before anything is timed, with the first input that can be read.
        for index in range(len(self._trial.inputs)):
            if index not in self._unusable:
                self._run_block(seat, worker, [index], repeat=None)
                break

    # -- running ----------------------------------------------------------------------------------
    def _take_turns(self, seats: list[Seat]) -> None:
        trial = self._trial
        missing = {
            index: [i for i, output in enumerate(seat.outputs) if output is None]
            for index, seat in enumerate(seats)
        }
        wanted = sorted(set().union(*missing.values())) if missing else []
        size = block_size(trial.block, len(trial.inputs))
        rounds = -(-len(wanted) // size)
        for repeat in self._passes(rounds):
            for who, block in turns(range(len(seats)), wanted, size, repeat * rounds):
                if repeat and not trial.repeat and seats[who].contestant.remote:
                    continue  # nobody pays for a server's times twice
                # What was known before is not run again, not even to measure.
                if todo := [i for i in block if i in missing[who]]:
                    self._turn(seats[who], todo, repeat)
        for seat in seats:
            if seat.error is None and seat.only_errors:
                seat.error = dict(seat.item_errors[min(seat.item_errors)])
                self._tell(TrialEvent("failed", seat.contestant.ref, facts=seat.error))
            if seat.error is None:
                self._tell(
                    TrialEvent("finished", seat.contestant.ref, facts={"memory_bytes": seat.memory})
                )

    def _passes(self, rounds: int) -> Iterator[int]:
        """Once more through all inputs, as often as asked, or as fair times take and patience lasts."""
        if self._trial.repeat:
            yield from range(self._trial.repeat)
            return
        begun = time.monotonic()
        yield 0
        first = time.monotonic()
        took = first - begun
        for repeat in range(1, -(-ROUNDS // max(1, rounds))):
            begun = time.monotonic()
            if begun - first + took > EXTRA_S:
                return
            yield repeat
            took = time.monotonic() - begun

    def _turn(self, seat: Seat, todo: list[int], repeat: int) -> None:
        ref = seat.contestant.ref
        if seat.error is not None or seat.worker is None:
            return
        try:
            with machine_turn(self._cancelled, self._waiting(ref)) as alone:
                seat.shared |= not alone
                facts = {"repeat": repeat, "n": len(todo)}
                self._tell(TrialEvent("turn", ref, todo[0], facts=facts))
                for index in todo:
                    if error := self._unusable.get(index):
                        self._unanswered(seat, index, error.code, error.facts)
                usable = [index for index in todo if index not in self._unusable]
                wall = cpu = 0.0
                before = system_busy_s()
                for part in portions(usable, self._trial.inputs):
                    seconds, used = self._run_block(seat, seat.worker, part, repeat=repeat)
                    wall, cpu = wall + seconds, cpu + used
                if wall > 0:
                    seat.spent.add(todo[0], wall, cpu, system_busy_s() - before)
        except PetitError as error:
            self._failed(seat, error)

    def _run_block(
        self, seat: Seat, worker: WorkerClient, indices: list[int], repeat: int | None
    ) -> tuple[float, float]:
        """Run inputs; wall and processor seconds. ``repeat`` None: a warm-up; from 1 on: for the times alone."""
        ref = seat.contestant.ref
        timed = repeat is not None
        share = 1.0 / max(1, len(indices))
        started = time.perf_counter()

        def arrived(data: dict[str, Any]) -> None:
            if seat.first_result_s is None and not seat.contestant.remote:
                seat.first_result_s = time.monotonic() - worker.started
            if repeat != 0 and not seat.contestant.remote:
                return
            if "item_error" in data:
                item = data["item_error"]
                index = indices[int(item["index"])]
                self._unanswered(seat, index, str(item["code"]), item["facts"])
            elif "wait_s" in data:
                self._tell(TrialEvent("waiting", ref, facts={"for": "server", **data}))
            elif "partial" in data:
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
                if item.get("cut"):
                    seat.cut.add(index)
                alone = share == 1 or seat.contestant.remote
                seconds = (
                    float(item["seconds"]) if alone else (time.perf_counter() - started) * share
                )
                if seat.contestant.remote:  # as it was when it was asked, now or on another day
                    seat.seconds.append(seconds)
                self._tell(TrialEvent("output", ref, index, output=output, seconds=seconds))

        parameters = dict(self._trial.parameters)
        if not timed:
            parameters["max_new_tokens"] = WARM_UP_TOKENS
        args = {"inputs": [self._trial.inputs[i] for i in indices], "parameters": parameters}
        result = worker.call("run", args, arrived, self._cancelled, silence_s=self._silence_s)
        if seat.contestant.remote:
            seat.usage.update(result["usage"])
            return 0.0, 0.0
        seat.memory = max(seat.memory or 0, int(result["peak_bytes"]))
        if timed:
            seconds = float(result["seconds"])
            answered = int(result["n"])
            if answered == 0:
                return 0.0, 0.0
            # An input that nobody could read took no time to speak of.
            seat.seconds.extend([seconds / answered] * answered)
            seat.busy_s += seconds
            generated = any(isinstance(seat.outputs[i], Text) for i in indices)
            self._unit = "tokens/s" if generated else "inputs/s"
            seat.amount += float(result["tokens"]) if generated else answered
            return seconds, float(result.get("cpu_s", seconds))
        return 0.0, 0.0

    def _unanswered(self, seat: Seat, index: int, code: str, facts: Mapping[str, Any]) -> None:
        placed = {"index": index} if "index" in facts else {}
        seat.item_errors[index] = {"code": code, "facts": {**facts, **placed}}
        self._tell(
            TrialEvent("unanswered", seat.contestant.ref, index, facts=seat.item_errors[index])
        )

    def _failed(self, seat: Seat, error: PetitError) -> None:
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
    start_worker: StartWorker = WorkerClient,
    silence_s: float = SILENCE_S,
    spare: TakeSpare = no_spare,
) -> tuple[Measurement, ...]:
    """Run ``trial``; one measurement for each contestant, in order. ``spare``: see spare.py.

    Raises Cancelled within about 100 ms of ``cancelled()`` becoming true.
    """
    if cancelled():
        raise Cancelled
    run = TrialRun(trial, on_event, cancelled, start_worker, silence_s, spare)
    return run.run(available_bytes, known)
