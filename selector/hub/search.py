# SPDX-License-Identifier: Apache-2.0
"""Finds candidates on the Hub, or among what is known here when there is no Hub."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from selector.engines.base import Engine
from selector.engines.facts import ModelFacts
from selector.errors import (
    HubAnswerBad,
    HubBusy,
    HubOffline,
    HubProblem,
    HubUnreachable,
    PetitError,
    UnsafePath,
)
from selector.fit.base import Fit
from selector.hub.asking import Listing, listings
from selector.hub.candidate import Candidate, SearchResult
from selector.hub.client import HubClient
from selector.hub.complete import complete, with_sizes
from selector.hub.filters import LIMIT, MOST, Filters, marked, removals
from selector.hub.judge import Predict, Row, brief_of, row_of, with_all_forms
from selector.hub.memory import Memory, NoMemory
from selector.hub.ranking import DEFAULT, judged, rank
from selector.hub.score import Weights
from selector.hub.siblings import group
from selector.hub.tally import Tally
from selector.hub.task_match import other_task
from selector.hub.why import with_why
from selector.intervals import Interval
from selector.machine.facts import Machine
from selector.tasks.base import Task

SCAN = 200
"""Models asked for in one request."""
COMPLETED = 24
"""At most so many models get extra requests in one search."""
_HOPED = 4_000_000
_QUICK = Interval(1000.0, 1000.0, 1000.0)
"""What a model of unknown size is taken to be, to see whether it could be shown at best."""
_ROUNDS = 3
"""A model that turns out too large makes room for another, whose size may be unknown as well."""
_log = logging.getLogger(__name__)


def _ask(client: HubClient, task: Task, filters: Filters) -> list[dict[str, Any]]:
    """Every model the Hub names for the task, each once, in the order of the requests."""

    def one(listing: Listing) -> list[dict[str, Any]]:
        try:
            return client.list_models(
                filter=listing.tags,
                search=listing.words,
                sort=listing.sort,
                num_parameters=listing.num_parameters,
                limit=max(SCAN, filters.limit if filters.limit < MOST else 0),
            )
        except HubAnswerBad:
            if listing.needed:
                raise
            _log.warning("a list beside the main one could not be read: %s", listing.tags)
            return []

    with ThreadPoolExecutor(4, "hub-list") as pool:
        pages = list(pool.map(one, listings(task, filters)))
    found: dict[object, dict[str, Any]] = {}
    for number, page in enumerate(pages):
        for place, raw in enumerate(page):
            name = raw.get("id")
            found.setdefault(name if isinstance(name, str) else (number, place), raw)
    return list(found.values())


class _Search:
    """One search: what every step of it needs."""

    def __init__(
        self,
        client: HubClient,
        task: Task,
        machine: Machine,
        filters: Filters,
        predict: Predict,
        engines: Mapping[str, Engine],
        memory: Memory,
        weights: Weights,
    ) -> None:
        self.client, self.task, self.machine = client, task, machine
        self.filters, self.predict, self.engines = filters, _once_each(predict), engines
        self.memory, self.weights = memory, weights
        self.tally = Tally()
        self._known: dict[str, tuple[Row, Candidate, tuple[str, ...]]] = {}

    def _readable(self, raws: Sequence[Mapping[str, Any]]) -> list[Row]:
        """The entries that can be read; the others are counted, for not even their names are safe."""
        rows = []
        for raw in raws:
            try:
                rows.append(row_of(raw))
            except UnsafePath:
                self.tally.add(("removed.unsafe_path",))
            except HubAnswerBad:
                self.tally.add(("removed.unreadable",))
        return rows

    def _judged(self, row: Row) -> tuple[Candidate, tuple[str, ...]]:
        """The candidate in its chosen form only, and the filters that take it away."""
        before = self._known.get(row.facts.repo)
        if before is not None and before[0] is row:
            return before[1:]
        found = brief_of(row, self.task, self.machine, self.engines, self.predict)
        keys = removals(found, self.filters, other_task=other_task(row, self.task))
        self._known[row.facts.repo] = row, found, keys
        return found, keys

    def _whole(self, found: Candidate) -> Candidate:
        """With all its forms, which only those who see it want to know."""
        row = self._known[found.repo][0]
        return with_all_forms(found, row, self.task, self.machine, self.engines, self.predict)

    def _shown(self, keys: tuple[str, ...]) -> bool:
        return not keys or not self.filters.shown.isdisjoint(keys)

    def _ranked(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        filters = self.filters
        return rank(
            candidates,
            sort=filters.sort,
            language=filters.language,
            now=datetime.now(UTC),
            weights=self.weights,
            sentences=False,
        )

    @property
    def _limit(self) -> int:
        return MOST if LIMIT in self.filters.shown else self.filters.limit

    def _with_sizes(self, rows: Sequence[Row]) -> list[Row]:
        """Ask for what is missing, of the rows that would be shown and of no others."""
        rows = list(rows)
        place = {row.facts.repo: index for index, row in enumerate(rows)}
        budget, tried = COMPLETED, set[str]()
        for _ in range(_ROUNDS):
            found = [self._judged(row) for row in rows]
            passing = [candidate for candidate, keys in found if not keys]
            wanted = [repo for repo in self._could_be_shown(passing) if repo not in tried][:budget]
            if not wanted:
                break
            tried.update(wanted)
            budget -= len(wanted)
            with ThreadPoolExecutor(6, "hub-complete") as pool:
                done = list(pool.map(lambda repo: self._completed(rows[place[repo]]), wanted))
            for repo, row in zip(wanted, done, strict=True):
                rows[place[repo]] = row
        return rows

    def _with_bytes(self, rows: Sequence[Row]) -> list[Row]:
        """Ask what the chosen form of the rows that are shown weighs, where the list did not say."""
        judged_rows = [self._judged(row) for row in rows]
        passing = [candidate for candidate, keys in judged_rows if self._shown(keys)]
        wanted = {
            found.repo: found.chosen.repo
            for found in self._ranked(passing)[: self._limit]
            if found.chosen is not None and found.download_bytes is None
        }
        wanted = dict(list(wanted.items())[:COMPLETED])
        if not wanted:
            return list(rows)
        every = {each.facts.repo: each for row in rows for each in (row, *row.siblings)}
        asked = [every[repo].facts for repo in wanted.values()]
        with ThreadPoolExecutor(6, "hub-sizes") as pool:
            sized = list(pool.map(lambda facts: with_sizes(self.client, facts), asked))
        known = {facts.repo: facts for facts in sized}

        def told(row: Row) -> Row:
            return replace(row, facts=known.get(row.facts.repo, row.facts))

        return [
            replace(told(row), siblings=tuple(map(told, row.siblings)))
            if row.facts.repo in wanted
            else row
            for row in rows
        ]

    def _could_be_shown(self, passing: Sequence[Candidate]) -> list[str]:
        """Repositories of unknown size that would be among the first if they were small and quick."""
        filters = self.filters
        unsized = {found.repo for found in passing if found.facts.parameters is None}
        if filters.sort != "rank":
            shown = self._ranked([_hopeful(found) for found in passing])[: self._limit]
            return [found.repo for found in shown if found.repo in unsized]
        sized = self._ranked([found for found in passing if found.repo not in unsized])
        least = sized[self._limit - 1].score if len(sized) >= self._limit else -1.0
        now = datetime.now(UTC)
        hoped = [
            judged(_hopeful(found), filters.language, now=now, weights=self.weights)
            for found in passing
            if found.repo in unsized
        ]
        hoped.sort(key=lambda found: -found.score)
        return [found.repo for found in hoped if found.score >= least]

    def _completed(self, row: Row) -> Row:
        try:
            return replace(row, facts=complete(self.client, row.facts))
        except PetitError:
            return row  # it stays in the list with an unknown size

    def _cut(
        self, candidates: Sequence[Candidate], shown_anyway: frozenset[str]
    ) -> list[Candidate]:
        """The first ones; what the user asked to see all the same does not push others out."""
        left, found = self._limit, list[Candidate]()
        for candidate in candidates:
            if candidate.repo in shown_anyway:
                found.append(candidate)
            elif left > 0:
                left -= 1
                found.append(candidate)
        more = found[MOST:]
        self.tally.add((LIMIT,), len(candidates) - len(found) + len(more))
        return found[:MOST]

    def result(self, rows: Sequence[Row], scanned: int, cause: str | None = None) -> SearchResult:
        """Judge, filter, rank and cut."""
        kept, anyway = list[Candidate](), dict[str, tuple[str, ...]]()
        for row in rows:
            candidate, keys = self._judged(row)
            if not self._shown(keys):
                self.tally.add(keys)
                continue
            kept.append(marked(candidate, keys, self.filters))
            if keys:
                anyway[candidate.repo] = keys
        ranked = self._ranked(kept)
        shown = self._cut(ranked, frozenset(anyway))
        named = {candidate.repo for candidate in shown}
        told = [c for c in with_why(ranked, named) if c.repo in named]
        shown = [self._whole(candidate) for candidate in told]
        for candidate in shown:
            self.tally.bring(anyway.get(candidate.repo, ()))
        if LIMIT in self.filters.shown:
            self.tally.bring((LIMIT,), max(0, len(shown) - len(anyway) - self.filters.limit))
        return SearchResult(
            source="hub" if cause is None else "cache",
            scanned=scanned,
            removed=self.tally.removed(),
            candidates=tuple(shown),
            age_s=max((candidate.age_s for candidate in shown), default=0.0),
            filters=self.tally.filters(),
            cause=cause,
        )

    def online(self, local: Sequence[Row]) -> SearchResult:
        """Ask the Hub. Raises HubProblem."""
        raws = _ask(self.client, self.task, self.filters)
        rows = self._with_sizes(self._grouped(self.memory.fill(self._readable(raws)), local))
        rows = self._with_bytes(rows)
        self.memory.remember(_single(rows), self.task)
        return self.result(rows, len(raws))

    def _grouped(self, rows: Sequence[Row], local: Sequence[Row]) -> list[Row]:
        """Every form of a model in one row; those that are joined to another are counted."""
        grouped, joined = group(rows, local)
        self.tally.add(("removed.other_form",), joined)
        return grouped

    def without_hub(self, local: Sequence[Row], problem: HubProblem) -> SearchResult:
        """Search the models on this disk and those that were seen before; raises ``problem`` for none."""
        words = (self.filters.query or "").lower().split()
        here = [row for row in local if all(word in row.facts.repo.lower() for word in words)]
        kept = self.memory.find(self.task, self.filters)
        told = {row.facts.repo: row for row in kept.rows}
        disk = {row.facts.repo for row in here}
        rows = [_joined(row, told.get(row.facts.repo)) for row in here]
        rows += [row for row in kept.rows if row.facts.repo not in disk]
        scanned = len(rows)
        for keys, n in (kept.taken or {}).items():
            self.tally.add(keys, n)
            scanned += n
        if not scanned:
            raise problem
        return self.result(self._grouped(rows, local), scanned, problem.code)


def _once_each(predict: Predict) -> Predict:
    """The same for the length of a search, each form of a model predicted once.

    Models are told apart as objects: the facts of a row are kept with its first prediction, so that
    nothing else can be at their address.
    """
    known: dict[tuple[int, str, str], tuple[ModelFacts, Fit]] = {}

    def once(facts: ModelFacts, task: Task, machine: Machine, engine: str, precision: str) -> Fit:
        key = (id(facts), engine, precision)
        if key not in known:
            known[key] = facts, predict(facts, task, machine, engine, precision)
        return known[key][1]

    return once


def _hopeful(candidate: Candidate) -> Candidate:
    """Of unknown size it would be far down, and stay there unasked: as if it were small and quick."""
    if candidate.facts.parameters is not None:
        return candidate
    fit = replace(candidate.fit, verdict="fits", speed=_QUICK)
    return replace(candidate, facts=replace(candidate.facts, parameters=_HOPED), fit=fit)


def _single(rows: Sequence[Row]) -> list[Row]:
    """Each repository by itself, as the index keeps them."""
    return [each for row in rows for each in (replace(row, siblings=()), *row.siblings)]


def _joined(here: Row, told: Row | None) -> Row:
    """A model of this disk: its own files know it best, and the Hub how much it is used."""
    if told is None:
        return here
    return replace(
        told,
        facts=here.facts,
        licence=here.licence if here.licence.id else told.licence,
        languages=here.languages or told.languages,
        task_tag=here.task_tag or told.task_tag,
        on_disk=True,
        here=here.here,
        age_s=0.0,
    )


def search(
    client: HubClient,
    task: Task,
    machine: Machine,
    *,
    predict: Predict,
    engines: Mapping[str, Engine],
    local: Sequence[Row] = (),
    memory: Memory | None = None,
    weights: Weights = DEFAULT,
    **filters: Any,
) -> SearchResult:
    """Candidates for ``task``, best first; ``scanned == len(candidates) + sum(removed.values())``.

    ``filters`` are the fields of Filters. Without an answer of use the fitting models of ``local`` are given,
    and those that ``memory`` has seen. Raises HubProblem when there is neither, BadSetting.
    """
    wanted = Filters(**filters)
    this = _Search(client, task, machine, wanted, predict, engines, memory or NoMemory(), weights)
    try:
        return this.online(local)
    except (HubUnreachable, HubOffline, HubBusy, HubAnswerBad) as problem:
        # A page to log in to the network of a hotel is an answer as well.
        this.tally = Tally()
        return this.without_hub(local, problem)
