# SPDX-License-Identifier: Apache-2.0
"""What earlier answers of the Hub said, kept in the index of models; never in the way of a search.

A store that is damaged, locked or not writable means that nothing is remembered, and no more.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from selector.errors import StoreProblem, TargetNotWritable
from selector.hub.filters import LIMIT, MOST, Filters, day_of
from selector.hub.judge import Row
from selector.hub.licences import accepts, classify
from selector.hub.memory import Kept
from selector.hub.row_codec import row_from_text, row_to_text
from selector.hub.search import SCAN
from selector.hub.task_match import other_task
from selector.store.index_query import GATED, PICKLE_ONLY, Bits, Query, words_in
from selector.store.model_index import Entry, ModelIndex
from selector.tasks.base import Task

_NO_STORE = (StoreProblem, TargetNotWritable, OSError)
_log = logging.getLogger(__name__)
_BITS: Mapping[str, int] = {
    "removed.pickle_only": 1,
    "removed.licence": 2,
    "removed.language": 4,
    "removed.gated": 8,
    "removed.library": 16,
    "removed.updated": 32,
    "removed.parameters": 64,
}
"""The filters that the index knows of, in the order of filters.ORDER; the others need judging."""
# Those most models declare come first, because small numbers take less room.
_CODES = (
    "enzhfresdejakoruitptarhinltrplviiduksvcsthfarohedafihuelnobgbntateurmrmlswcahrskslsrlt"
    "lvetmsazkkkahyiseuglcygaafkmmyne"
)
_LANGUAGES = [_CODES[i : i + 2] for i in range(0, len(_CODES), 2)]
_OTHER, _MANY = 1 << 61, 1 << 62


def language_bits(codes: Sequence[str]) -> int:
    """The languages of a row: one bit for each of the sixty that are common."""
    bits = 0
    for code in codes:
        base = code.replace("_", "-").partition("-")[0]
        if code == "multilingual":
            bits |= _MANY
        elif base in _LANGUAGES:
            bits |= 1 << _LANGUAGES.index(base)
        else:
            bits |= _OTHER
    return bits


def _wanted_bits(wanted: str) -> int:
    """The bits one of which a row that speaks ``wanted`` has; rows are looked at again when judged."""
    return language_bits([wanted.lower()]) | _MANY


def _stamp(text: str | None) -> int:
    when = day_of(text)
    return max(0, int(when.timestamp())) if when else 0


def query_of(task: Task, filters: Filters) -> Query:
    """The question for the index that these filters amount to."""
    licence = filters.licence.strip()
    asked = {
        "removed.pickle_only": True,
        "removed.licence": licence.lower() not in {"", "any"},
        "removed.language": bool(filters.language),
        "removed.gated": filters.gated != "any",
        "removed.library": bool(filters.library),
        "removed.updated": filters.updated_since is not None,
        "removed.parameters": filters.min_params is not None or filters.max_params is not None,
    }
    used = {key: bit if asked[key] else 0 for key, bit in _BITS.items()}
    return Query(
        tasks=task.hub_tags,
        bits=Bits(**{key.removeprefix("removed."): bit for key, bit in used.items()}),
        words=filters.query or "",
        sort="downloads" if filters.sort == "rank" else filters.sort,
        limit=MOST if LIMIT in filters.shown else max(SCAN, filters.limit),
        shown=sum(used[key] for key in filters.shown if key in used),
        most_shown=max(SCAN, filters.limit),
        low=None if filters.min_params is None else round(filters.min_params),
        high=None if filters.max_params is None else round(filters.max_params),
        licence=(lambda text: accepts(licence, classify(text)))
        if asked["removed.licence"]
        else None,
        library=filters.library or None,
        languages=_wanted_bits(filters.language) if filters.language else 0,
        undeclared=(filters.language or "").lower() == "en",
        gated=filters.gated == "only",
        since=_stamp(filters.updated_since) if filters.updated_since else None,
    )


def entry_of(row: Row, task: Task) -> Entry:
    """What the index keeps of a row. A model that names no task is kept under the one it was found for."""
    facts = row.facts
    named = row.task_tag or next((tag for tag in row.tags if tag in task.hub_tags), None)
    words = " ".join((facts.repo, *row.tags, named or "", *row.languages))
    flags = GATED if row.gated else 0
    return Entry(
        repo=facts.repo,
        task=named or task.hub_tags[0],
        words=" ".join(_all_words(words)),
        body=row_to_text(row),
        downloads=row.downloads or 0,
        likes=row.likes or 0,
        modified=_stamp(row.last_modified),
        parameters=facts.parameters,
        flags=flags | (PICKLE_ONLY if facts.weight_format == "pickle" else 0),
        licence=row.licence.id or "",
        library=row.library or "",
        languages=language_bits(row.languages),
    )


def _all_words(text: str) -> list[str]:
    parts = text[:4000].split()
    return list(dict.fromkeys(word for part in parts for word in words_in(part)))[:120]


class Remembered:
    """See Memory in memory.py."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, task: Task, filters: Filters) -> Kept:
        """See Memory."""
        try:
            with ModelIndex(self._path) as index:
                found = index.find(query_of(task, filters))
        except _NO_STORE as problem:
            _log.warning("the index of models cannot be read: %s", problem)
            return Kept()
        rows = [row for text, age in found.bodies if (row := row_from_text(text, age))]
        return Kept(tuple(rows), {_keys(bits): n for bits, n in found.taken.items()})

    def fill(self, rows: Sequence[Row]) -> list[Row]:
        """See Memory."""
        if not rows:
            return []
        try:
            with ModelIndex(self._path) as index:
                bodies = index.bodies(row.facts.repo for row in rows)
        except _NO_STORE:
            return list(rows)
        return [_filled(row, bodies.get(row.facts.repo)) for row in rows]

    def learn(self, row: Row, task: Task) -> None:
        """Keep what a closer look told of a model that a search has listed at this commit.

        Of others nothing is kept: an old commit would take the place of the newest one.
        """
        repo = row.facts.repo
        try:
            with ModelIndex(self._path) as index:
                body = index.bodies([repo]).get(repo)
        except _NO_STORE:
            return
        listed = row_from_text(body) if body else None
        if listed is not None and listed.facts.revision == row.facts.revision:
            downloads = listed.downloads if row.downloads is None else row.downloads
            likes = listed.likes if row.likes is None else row.likes
            self.remember([replace(row, downloads=downloads, likes=likes)], task)

    def remember(self, rows: Sequence[Row], task: Task) -> None:
        """See Memory."""
        entries = [entry_of(row, task) for row in rows if not other_task(row, task)]
        try:
            with ModelIndex(self._path) as index:
                index.remember(entries)
        except _NO_STORE as problem:
            _log.warning("what was seen cannot be kept: %s", problem)


def _keys(bits: int) -> tuple[str, ...]:
    return tuple(key for key, bit in _BITS.items() if bits & bit) or (LIMIT,)


def _filled(row: Row, body: str | None) -> Row:
    """The Hub's lists tell of a configuration its name only: the rest is what was read before."""
    known = row_from_text(body) if body else None
    if known is None or known.facts.revision != row.facts.revision:
        return row
    mine, its, its_about = row.facts, known.facts, known.about
    facts = replace(
        mine,
        config={**mine.config, **its.config},
        needs_remote_code=mine.needs_remote_code or its.needs_remote_code,
    )
    if not any(file.size for file in mine.files):
        sizes = {file.path: file.size for file in its.files}
        files = tuple(replace(file, size=sizes.get(file.path, 0)) for file in mine.files)
        facts = replace(facts, files=files)
    counted = its.basis == "header" and mine.basis == "hub"
    if its.parameters and (mine.parameters is None or counted):
        facts = replace(
            facts,
            parameters=its.parameters,
            parameters_by_dtype=its.parameters_by_dtype,
            basis=its.basis,
        )
    about = row.about
    if about.summary.value is None:
        about = replace(about, summary=its_about.summary)
    return replace(row, facts=facts, about=about)
