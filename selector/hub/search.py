# SPDX-License-Identifier: Apache-2.0
"""Finds candidates on the Hub, or among what is known here when there is no Hub."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from selector.engines.base import Engine
from selector.errors import (
    HubAnswerBad,
    HubBusy,
    HubOffline,
    HubProblem,
    HubUnreachable,
    PetitError,
    UnsafePath,
)
from selector.hub.candidate import Candidate, SearchResult
from selector.hub.client import HubClient
from selector.hub.complete import complete
from selector.hub.filters import Filters, removal, risk_for
from selector.hub.judge import Predict, Row, candidate_of, row_of
from selector.hub.ranking import DEFAULT, rank
from selector.hub.results import result_from_json, result_to_json
from selector.hub.score import Weights
from selector.hub.siblings import group
from selector.machine.facts import Machine
from selector.tasks.base import Task

Recall = Callable[[str], tuple[dict[str, Any], float] | None]
Remember = Callable[[str, dict[str, Any]], None]
SCAN = 200
"""Models asked for in one request."""
COMPLETED = 24
"""At most so many models get extra requests in one search."""
_SORTS = {"likes": "likes", "recent": "lastModified"}


def _ask(client: HubClient, task: Task, filters: Filters) -> list[dict[str, Any]]:
    """Every model the Hub names for the task, each once, in the order of the requests."""
    # The most popular models are English; a language needs a request of its own to be seen at all.
    narrowed = [()] if not filters.language else [(), (filters.language,)]
    asked = [(tag, extra) for tag in task.hub_tags for extra in narrowed]

    def one(request: tuple[str, tuple[str, ...]]) -> list[dict[str, Any]]:
        return client.list_models(
            pipeline_tag=request[0],
            filter=request[1],
            search=filters.query,
            sort=_SORTS.get(filters.sort, "downloads"),
            limit=max(SCAN, filters.limit),
        )

    with ThreadPoolExecutor(4, "hub-list") as pool:
        pages = list(pool.map(one, asked))
    found = {str(raw.get("id")): raw for page in pages for raw in page}
    return list(found.values())


def _rows(raws: Sequence[Mapping[str, Any]], removed: Counter[str]) -> list[Row]:
    """The entries that can be read; the others are counted, for not even their names are safe."""
    rows = []
    for raw in raws:
        try:
            rows.append(row_of(raw))
        except UnsafePath:
            removed["removed.unsafe_path"] += 1
        except HubAnswerBad:
            removed["removed.unreadable"] += 1
    return rows


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
    ) -> None:
        self.client, self.task, self.machine = client, task, machine
        self.filters, self.predict, self.engines = filters, predict, engines
        self.weights = DEFAULT
        self.removed: Counter[str] = Counter()

    def _judge(self, row: Row) -> Candidate:
        return candidate_of(row, self.task, self.machine, self.engines, self.predict)

    def _completed(self, row: Row) -> Row:
        try:
            return replace(row, facts=complete(self.client, row.facts))
        except PetitError:
            return row  # it stays in the list with an unknown size

    def _with_sizes(self, rows: list[Row]) -> list[Row]:
        """Ask for what is missing, for the most popular rows that would be shown."""
        shown = [
            index
            for index, row in enumerate(rows)
            if row.facts.parameters is None and self._key(self._judge(row)) is None
        ]
        shown.sort(key=lambda index: -rows[index].downloads)
        chosen = shown[:COMPLETED]
        with ThreadPoolExecutor(6, "hub-complete") as pool:
            done = list(pool.map(lambda index: self._completed(rows[index]), chosen))
        rows = list(rows)
        for index, row in zip(chosen, done, strict=True):
            rows[index] = row
        return rows

    def _key(self, candidate: Candidate) -> str | None:
        return None if self.filters.show_all else removal(candidate, self.filters)

    def _kept(self, candidate: Candidate) -> Candidate | None:
        key = removal(candidate, self.filters)
        if key is None:
            return candidate
        if not self.filters.show_all:
            self.removed[key] += 1
            return None
        risk = risk_for(key)
        if risk is None or risk.code in {known.code for known in candidate.risks}:
            return candidate
        return replace(candidate, risks=(*candidate.risks, risk))

    def result(self, rows: list[Row], scanned: int, *, online: bool) -> SearchResult:
        """Judge, filter, rank and cut."""
        rows = self._with_sizes(rows) if online else rows
        kept = [found for row in rows if (found := self._kept(self._judge(row))) is not None]
        ranked = rank(
            kept,
            sort=self.filters.sort,
            language=self.filters.language,
            now=datetime.now(UTC),
            weights=self.weights,
        )
        if len(ranked) > self.filters.limit:
            self.removed["removed.limit"] += len(ranked) - self.filters.limit
        return SearchResult(
            source="hub" if online else "cache",
            scanned=scanned,
            removed=dict(sorted(self.removed.items())),
            candidates=tuple(ranked[: self.filters.limit]),
        )

    def online(self, local: Sequence[Row]) -> SearchResult:
        """Ask the Hub. Raises HubProblem."""
        raws = _ask(self.client, self.task, self.filters)
        rows, joined = group(_rows(raws, self.removed), local)
        if joined:
            self.removed["removed.other_form"] += joined
        return self.result(rows, len(raws), online=True)

    def offline(self, local: Sequence[Row]) -> SearchResult:
        """Search the models on this disk."""
        tags = set(self.task.hub_tags)
        words = (self.filters.query or "").lower()
        asked = [row for row in local if words in row.facts.repo.lower()]
        rows = [row for row in asked if row.task_tag is None or row.task_tag in tags]
        if len(rows) < len(asked):
            self.removed["removed.task"] += len(asked) - len(rows)
        return self.result(rows, len(asked), online=False)


def search(
    client: HubClient,
    task: Task,
    machine: Machine,
    *,
    query: str | None = None,
    language: str | None = None,
    licence: str = "any",
    max_params: int | None = None,
    max_memory: int | None = None,
    sort: str = "rank",
    limit: int = 50,
    show_all: bool = False,
    predict: Predict,
    engines: Mapping[str, Engine],
    local: Sequence[Row] = (),
    recall: Recall | None = None,
    remember: Remember | None = None,
    weights: Weights = DEFAULT,
) -> SearchResult:
    """Candidates for ``task``, best first; ``scanned == len(candidates) + sum(removed.values())``.

    Without the Hub the fitting models of ``local`` are given, and with them the last answer to the
    same question. Raises HubProblem when there is neither, BadSetting.
    """
    filters = Filters(query, language, licence, max_params, max_memory, sort, limit, show_all)
    key = filters.key(task.id, client.endpoint)
    this = _Search(client, task, machine, filters, predict, engines)
    this.weights = weights
    try:
        result = this.online(local)
    except (HubUnreachable, HubOffline, HubBusy) as problem:
        return _without_hub(this, local, recall(key) if recall else None, problem)
    if remember is not None:
        remember(key, result_to_json(result))
    return result


def _without_hub(
    this: _Search,
    local: Sequence[Row],
    kept: tuple[dict[str, Any], float] | None,
    problem: HubProblem,
) -> SearchResult:
    result = this.offline(local)
    if kept is not None:
        try:
            return _joined(result, _aged(result_from_json(kept[0]), kept[1], local))
        except HubAnswerBad:
            pass  # written by another version: as good as nothing
    if not result.scanned:
        raise problem
    return result


def _joined(here: SearchResult, kept: SearchResult) -> SearchResult:
    """The kept answer, led by models of this disk that it does not name: those work right now."""
    named = {candidate.repo for candidate in kept.candidates}
    more = tuple(candidate for candidate in here.candidates if candidate.repo not in named)
    return replace(kept, scanned=kept.scanned + len(more), candidates=more + kept.candidates)


def _aged(result: SearchResult, age_s: float, local: Sequence[Row]) -> SearchResult:
    here = {(row.facts.repo, row.facts.revision) for row in local}
    candidates = tuple(
        replace(candidate, on_disk=(candidate.repo, candidate.revision) in here)
        for candidate in result.candidates
    )
    return replace(result, source="cache", candidates=candidates, age_s=age_s)
