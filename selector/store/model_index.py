# SPDX-License-Identifier: Apache-2.0
"""Every model that a search has seen, with its age: at most a million, searched in milliseconds.

Nothing here knows what a filter means to a user: rows have numbers, flags and languages, a query
names what takes a row away, each with a bit. Answering is bounded, whatever is asked:

- without words a window of rows is read in the asked order from an index that has it and the filters'
  columns, and what each filter takes away is counted in it;
- with words the window is the first matches, which are the most used: the id of a row begins with
  its half decade of downloads, and FTS5 gives matches in the order of ids. Words that only begin as
  asked are looked for where whole words find fewer rows than are asked for: FTS5 gives the matches of
  a word as it reads them, those of a beginning only after merging the lists of all words that begin so;
- when too few rows of the window pass, the rest of the task is gone through for passing rows alone.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import cast

from selector.errors import StoreDamaged, StoreTooNew
from selector.store.database import Database
from selector.store.index_bodies import pack, unpack, words_of
from selector.store.index_query import (
    Query,
    Sieve,
    conditions,
    index_of,
    match_expression,
    order,
    sort_key,
)

MOST = 1_000_000
"""Models kept; those seen longest ago go first."""
BATCH = 10_000
"""So many go at once, so that room is not made for every search anew."""
WINDOW = 4000
"""Rows of which a query counts what each filter takes away."""
BEYOND = 20_000
"""Matches of words that are gone through for passing rows."""
UNKNOWN = 1 << 62
RARE = 0.01
"""A share of the window that passes, below which the rest of a task is not gone through row by row."""
_LOCK_S = 0.5
_BUCKETS = 40
_NAMES = 5000
"""Different licences and libraries told apart: anybody can invent one for each repository."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One model to keep. ``modified`` in seconds since the epoch; ``body`` comes back as it is."""

    repo: str
    task: str
    words: str
    body: str
    downloads: int = 0
    likes: int = 0
    modified: int = 0
    parameters: int | None = None
    flags: int = 0
    licence: str = ""
    library: str = ""
    languages: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """Bodies with their age in seconds, in the asked order, and what was not given, by its bits."""

    bodies: tuple[tuple[str, float], ...] = ()
    taken: Mapping[int, int] = field(default_factory=dict)
    """By the bits of the filters that take a row away; 0 for rows that pass but are further down."""


def key_of(repo: str) -> int:
    """A repository's name as 63 bits; two of a million share one with a chance of 1 in 10^7."""
    digest = hashlib.blake2b(repo.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def bucket_of(downloads: int) -> int:
    """The half decade of downloads, 0 for the most used."""
    return max(0, _BUCKETS - 1 - math.floor(2 * math.log10(max(0, downloads) + 1)))


class ModelIndex:
    """The index in one file. One connection for one thread.

    Raises StoreLocked, StoreDamaged or TargetNotWritable from every method. A file that is damaged,
    or written by a newer Petit, is begun anew: everything in it can be asked for again.
    """

    def __init__(self, path: Path, most: int = MOST, lock_s: float = _LOCK_S) -> None:
        self._most = most
        try:
            self._database = Database(path, "index_migrations", lock_s)
        except (StoreDamaged, StoreTooNew):
            forget(path)
            self._database = Database(path, "index_migrations", lock_s)
        self._database.rows("PRAGMA mmap_size = 2147483648")

    def close(self) -> None:
        """Close the connection."""
        self._database.close()

    def __enter__(self) -> ModelIndex:  # noqa: PYI034 - as Database
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- reading ------------------------------------------------------------------------------------

    def find(self, query: Query) -> Found:
        """Rows of ``query`` in its order, and counts of the others in the window."""
        tasks = [number for task in query.tasks if (number := self._number("task", task))]
        if not tasks:
            return Found()
        sieve = conditions(query, self._accepted(query, "licence"), self._library(query))
        begun = False
        window = self._window(query, sieve, tasks, begun=begun)
        if query.words and len(window) < query.limit:
            begun = True
            window = self._window(query, sieve, tasks, begun=begun)
        passing = [row for row in window if row[1] == 0]
        if len(passing) < query.limit and len(window) >= WINDOW:
            rare = len(passing) < len(window) * RARE
            known = {row[0] for row in window}
            more = [
                row
                for row in self._beyond(query, sieve, tasks, begun=begun, rare=rare)
                if row[0] not in known
            ]
            passing += more
            window += more
        shown = [row for row in window if row[1] & query.shown][: query.most_shown]
        chosen = sorted([*passing[: query.limit], *shown], key=itemgetter(2))
        taken = Counter(map(itemgetter(1), window))
        taken.subtract(map(itemgetter(1), chosen))
        return Found(
            self._bodies([row[0] for row in chosen]), {bits: n for bits, n in taken.items() if n}
        )

    def bodies(self, repos: Iterable[str]) -> dict[str, str]:
        """The bodies of those of ``repos`` that are known."""
        keys = {key_of(repo): repo for repo in repos}
        found: dict[str, str] = {}
        for chunk in _chunks(list(keys)):
            marks = ",".join("?" * len(chunk))
            rows = self._database.rows(
                f"SELECT key, content FROM model JOIN body USING (id) WHERE key IN ({marks})",
                tuple(chunk),
            )
            found |= {keys[int(str(key))]: unpack(content) for key, content in rows}
        return found

    def count(self) -> int:
        """How many models are kept."""
        return int(str(self._database.rows("SELECT count(*) FROM model")[0][0]))

    def _number(self, kind: str, text: str) -> int | None:
        rows = self._database.rows("SELECT id FROM name WHERE kind = ? AND text = ?", (kind, text))
        return int(str(rows[0][0])) if rows else None

    def _accepted(self, query: Query, kind: str) -> tuple[int, ...] | None:
        """The numbers of the licences a query accepts; None for all of them."""
        if query.licence is None:
            return None
        rows = self._database.rows("SELECT id, text FROM name WHERE kind = ?", (kind,))
        return tuple(int(str(number)) for number, text in rows if query.licence(str(text)))

    def _library(self, query: Query) -> int | None:
        return None if query.library is None else self._number("library", query.library) or -1

    def _window(
        self, query: Query, sieve: Sieve, tasks: Sequence[int], *, begun: bool
    ) -> list[tuple[int, int, int]]:
        """Id, bits and place in the order of the first rows."""
        if query.words:
            rows = self._database.rows(
                f"SELECT m.id, {sieve.bits}, {sort_key(query.sort)} FROM word JOIN model m "
                "ON m.id = word.rowid WHERE word MATCH ? ORDER BY word.rowid LIMIT ?",
                (match_expression(query.words, tasks, begun=begun), WINDOW),
            )
            return _placed(rows)
        found: list[tuple[object, ...]] = []
        for task in tasks:
            rows = self._database.rows(
                f"SELECT m.id, {sieve.bits}, {sort_key(query.sort)} FROM model m "
                f"INDEXED BY {index_of(query.sort)} "
                f"WHERE m.task = ? ORDER BY {order(query.sort)} LIMIT ?",
                (task, WINDOW),
            )
            found += rows
        return _placed(found)

    def _beyond(
        self, query: Query, sieve: Sieve, tasks: Sequence[int], *, begun: bool, rare: bool
    ) -> list[tuple[int, int, int]]:
        """Passing rows beyond the window; ``rare`` ones are quicker found by their licence or language."""
        key = sort_key(query.sort)
        if query.words or (rare and sieve.tokens):
            rows = self._database.rows(
                f"SELECT m.id, 0, {key} FROM (SELECT rowid FROM word WHERE word MATCH ? "
                f"ORDER BY rowid LIMIT {BEYOND}) w JOIN model m ON m.id = w.rowid "
                f"WHERE {sieve.passes} LIMIT ?",
                (match_expression(query.words, tasks, sieve.tokens, begun=begun), query.limit * 2),
            )
            return _placed(rows)
        found: list[tuple[object, ...]] = []
        for task in tasks:
            rows = self._database.rows(
                f"SELECT m.id, 0, {key} FROM model m INDEXED BY {index_of(query.sort)} "
                f"WHERE m.task = ? AND {sieve.passes} ORDER BY {order(query.sort)} LIMIT ?",
                (task, query.limit * 2),
            )
            found += rows
        return _placed(found)

    def _bodies(self, ids: Sequence[int]) -> tuple[tuple[str, float], ...]:
        found: dict[int, tuple[str, float]] = {}
        now = time.time()
        for chunk in _chunks(ids):
            marks = ",".join("?" * len(chunk))
            rows = self._database.rows(
                f"SELECT id, content, seen FROM model JOIN body USING (id) WHERE id IN ({marks})",
                tuple(chunk),
            )
            for number, content, seen in rows:
                age = max(0.0, now - float(str(seen)))
                found[int(str(number))] = (unpack(content), age)
        return tuple(found[number] for number in ids if number in found)

    # -- writing ------------------------------------------------------------------------------------

    def remember(self, entries: Sequence[Entry], now: float | None = None) -> None:
        """Keep these, all or none; rows of the same repository are replaced."""
        seen = round(time.time() if now is None else now)
        with self._database.transaction():
            for entry in entries:
                self._put(entry, seen)
        if entries:
            self._make_room()

    def _put(self, entry: Entry, seen: int) -> None:
        write, key = self._database.write, key_of(entry.repo)
        numbers = self._numbers(entry)
        words = " ".join((entry.words, *_tokens(*numbers, entry.languages)))
        content = pack(words, entry.body)
        bucket = bucket_of(entry.downloads)
        rows = self._database.rows(
            "SELECT id, content FROM model JOIN body USING (id) WHERE key = ?", (key,)
        )
        number = int(str(rows[0][0])) if rows else 0
        if rows and (number >> 32 != bucket or words_of(rows[0][1]) != words):
            self._drop(number, words_of(rows[0][1]))
            rows = []
        task, licence, library = numbers
        known = UNKNOWN if entry.parameters is None else min(entry.parameters, UNKNOWN - 1)
        values = (
            key, task, entry.downloads, entry.likes, entry.modified, known, entry.flags, licence,
            library, entry.languages, seen,
        )  # fmt: skip
        if rows:
            write(
                "UPDATE model SET (key, task, downloads, likes, modified, parameters, flags, licence, "
                "library, languages, seen) = (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE id = ?",
                (*values, number),
            )
            write("UPDATE body SET content = ? WHERE id = ?", (content, number))
            return
        number = self._free(bucket)
        write("INSERT INTO model VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (number, *values))
        write("INSERT INTO body VALUES (?, ?)", (number, content))
        write("INSERT INTO word (rowid, text) VALUES (?, ?)", (number, words))

    def _free(self, bucket: int) -> int:
        first = bucket << 32
        rows = self._database.rows(
            "SELECT max(id) FROM model WHERE id >= ? AND id < ?", (first, first + (1 << 32))
        )
        return first if rows[0][0] is None else int(str(rows[0][0])) + 1

    def _drop(self, number: int, words: str) -> None:
        # A contentless index forgets a row only when told every word of it.
        self._database.write(
            "INSERT INTO word (word, rowid, text) VALUES ('delete', ?, ?)", (number, words)
        )
        self._database.write("DELETE FROM model WHERE id = ?", (number,))
        self._database.write("DELETE FROM body WHERE id = ?", (number,))

    def _numbers(self, entry: Entry) -> tuple[int, int, int]:
        return (
            self._named("task", entry.task),
            self._named("licence", entry.licence),
            self._named("library", entry.library) if entry.library else 0,
        )

    def _named(self, kind: str, text: str) -> int:
        if (number := self._number(kind, text)) is not None:
            return number
        rows = self._database.rows("SELECT count(*) FROM name WHERE kind = ?", (kind,))
        if int(str(rows[0][0])) >= _NAMES and text:
            return self._named(kind, "")
        return self._database.write("INSERT INTO name (kind, text) VALUES (?, ?)", (kind, text))

    def _make_room(self) -> None:
        over = self.count() - self._most
        if over <= 0:
            return
        size = min(self._most, max(over, min(BATCH, self._most // 10)))
        rows = self._database.rows(
            "SELECT id, content FROM (SELECT id FROM model ORDER BY seen LIMIT ?) JOIN body USING (id)",
            (size,),
        )
        with self._database.transaction():
            for number, content in rows:
                self._drop(int(str(number)), words_of(content))


def forget(path: Path) -> None:
    """Delete an index and what SQLite keeps beside it."""
    for ending in ("", "-wal", "-shm"):
        with suppress(OSError):
            path.with_name(path.name + ending).unlink()


def _tokens(task: int, licence: int, library: int, languages: int) -> tuple[str, ...]:
    """Words nobody types, by which matches are narrowed to a task, a licence, a library, a language."""
    spoken = (f"zs{bit}" for bit in range(63) if languages >> bit & 1)
    return (f"zt{task}", f"zl{licence}", f"zb{library}", *spoken)


def _placed(rows: list[tuple[object, ...]]) -> list[tuple[int, int, int]]:
    """Id, bits and place, by place. The table is strict: numbers are numbers."""
    return sorted(cast("list[tuple[int, int, int]]", rows), key=itemgetter(2))


def _chunks(items: Sequence[int], size: int = 500) -> Iterable[Sequence[int]]:
    return (items[start : start + size] for start in range(0, len(items), size))
