# SPDX-License-Identifier: Apache-2.0
"""The machine: what it is, which engines it has, and what they reach here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from importlib import metadata
from typing import Any

from selector import registry
from selector.desk.endpoint_desk import EndpointDesk
from selector.desk.library_desk import never
from selector.engines.calibration.service import ENGINES
from selector.errors import (
    EngineMissing,
    LoadFailed,
    OutOfMemory,
    PetitError,
    StoreFull,
    StoreProblem,
    WorkerProblem,
)
from selector.hub.local_facts import row_of_local
from selector.machine.codec import calibration_from_json, engine_from_json
from selector.machine.facts import EngineCalibration, Experience, Machine
from selector.machine.outdated import Outdated, outdated
from selector.machine.overrides import load_overrides, overridden, save_overrides
from selector.machine.power import conditions
from selector.machine.probe import fingerprint, probe
from selector.paths import hub_cache
from selector.reference import parse_reference
from selector.store.calibrations import recall_calibration, remember_calibration
from selector.store.database import Database
from selector.store.experience import recall_experience, remember_experience
from selector.trial.contestants import find_local
from selector.trial.experience import experience_of
from selector.trial.measurement import Measurement
from selector.trial.turns import block_size
from selector.worker.client import WorkerClient


class MachineDesk(EndpointDesk):
    """See Desk."""

    def _database(self) -> Database:
        """A connection for this call: SQLite's belong to one thread each."""
        return Database(self.locations.database)

    def machine(self) -> Machine:
        """This computer, with its kept calibration and experience, and what the user set by hand.

        Takes up to two seconds; never fails.
        """
        found = probe(hub_cache())
        mark = fingerprint(found)
        try:
            with self._database() as database:
                found = replace(
                    found,
                    calibration=recall_calibration(database, mark),
                    experience=recall_experience(database, mark),
                )
        except StoreFull:
            pass
        return self._as_set(found)

    def _as_set(self, found: Machine) -> Machine:
        return overridden(found, load_overrides(self.locations.overrides))

    def set_figures(self) -> dict[str, int | str]:
        """Figures that the user set by hand. Never fails."""
        return load_overrides(self.locations.overrides)

    def set_by_hand(self, changes: Mapping[str, int | str | None]) -> None:
        """Keep figures that a probe got wrong, or forget them (None). Raises StoreProblem."""
        values = load_overrides(self.locations.overrides)
        for name, value in changes.items():
            values.pop(name, None)
            if value is not None:
                values[name] = value
        try:
            save_overrides(self.locations.overrides, values)
        except OSError as error:
            raise StoreProblem(detail=str(error)) from error

    def worth_measuring_again(self, machine: Machine) -> tuple[Outdated, ...]:
        """Why the kept calibration is not the present machine's; empty where it is, or there is none."""
        installed = {each["id"]: each["version"] for each in self.engines() if each["available"]}
        return outdated(machine, {name: v for name, v in installed.items() if name in ENGINES})

    def learn_from(
        self,
        rows: Sequence[Measurement],
        task: str,
        inputs: Sequence[str],
        machine: Machine,
    ) -> None:
        """Let later predictions know what these runs took. Never fails: it only makes them better."""
        if machine.overridden:
            return  # what was predicted was of another machine
        library, size = self.library(), block_size(0, len(inputs))
        learned: list[Experience] = []
        for row in rows:
            if row.engine == "endpoint":
                continue
            with suppress(PetitError):
                facts = row_of_local(find_local(parse_reference(row.ref), library)).facts
                learned += experience_of(row, facts, registry.task(task), machine, inputs, size)
        with suppress(StoreFull, StoreProblem), self._database() as database:
            for one in learned:
                remember_experience(database, one, fingerprint(machine))

    def engines(self) -> list[dict[str, Any]]:
        """Every engine as in ``petit machine``: id, title, whether it runs here, and why not. Instant."""
        found = []
        for engine in registry.engines().values():
            probed = engine.probe()
            why = {"code": probed.reason, "facts": dict(probed.facts or {})}
            found.append(
                {
                    "id": engine.info.id,
                    "title": engine.info.title,
                    "formats": list(engine.info.formats),
                    "available": probed.ok,
                    "version": _version(engine.info.distributions),
                    "reason": None if probed.ok else why,
                }
            )
        return found

    def calibrate(
        self, on_progress: Callable[[float], None], cancelled: Callable[[], bool] = never
    ) -> Machine:
        """Measure what this machine and each engine on it reach (about fifteen seconds) and keep it.

        An engine that fails is left out: its predictions then rest on the machine's rates alone.
        """
        known = registry.engines()
        engines = [name for name in ENGINES if name in known and known[name].probe().ok]
        steps = len(engines) + 1

        def told(number: int) -> Callable[[dict[str, Any]], None]:
            return lambda event: on_progress((number + float(event.get("share", 0.0))) / steps)

        with WorkerClient("machine") as worker:
            calibration = calibration_from_json(worker.call("calibrate", {}, told(0), cancelled))
        measured: dict[str, EngineCalibration] = {}
        for number, name in enumerate(engines, 1):
            try:
                with WorkerClient("calibration") as worker:
                    found = worker.call("measure", {"engine": name}, told(number), cancelled)
                measured[name] = engine_from_json(found)
            except (EngineMissing, LoadFailed, OutOfMemory, WorkerProblem):
                continue
        machine = probe(hub_cache())
        calibration = replace(calibration, engines=measured, conditions=conditions(machine))
        with self._database() as database:
            remember_calibration(database, calibration, fingerprint(machine))
        return self._as_set(replace(machine, calibration=calibration))


def _version(distributions: Sequence[str]) -> str:
    """Of the first, which is the runtime that computes; empty where it is not installed."""
    try:
        return metadata.version(distributions[0]) if distributions else ""
    except metadata.PackageNotFoundError:
        return ""
