# SPDX-License-Identifier: Apache-2.0
"""Up to four candidates side by side, fact by fact, with what differs marked. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from selector.errors import BadSetting
from selector.fit.shape import shape_of
from selector.hub.candidate import Candidate

MOST = 4
Kind = Literal["text", "bytes", "params", "count", "rate", "list", "date", "verdict", "licence"]


@dataclass(frozen=True, slots=True)
class Line:
    """One fact of every candidate; None where it is unknown."""

    key: str
    """A key of the catalogue below ``compare``."""
    kind: Kind
    """How the values are written."""
    values: tuple[Any, ...]
    differs: bool
    """Whether the known values are not all the same; an unknown one beside a known one differs too."""
    best: tuple[int, ...]
    """Columns with the best value, where less or more is plainly better and they differ."""


def _claims(candidate: Candidate) -> tuple[str, ...] | None:
    found = candidate.about.claims.value
    return tuple(f"{c.dataset} {c.metric} {c.value:g}" for c in found[:3]) if found else None


def _bases(candidate: Candidate) -> tuple[str, ...] | None:
    found = candidate.about.base_models.value
    return tuple(base.id for base in found) if found else None


def _form(candidate: Candidate) -> str | None:
    return f"{candidate.engine}-{candidate.precision}" if candidate.engine else None


_Read = Callable[[Candidate], Any]
_LINES: tuple[tuple[str, Kind, _Read, Literal["less", "more"] | None], ...] = (
    ("fits", "verdict", lambda c: c.fit.verdict, None),
    ("memory", "bytes", lambda c: c.fit.memory_bytes and round(c.fit.memory_bytes.expected), "less"),
    ("speed", "rate", lambda c: c.fit.speed and (c.fit.speed.expected, c.fit.speed_unit), "more"),
    ("download", "bytes", lambda c: c.download_bytes, "less"),
    ("parameters", "params", lambda c: c.facts.parameters, "less"),
    ("layers", "count", lambda c: shape_of(c.facts.config).layers, None),
    ("width", "count", lambda c: shape_of(c.facts.config).hidden, None),
    ("form", "text", _form, None),
    ("stored", "text", lambda c: c.about.dtype.value, None),
    ("context", "count", lambda c: c.about.context_tokens.value, "more"),
    ("architecture", "text", lambda c: c.about.architecture.value, None),
    ("licence", "licence", lambda c: (c.licence.name or c.licence.id, c.licence.kind), None),
    ("languages", "list", lambda c: c.languages[:6] or None, None),
    ("base", "list", _bases, None),
    ("data", "list", lambda c: (c.about.datasets.value or ())[:4] or None, None),
    ("claims", "list", _claims, None),
    ("downloads", "count", lambda c: c.downloads, "more"),
    ("modified", "date", lambda c: c.last_modified, None),
    ("library", "text", lambda c: c.about.library.value, None),
)  # fmt: skip


def compare(candidates: Sequence[Candidate]) -> tuple[Line, ...]:
    """Line by line; facts that none of them has are left out.

    Raises BadSetting for fewer than two or more than ``MOST``.
    """
    if not 2 <= len(candidates) <= MOST:
        raise BadSetting(setting="models", value=len(candidates), allowed=f"2 – {MOST}")
    lines = []
    for key, kind, read, better in _LINES:
        values = tuple(read(candidate) for candidate in candidates)
        if all(value is None for value in values):
            continue
        differs = any(value != values[0] for value in values)
        lines.append(Line(key, kind, values, differs, _best(values, better) if differs else ()))
    return tuple(lines)


def _best(values: tuple[Any, ...], better: Literal["less", "more"] | None) -> tuple[int, ...]:
    known = [value for value in values if value is not None]
    if better is None or len(known) < 2:
        return ()
    units = {value[1] for value in known if isinstance(value, tuple)}
    if len(units) > 1:
        return ()  # tokens and texts a second cannot be compared
    best = min(known) if better == "less" else max(known)
    return tuple(place for place, value in enumerate(values) if value == best)
