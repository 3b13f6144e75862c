# SPDX-License-Identifier: Apache-2.0
"""What was to be marked in a text, read from a cell, and how much of it was marked."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from selector.errors import DataUnreadable
from selector.tasks.outputs import Span, Spans

_NOTHING = frozenset({"[]", "-", "–", "o", "none", "nothing", "aucun", "aucune", "rien"})
_NAMES = {
    "person": "per", "persons": "per", "personne": "per", "people": "per",
    "location": "loc", "place": "loc", "lieu": "loc",
    "organization": "org", "organisation": "org", "company": "org", "société": "org",
    "miscellaneous": "misc",
}  # fmt: skip
"""Usual long names of the labels of CoNLL-2003, so that both spellings are one label."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A span of a reference; without places it is known by its text alone."""

    label: str
    text: str
    start: int | None = None
    end: int | None = None


def label_key(label: str) -> str:
    """A label as it is compared."""
    folded = " ".join(label.casefold().split())
    return _NAMES.get(folded, folded)


def read_wanted(cell: str) -> list[Wanted]:
    """The spans of a reference.

    Either JSON, ``[{"label", "start", "end"}]`` (characters) or ``[{"label", "text"}]``, or
    ``LABEL: text; LABEL: text``; ``-`` where nothing is to be marked.

    Raises:
        DataUnreadable: none of these.
    """
    if cell.strip().casefold() in _NOTHING:
        return []
    if cell.lstrip().startswith("["):
        return [_from_json(item, cell) for item in _items(cell)]
    wanted = []
    for part in cell.replace("\n", ";").split(";"):
        if not part.strip():
            continue
        label, colon, text = part.partition(":")
        if not colon or not label.strip() or not text.strip():
            raise DataUnreadable(reason="not_spans", value=part.strip()[:40])
        wanted.append(Wanted(label.strip(), text.strip()))
    return wanted


def _items(cell: str) -> list[object]:
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        raise DataUnreadable(reason="not_spans", value=cell[:40]) from None
    return list(found)


def _from_json(item: object, cell: str) -> Wanted:
    if isinstance(item, dict) and isinstance(item.get("label"), str):
        start, end, text = item.get("start"), item.get("end"), item.get("text")
        if isinstance(start, int) and isinstance(end, int) and 0 <= start < end:
            return Wanted(item["label"], str(text or ""), start, end)
        if isinstance(text, str) and text.strip():
            return Wanted(item["label"], text.strip())
    raise DataUnreadable(reason="not_spans", value=cell[:40])


def span_counts(said: Spans | None, cell: str, with_labels: bool) -> list[float]:
    """Spans marked right, marked, and to be marked, of one text: they add up over texts.

    A span is right when it begins and ends where it should (or has the same text, where the reference
    names no places) and, ``with_labels``, has the right label.
    """
    wanted = read_wanted(cell)
    marked = () if said is None else said.spans
    placed = [x for x in wanted if x.start is not None]
    named = [x for x in wanted if x.start is None]
    right = _common(
        [(_key(x.label, with_labels), x.start, x.end) for x in marked],
        [(_key(x.label, with_labels), x.start, x.end) for x in placed],
    )
    right += _common(
        [(_key(x.label, with_labels), _text(x)) for x in marked],
        [(_key(x.label, with_labels), _text(x)) for x in named],
    )
    return [float(right), float(len(marked)), float(len(wanted))]


def _common(mine: Sequence[object], theirs: Sequence[object]) -> int:
    return (Counter(mine) & Counter(theirs)).total()


def _key(label: str, with_labels: bool) -> str:
    return label_key(label) if with_labels else ""


def _text(span: Span | Wanted) -> str:
    return " ".join(span.text.casefold().split())
