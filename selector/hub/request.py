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
from selector.engines.facts import ModelFacts
from selector.errors import (
    BadSetting,
    HubBusy,
    HubOffline,
    HubProblem,
    HubUnreachable,
    NotDownloaded,
    ProtocolProblem,
    StoreProblem,
    TargetNotWritable,
    UnknownEngine,
)
from selector.fit.predict import predict
from selector.hub import library, results
from selector.hub.candidate import LocalModel
from selector.hub.client import HubClient
from selector.hub.complete import deepen, summary_of
from selector.hub.download import HASHES, Fetched, Places, Pulled, described, pull
from selector.hub.filters import Filters
from selector.hub.judge import Row, candidate_of, row_of, with_variant
from selector.hub.known import Known, known
from selector.hub.layout import blob_name
from selector.hub.leftovers import sweep_old
from selector.hub.local_facts import row_of_local
from selector.hub.pacing import Pacing
from selector.hub.patience import Patience
from selector.hub.progress import Progress
from selector.hub.ranking import rank
from selector.hub.relatives import forms_elsewhere
from selector.hub.remembered import Remembered
from selector.hub.score import Weights
from selector.hub.search import search
from selector.hub.variants import by_format, named, pick, variants_of
from selector.hub.waiting import interruptible
from selector.machine.codec import machine_from_json
from selector.machine.facts import Machine
from selector.machine.probe import probe
from selector.paths import hub_cache, locations
from selector.reference import Reference, parse_reference
from selector.store.database import Database
from selector.store.fetched import FetchedFile, fetched_files, remember_fetched
from selector.store.link_speed import remember_link_speed
from selector.tasks.base import Task
from selector.worker.roles import Emit

_NO_HUB = (HubUnreachable, HubOffline, HubBusy)
NO_STORE = (StoreProblem, TargetNotWritable)


def _machine(args: Mapping[str, Any]) -> Machine:
    try:
        return machine_from_json(args["machine"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
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
        self.client.window.recall(self.args.get("rate"))
        self.client.pace(Pacing(self._waiting, self.cancelled))
        try:
            found = interruptible(
                lambda: search(
                    self.client,
                    task,
                    machine,
                    **filters,
                    predict=predict,
                    engines=registry.engines(),
                    local=[row_of_local(model) for model in self._models()],
                    memory=Remembered(self.locations.model_index),
                    weights=Weights.read(str(self.args.get("weights") or "")),
                ),
                self.cancelled,
            )
        finally:
            self.client.pace()
        self.emit({"rate": self.client.window.to_json()})
        return results.result_to_json(found)

    def _waiting(self, seconds: float, reason: str) -> None:
        self.emit({"waiting_s": seconds, "reason": reason})

    def info(self) -> dict[str, Any]:
        """See service.py."""
        ref, task, machine = ref_of(self.args), _task(self.args), _machine(self.args)
        row = interruptible(lambda: self._with_forms(self._row(ref)), self.cancelled)
        engines = _engines(ref)
        if task is not None and not row.on_disk:
            Remembered(self.locations.model_index).learn(row, task)
        task = task or _any_task(row)
        judged = candidate_of(row, task, machine, registry.engines(), predict)
        if ref.engine and judged.chosen:
            asked = named(judged.variants, ref.engine, ref.precision, task)
            if asked is None:
                raise UnknownEngine(
                    engine="-".join(filter(None, (ref.engine, ref.precision))),
                    known=[f"{v.engine}-{v.precision}" for v in judged.variants if v.usable]
                    or _variants(engines),
                )
            judged = with_variant(judged, asked)
        return {"candidate": results.candidate_to_json(rank([judged])[0])}

    def _row(self, ref: Reference) -> Row:
        """The model as the Hub tells it, or, for one that is here, as its files do."""
        if self.args.get("here"):
            return row_of_local(self._find(ref))
        try:
            raw = self.client.model_info(ref.repo, ref.revision, security=True)
            row = row_of({**raw, "id": ref.repo})
            recount = self.args.get("recount") is True
            row = replace(row, facts=deepen(self.client, row.facts, recount=recount))
            summary = self._summary(row)
        except _NO_HUB as problem:
            try:
                return row_of_local(self._find(ref))
            except NotDownloaded:
                raise problem from None
        return replace(row, about=replace(row.about, summary=summary), here=self._here(row.facts))

    def _with_forms(self, row: Row) -> Row:
        """With its forms in other repositories, of which no list of a search may have told."""
        if row.on_disk or self.args.get("here") or self.client.offline:
            return row
        with suppress(HubProblem):
            return replace(row, siblings=forms_elsewhere(self.client, row))
        return row

    def _summary(self, row: Row) -> Known[str]:
        """The first words of the card; a README is fetched once, and not again for its commit."""
        (kept,) = Remembered(self.locations.model_index).fill([row])
        if kept.about.summary.value is not None or self.args.get("recount") is True:
            return kept.about.summary
        return known(summary_of(self.client, row.facts), "card")

    def _here(self, facts: ModelFacts) -> frozenset[str]:
        """The files of a commit that are on this disk."""
        mine = [m for m in self._models() if (m.repo, m.revision) == (facts.repo, facts.revision)]
        return frozenset(path for model in mine for path, _, _ in model.files)

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
        self._remember_shared(ref.repo, pulled)
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

    def _remember_shared(self, repo: str, pulled: Pulled) -> None:
        """What Petit has fetched for another commit is its own in this one as well."""
        revision = pulled.model.revision
        with suppress(*NO_STORE), Database(self.locations.create().database) as database:
            blobs = {file.blob for file in fetched_files(database, repo)}
            for file in pulled.files:
                if (blob := blob_name(file)) in blobs:
                    row = FetchedFile(repo, revision, file.path, str(blob), file.size)
                    remember_fetched(database, row)

    def _remember_rate(self, bytes_per_s: float) -> None:
        with suppress(*NO_STORE), Database(self.locations.create().database) as database:
            remember_link_speed(database, bytes_per_s)

    def _engine(self, ref: Reference, task: Task | None) -> tuple[Engine, str]:
        """The form that ``ref`` names or, where it names none, that Petit picks for this machine."""
        known = _engines(ref)
        if ref.precision and ref.precision not in known[str(ref.engine)].info.precisions:
            raise UnknownEngine(engine=f"{ref.engine}-{ref.precision}", known=_variants(known))
        if len(known) > 1 and not self.client.offline:
            raw = described(self.client, ref, self._moved, self.cancelled, Patience())
            row = row_of({**raw, "id": ref.repo})
            task, machine = task or _any_task(row), probe(self.cache)
            found = pick(variants_of(row.facts, task, machine, known, predict), task)
            if found is not None and found.engine is not None:
                return known[found.engine], found.precision
        # Nothing here loads it, or nobody can be asked: the reference engine says why.
        ordered = by_format(known)
        chosen = next((engine for engine in ordered if engine.probe().ok), ordered[0])
        return chosen, ref.precision or chosen.info.precisions[0]


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
