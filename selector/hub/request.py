# SPDX-License-Identifier: Apache-2.0
"""What each op of the Hub's worker does. The ops are described in service.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from selector import registry
from selector.engines.base import Engine
from selector.engines.facts import FORMATS
from selector.errors import (
    BadSetting,
    HubBusy,
    HubOffline,
    HubUnreachable,
    NotDownloaded,
    ProtocolProblem,
    StoreProblem,
    TargetNotWritable,
    UnknownEngine,
)
from selector.fit.predict import predict
from selector.hub import library, results
from selector.hub.candidate import LocalModel, Reason
from selector.hub.client import HubClient
from selector.hub.complete import deepen
from selector.hub.download import HASHES, Fetched, Places, described, flagged_files, pull
from selector.hub.facts import facts_from_info
from selector.hub.filters import Filters
from selector.hub.judge import Row, candidate_of, row_of
from selector.hub.layout import blob_name
from selector.hub.leftovers import sweep_old
from selector.hub.local_facts import row_of_local
from selector.hub.patience import Patience
from selector.hub.progress import Progress
from selector.hub.ranking import rank
from selector.hub.search import search
from selector.hub.waiting import interruptible
from selector.machine.codec import machine_from_json
from selector.machine.facts import Machine
from selector.paths import Locations, hub_cache, locations
from selector.reference import Reference, parse_reference
from selector.store.database import Database
from selector.store.fetched import FetchedFile, remember_fetched
from selector.store.link_speed import remember_link_speed
from selector.store.searches import recall_search, remember_search
from selector.tasks.base import Task
from selector.worker.roles import Emit

_NO_HUB = (HubUnreachable, HubOffline, HubBusy)
NO_STORE = (StoreProblem, TargetNotWritable)


def _machine(args: Mapping[str, Any]) -> Machine:
    try:
        return machine_from_json(args["machine"])
    except (KeyError, TypeError) as error:
        raise ProtocolProblem(reason="machine", detail=str(error)) from error


def _filters(args: Mapping[str, Any]) -> dict[str, Any]:
    given = args.get("filters") or {}
    known = {field.name for field in fields(Filters)}
    if not isinstance(given, dict) or not set(given) <= known:
        raise ProtocolProblem(reason="filters", known=sorted(known))
    return {key: value for key, value in given.items() if value is not None}


def ref_of(args: Mapping[str, Any]) -> Reference:
    """The model a request is about. Raises BadReference."""
    return parse_reference(str(args.get("ref", "")))


def _task(args: Mapping[str, Any]) -> Task | None:
    return None if args.get("task") is None else registry.task(str(args["task"]))


class _Answers:
    """Kept answers of the Hub; a store that cannot be used means none are kept."""

    def __init__(self, where: Locations) -> None:
        self._where = where

    def recall(self, key: str) -> tuple[dict[str, Any], float] | None:
        try:
            with Database(self._where.create().database) as database:
                return recall_search(database, key)
        except NO_STORE:
            return None

    def remember(self, key: str, result: dict[str, Any]) -> None:
        try:
            with Database(self._where.create().database) as database:
                remember_search(database, key, result)
        except NO_STORE:
            return


class Request:
    """One request: where things are, how to reach the Hub, how to stop."""

    def __init__(
        self, args: Mapping[str, Any], client: HubClient, emit: Emit, cancelled: Callable[[], bool]
    ) -> None:
        self.args, self.client, self.emit, self.cancelled = args, client, emit, cancelled
        self.locations = locations(Path(args["data_dir"]) if args.get("data_dir") else None)
        self.cache = hub_cache()
        self.extra = tuple(Path(str(path)) for path in args.get("extra") or ())
        self.hashes = self.locations.downloads / HASHES

    def _models(self) -> list[LocalModel]:
        return library.local_models(self.cache, self.extra, self.hashes)

    def _find(self, ref: Reference) -> LocalModel:
        return library.find(ref, self.cache, self.extra, self.hashes)

    def search(self) -> dict[str, Any]:
        """See service.py."""
        task = registry.task(str(self.args.get("task")))
        machine, filters = _machine(self.args), _filters(self.args)
        answers = _Answers(self.locations)
        found = interruptible(
            lambda: search(
                self.client,
                task,
                machine,
                **filters,
                predict=predict,
                engines=registry.engines(),
                local=[row_of_local(model) for model in self._models()],
                recall=answers.recall,
                remember=answers.remember,
            ),
            self.cancelled,
        )
        return results.result_to_json(found)

    def info(self) -> dict[str, Any]:
        """See service.py."""
        ref, task, machine = ref_of(self.args), _task(self.args), _machine(self.args)
        row, risks = interruptible(lambda: self._row(ref), self.cancelled)
        chosen = _engines(ref)
        judged = candidate_of(row, task or _any_task(row), machine, chosen, predict)
        if ref.precision and judged.engine:
            fit = predict(row.facts, task or _any_task(row), machine, judged.engine, ref.precision)
            judged = replace(judged, precision=ref.precision, fit=fit)
        judged = replace(judged, risks=(*judged.risks, *risks))
        return {"candidate": results.candidate_to_json(rank([judged])[0])}

    def _row(self, ref: Reference) -> tuple[Row, list[Reason]]:
        """The model as the Hub tells it, or, for one that is here, as its files do."""
        try:
            raw = self.client.model_info(ref.repo, ref.revision, security=True)
            row = row_of({**raw, "id": ref.repo})
            row = replace(row, facts=deepen(self.client, row.facts))
        except _NO_HUB as problem:
            try:
                return row_of_local(self._find(ref)), []
            except NotDownloaded:
                raise problem from None
        flagged = flagged_files(raw)
        return row, [Reason("risk.unsafe_file", {"files": sorted(flagged)[:20]})] if flagged else []

    def pull(self) -> dict[str, Any]:
        """See service.py."""
        ref, task = ref_of(self.args), _task(self.args)
        sweep_old(self.locations.downloads, self.cache)
        try:
            here = self._find(ref)
            if not Path(here.path).is_relative_to(self.cache):
                return {"model": results.local_to_json(here)}  # shipped with Petit
        except NotDownloaded:
            here = None
        try:
            engine, precision = self._engine(ref, task)
            pulled = pull(
                self.client,
                ref,
                task,
                engine,
                precision,
                places=Places(self.cache, self.locations.create().downloads),
                progress=self._moved,
                cancelled=self.cancelled,
                fetched=lambda revision, one: self._remember(ref.repo, revision, one),
                branch=self.args.get("branch"),
                xet=bool(self.args.get("xet")),
            )
        except (HubUnreachable, HubOffline):
            if here is None:
                raise
            return {"model": results.local_to_json(here)}
        if pulled.bytes_per_s is not None:
            self._remember_rate(pulled.bytes_per_s)
        return {"model": results.local_to_json(pulled.model)}

    def _moved(self, progress: Progress) -> None:
        self.emit(progress.to_json())

    def _remember(self, repo: str, revision: str, one: Fetched) -> None:
        file = one.file
        blob = blob_name(file) or one.sha256
        row = FetchedFile(repo, revision, file.path, blob, file.size)
        with suppress(*NO_STORE), Database(self.locations.create().database) as database:
            remember_fetched(database, row)

    def _remember_rate(self, bytes_per_s: float) -> None:
        with suppress(*NO_STORE), Database(self.locations.create().database) as database:
            remember_link_speed(database, bytes_per_s)

    def _engine(self, ref: Reference, task: Task | None) -> tuple[Engine, str]:
        """The engine and precision ``ref`` names, or the first engine here that loads it."""
        known = _engines(ref)
        # The reference first: what all engines can load is loaded as it was published.
        ordered = sorted(known.values(), key=lambda e: min(map(FORMATS.index, e.info.formats)))
        usable = [engine for engine in ordered if engine.probe().ok] or ordered
        chosen = usable[0]
        if len(usable) > 1 and not self.client.offline:
            raw = described(self.client, ref, self._moved, self.cancelled, Patience())
            facts = facts_from_info({**raw, "id": ref.repo})
            able = (e for e in usable if (e.can_load(facts, task).ok if task else e.offered(facts)))
            chosen = next(able, chosen)
        precision = ref.precision or chosen.info.precisions[0]
        if precision not in chosen.info.precisions:
            raise UnknownEngine(engine=f"{chosen.info.id}-{precision}", known=_variants(known))
        return chosen, precision


def _engines(ref: Reference) -> Mapping[str, Engine]:
    if ref.engine is None:
        return registry.engines()
    if ref.engine == "endpoint":
        raise BadSetting(setting="model", value=str(ref), allowed="ORG/NAME")
    return {ref.engine: registry.engine(ref.engine)}


def _variants(engines: Mapping[str, Engine]) -> list[str]:
    return [f"{name}-{p}" for name, engine in engines.items() for p in engine.info.precisions]


def _any_task(row: Row) -> Task:
    """The task a model is made for, or the first one: without a task only its size matters."""
    known = registry.tasks()
    fitting = [task for task in known.values() if row.task_tag in task.hub_tags]
    return (fitting or list(known.values()))[0]
