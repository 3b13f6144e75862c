# SPDX-License-Identifier: Apache-2.0
"""Joins repositories that hold other forms of one model, so that it is one candidate. Pure.

A repository is another form when its card names one base model and the relation ``quantized``, or names
one base and holds nothing but conversions (GGUF, ONNX). Fine-tunes, adapters and merges are models of
their own. The base leads where it is among the rows, else the most downloaded of its forms.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from selector.hub.judge import Row

_CONVERSIONS = frozenset({"gguf", "onnx"})
_MOST = 12
"""Forms of one model that are judged; popular models have hundreds of copies."""


def base_of(row: Row) -> str | None:
    """The model that ``row`` is another form of; None for a model of its own."""
    bases = row.about.base_models.value or ()
    if len(bases) != 1:
        return None
    base = bases[0]
    if base.id.casefold() == row.facts.repo.casefold():
        return None
    formats = set(row.facts.weight_formats)
    converted = base.relation == "unknown" and bool(formats) and formats <= _CONVERSIONS
    return base.id if base.relation == "quantized" or converted else None


def group(rows: Sequence[Row], local: Sequence[Row] = ()) -> tuple[list[Row], int]:
    """Rows with their siblings inside, in the order of the rows, and how many were joined.

    ``local`` are rows of this disk: of each row it is noted which of its files are here.
    """
    here = {(row.facts.repo, row.facts.revision): row.here for row in local}
    rows = [_noted(row, here) for row in rows]
    own = {row.facts.repo.casefold(): row for row in rows}
    families: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if (base := base_of(row)) is not None:
            families[_root(base, own)].append(row)
    led: dict[str, tuple[Row, ...]] = {}
    for base, forms in families.items():
        forms.sort(key=lambda row: (-(row.downloads or 0), row.facts.repo))
        leader = own.get(base, forms[0])
        led[leader.facts.repo] = tuple(each for each in forms if each is not leader)
    joined = {each.facts.repo for forms in led.values() for each in forms}
    kept = [
        replace(row, siblings=led.get(row.facts.repo, ())[:_MOST])
        for row in rows
        if row.facts.repo not in joined
    ]
    return kept, len(joined)


def _noted(row: Row, here: dict[tuple[str, str], frozenset[str]]) -> Row:
    files = here.get((row.facts.repo, row.facts.revision))
    return row if files is None else replace(row, on_disk=True, here=files)


def _root(base: str, own: dict[str, Row]) -> str:
    """The first of a chain of forms: a quantisation of a quantisation belongs to the original."""
    seen: set[str] = set()
    key = base.casefold()
    while key in own and key not in seen:
        seen.add(key)
        further = base_of(own[key])
        if further is None:
            return key
        key = further.casefold()
    # Cards that name each other in a circle must still agree on one of them.
    return min(seen) if key in seen else key
