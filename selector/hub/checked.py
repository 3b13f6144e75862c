# SPDX-License-Identifier: Apache-2.0
"""Reads what came from a server as what it must be: types checked, text shortened and cleaned.

Nothing here raises: a value of the wrong type is an absent value. The caller decides what is vital.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

TEXT_LIMIT = 300
LIST_LIMIT = 2000
_LARGEST = 10**15
# Control characters, and the marks that reverse the direction of the text around them: both let a
# name look like something that it is not. Joiners stay, because real scripts need them.
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def text(value: object, limit: int = TEXT_LIMIT) -> str | None:
    """A clean string of at most ``limit`` characters; None for anything else or nothing."""
    if not isinstance(value, str):
        return None
    return _UNSEEN.sub("", value[: limit * 2]).strip()[:limit] or None


def whole(value: object, largest: int = _LARGEST) -> int | None:
    """A count from 0 to ``largest``; a bool is not a count."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and 0 <= value <= largest else None


def mapping(value: object) -> Mapping[str, Any]:
    """A JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def items(value: object, limit: int = LIST_LIMIT) -> list[Any]:
    """A JSON array, cut at ``limit``; an empty one for anything else."""
    return value[:limit] if isinstance(value, list) else []


def texts(value: object, limit: int = LIST_LIMIT) -> tuple[str, ...]:
    """The strings of an array, or a single string as an array of one."""
    if isinstance(value, str):
        value = [value]
    found = (text(item) for item in items(value, limit))
    return tuple(item for item in found if item)


def counts(value: object) -> dict[str, int]:
    """An object of counts, such as the weights by dtype."""
    return dict(_counts(value))


def _counts(value: object) -> Iterator[tuple[str, int]]:
    for key, number in mapping(value).items():
        name, count = text(key, 32), whole(number)
        if name and count is not None:
            yield name, count
