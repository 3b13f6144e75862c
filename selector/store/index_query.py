# SPDX-License-Identifier: Apache-2.0
"""What can be asked of the index of models, and how SQLite is asked it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

UNKNOWN = 1 << 62
GATED, PICKLE_ONLY = 1, 2
"""Flags of a row."""
_KEYS = {
    "downloads": ("-m.downloads", "m.downloads DESC", "model_downloads"),
    "likes": ("-m.likes", "m.likes DESC", "model_likes"),
    "recent": ("-m.modified", "m.modified DESC", "model_modified"),
    "size": ("m.parameters", "m.parameters", "model_parameters"),
}
_WORD = re.compile(r"[^\W_]+")
_SHORTEST = 3
"""Letters of a beginning that is looked for; a shorter word must be the whole word."""
_WORDS = 12


@dataclass(frozen=True, slots=True)
class Bits:
    """The bit that each filter of a query sets in a row that it takes away; 0 for a filter not asked."""

    parameters: int = 0
    licence: int = 0
    language: int = 0
    gated: int = 0
    library: int = 0
    updated: int = 0
    pickle_only: int = 0


@dataclass(frozen=True, slots=True)
class Query:
    """A question. A value that a row does not have never takes it away."""

    tasks: tuple[str, ...]
    bits: Bits = Bits()
    words: str = ""
    sort: str = "downloads"
    limit: int = 200
    shown: int = 0
    """Bits whose rows are given all the same, at most ``most_shown``."""
    most_shown: int = 1000
    low: int | None = None
    high: int | None = None
    licence: Callable[[str], bool] | None = None
    library: str | None = None
    languages: int = 0
    """The bits of which a row must have one."""
    undeclared: bool = False
    """Whether a row that declares no language passes."""
    gated: bool = False
    """Which of the two kinds of access passes."""
    since: int | None = None


@dataclass(frozen=True, slots=True)
class Sieve:
    """A query's filters in SQL, over the columns of ``model m``; and as words that narrow matches."""

    bits: str
    passes: str
    tokens: tuple[tuple[str, ...], ...] = ()


def sort_key(sort: str) -> str:
    """A number by which rows are in order, smallest first."""
    return _KEYS[sort][0]


def order(sort: str) -> str:
    """The same order as SQLite's indexes have it."""
    return _KEYS[sort][1]


def index_of(sort: str) -> str:
    """SQLite's index that has this order and every filter's column."""
    return _KEYS[sort][2]


def conditions(query: Query, licences: tuple[int, ...] | None, library: int | None) -> Sieve:
    """The filters of ``query``; every value in the text is a number."""
    bits = query.bits
    # Bit, what takes a row away, and its opposite: SQLite is slow to work out NOT (x NOT IN (…)).
    taken: list[tuple[int, str, str]] = []
    tokens: list[tuple[str, ...]] = []
    if licences is not None:
        listed = ",".join(f"{number:d}" for number in licences)
        taken.append((bits.licence, f"m.licence NOT IN ({listed})", f"m.licence IN ({listed})"))
        tokens.append(tuple(f"zl{number:d}" for number in licences[:200]))
    if query.languages:
        spoken = f"(m.languages & {query.languages:d})"
        silent = ("AND m.languages <> 0", "OR m.languages = 0") if query.undeclared else ("", "")
        taken.append((bits.language, f"{spoken} = 0 {silent[0]}", f"{spoken} <> 0 {silent[1]}"))
        if not query.undeclared:
            tokens.append(tuple(f"zs{bit}" for bit in range(63) if query.languages >> bit & 1))
    if query.low is not None or query.high is not None:
        low, high = query.low or 0, UNKNOWN if query.high is None else query.high
        inside = f"m.parameters BETWEEN {low:d} AND {high:d} OR m.parameters = {UNKNOWN}"
        taken.append((bits.parameters, f"NOT ({inside})", inside))
    if bits.gated:
        gate, flag = f"(m.flags & {GATED})", GATED if query.gated else 0
        taken.append((bits.gated, f"{gate} <> {flag}", f"{gate} = {flag}"))
    if library is not None:
        known = f"(0, {library:d})"
        taken.append((bits.library, f"m.library NOT IN {known}", f"m.library IN {known}"))
    if query.since is not None:
        fresh = f"m.modified >= {query.since:d} OR m.modified <= 0"
        taken.append((bits.updated, f"NOT ({fresh})", fresh))
    if bits.pickle_only:
        pickled = f"(m.flags & {PICKLE_ONLY})"
        taken.append((bits.pickle_only, f"{pickled} <> 0", f"{pickled} = 0"))
    parts = [f"({condition}) * {bit:d}" for bit, condition, _ in taken]
    passes = [f"({condition})" for _, _, condition in taken]
    return Sieve(" + ".join(parts) or "0", " AND ".join(passes) or "1", tuple(tokens))


def words_in(text: str) -> tuple[str, ...]:
    """The words of a text as the index takes them apart."""
    return tuple(dict.fromkeys(_WORD.findall(text.lower())))[:_WORDS]


def match_expression(
    words: str,
    tasks: Sequence[int],
    tokens: Sequence[Sequence[str]] = (),
    *,
    begun: bool = True,
) -> str:
    """What FTS5 is asked: every word, also as the beginning of one if ``begun``, within the tasks."""
    sought = [
        f'"{word}"*' if begun and len(word) >= _SHORTEST else f'"{word}"'
        for word in words_in(words)
    ]
    if words and not sought:
        sought = ['"zz"']  # nothing has it: signs alone find nothing
    anyone = [tuple(f"zt{number:d}" for number in tasks), *(t for t in tokens if t)]
    narrowed = ["(" + " OR ".join(f'"{token}"' for token in group) + ")" for group in anyone]
    return " AND ".join([*sought, *narrowed])
