# SPDX-License-Identifier: Apache-2.0
"""Names, sentences and tables of a report. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from selector.errors import BadReference
from selector.reference import parse_reference
from selector.wording import Wording

_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
LONGEST = 600


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows of text; which columns are numbers or hashes, which rows are marked."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: Sequence[int] = ()
    hashes: Sequence[int] = ()
    marked: Sequence[int] = ()


def shown(value: Any) -> str:
    """Text from outside without signs that turn or hide text, on one line and not endless."""
    text = " ".join(_UNSEEN.sub(" ", str(value)).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def name_of(ref: str | None) -> str:
    """A model's own name with its form; the whole reference stands in the list of what was measured."""
    if not ref:
        return "–"
    try:
        found = parse_reference(ref)
    except BadReference:
        return shown(ref)
    if found.engine == "endpoint":
        return shown(found.repo)
    form = "-".join(part for part in (found.engine, found.precision) if part)
    return shown(f"{found.name} ({form})" if form else found.name)


def sentence(reason: Mapping[str, Any], words: Wording) -> str:
    """What a reason or caveat of a decision says; empty for one that this version does not know."""
    code = str(reason["code"])
    if not words.has(code):
        return ""
    facts = {key: _shortened(value) for key, value in reason["facts"].items()}
    return shown(words.text(code, **facts))


def _shortened(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_shortened(each) for each in value]
    return name_of(value) if isinstance(value, str) else value


def metric_name(metric: str, words: Wording) -> str:
    """A metric in words, or its id."""
    key = f"decide.metric.{metric}"
    return words.text(key) if words.has(key) else shown(metric)


def error_text(error: Mapping[str, Any] | None, words: Wording) -> str:
    """What happened to a contestant that failed."""
    facts = (error or {}).get("facts")
    code = str((error or {}).get("code", "petit.error"))
    return shown(words.error(code, facts if isinstance(facts, Mapping) else {})[0])
