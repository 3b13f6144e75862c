# SPDX-License-Identifier: Apache-2.0
"""How examples can be parted: by length, right answer, writing, and every further column of the file.

Standard library only. A column of numbers with many values is parted into thirds; one with many different
words (an id, a comment) parts nothing and is named instead.
"""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from selector.decide.data_checks import name_files
from selector.decide.slice_facts import By

MOST_VALUES = 30
"""Different values of a column beyond which it parts nothing."""
MOST_COLUMNS = 12
_NUMBERS = 0.9
"""Share of cells that are numbers from which a column counts as one of numbers."""
_SIGNS = 400
"""Signs of an input that are looked at for its script."""
_FEW_CHARACTERS = 3
"""Different lengths below which thirds make no sense."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """One way to part the examples."""

    by: By
    column: str
    values: tuple[str, ...]
    """Of each example; empty for one that belongs nowhere."""
    order: tuple[str, ...]
    """The different values in the order they are shown."""


def groupings(
    inputs: Sequence[str],
    labels: Sequence[str],
    extra: Sequence[tuple[str, Sequence[str]]],
    *,
    by_label: bool,
) -> tuple[list[Grouping], list[str]]:
    """Every way to part these examples, and the names of columns that part nothing."""
    found = []
    readable = not name_files(inputs)
    lengths = _thirds([float(len(x)) for x in inputs]) if readable else None
    if lengths:
        found.append(Grouping("length", "", *lengths))
    if by_label:
        found.append(Grouping("label", "", tuple(labels), _frequent(labels)))
    scripts = [script_of(x) for x in inputs] if readable else []
    if len(set(scripts) - {""}) > 1:
        found.append(Grouping("script", "", tuple(scripts), _frequent(scripts)))
    skipped = []
    for name, cells in extra:
        values = [cell.strip() for cell in cells]
        distinct = set(values) - {""}
        if len(distinct) < 2:
            continue
        if len(found) >= MOST_COLUMNS:
            skipped.append(name)
        elif len(distinct) <= MOST_VALUES:
            found.append(Grouping("column", name, tuple(values), _frequent(values)))
        elif thirds := _numeric(values):
            found.append(Grouping("column", name, *thirds))
        else:
            skipped.append(name)
    return found, skipped


def script_of(text: str) -> str:
    """The writing of most letters of a text (``Latin``, ``Cyrillic`` …); empty without letters."""
    start = text[:_SIGNS]
    if start.isascii():  # nearly every text of many files: no need to look at each letter
        return "Latin" if any(map(str.isalpha, start)) else ""
    counts = Counter(_script(sign) for sign in start if sign.isalpha())
    return counts.most_common(1)[0][0] if counts else ""


@cache
def _script(sign: str) -> str:
    # Unicode names begin with the script: LATIN SMALL LETTER A, CJK UNIFIED IDEOGRAPH-…
    return unicodedata.name(sign, "").partition(" ")[0].partition("-")[0].capitalize()


def _frequent(values: Sequence[str]) -> tuple[str, ...]:
    counts = Counter(x for x in values if x)
    return tuple(sorted(counts, key=lambda x: (-counts[x], x)))


def _numeric(values: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    numbers = [_number(x) for x in values]
    filled = sum(bool(x) for x in values)
    if sum(math.isfinite(x) for x in numbers) < _NUMBERS * filled:
        return None
    return _thirds(numbers)


def _number(text: str) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return math.nan


def _thirds(numbers: Sequence[float]) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Three ranges of about as many examples each; equal numbers stay together."""
    ordered = sorted(x for x in numbers if math.isfinite(x))
    if len(set(ordered)) < _FEW_CHARACTERS:
        return None
    cuts = sorted({ordered[len(ordered) * i // 3] for i in (1, 2)} - {ordered[0]})
    bins: list[list[float]] = [[] for _ in range(len(cuts) + 1)]
    for x in ordered:
        bins[sum(x >= cut for cut in cuts)].append(x)
    names = tuple(_range(part[0], part[-1]) for part in bins)
    values = tuple(
        names[sum(x >= cut for cut in cuts)] if math.isfinite(x) else "" for x in numbers
    )
    return values, names


def _range(low: float, high: float) -> str:
    return f"{low:.6g}" if low == high else f"{low:.6g} – {high:.6g}"
