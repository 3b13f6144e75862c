# SPDX-License-Identifier: Apache-2.0
"""Short names of contestants: the repository's own name, longer only where two would be the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from selector.errors import BadReference
from selector.reference import Reference, parse_reference


def _parsed(ref: str) -> Reference | None:
    try:
        return parse_reference(ref)
    except BadReference:
        return None


def _variant(reference: Reference) -> str:
    parts = [x for x in (reference.engine, reference.precision) if x]
    return "-".join(parts)


def short_names(refs: Iterable[str]) -> dict[str, str]:
    """A name for each reference, unlike all the others."""
    every = list(dict.fromkeys(refs))
    parsed = {ref: _parsed(ref) for ref in every}
    shorter = {ref: x.name if x else ref for ref, x in parsed.items()}
    times = Counter(shorter.values())
    repositories = {ref: x.repo if x else ref for ref, x in parsed.items()}
    repository_times = Counter(repositories.values())
    names: dict[str, str] = {}
    for ref in every:
        reference = parsed[ref]
        if times[shorter[ref]] == 1:
            names[ref] = shorter[ref]
        elif repository_times[repositories[ref]] == 1:
            names[ref] = repositories[ref]
        else:
            variant = _variant(reference) if reference else ""
            names[ref] = f"{shorter[ref]} {variant}" if variant else ref
    taken = Counter(names.values())
    return {ref: name if taken[name] == 1 else ref for ref, name in names.items()}


def short_name(ref: str) -> str:
    """The name of one contestant on its own."""
    return short_names([ref])[ref]


def same_model(project_ref: str, pinned: str) -> bool:
    """Whether a pinned contestant is what the project names, which may leave the engine open."""
    if project_ref == pinned or pinned.startswith(f"{project_ref}#"):
        return True
    mine, other = _parsed(project_ref), _parsed(pinned)
    if mine is None or other is None or mine.repo != other.repo:
        return False
    pairs = (
        (mine.revision, other.revision),
        (mine.engine, other.engine),
        (mine.precision, other.precision),
    )
    return all(a is None or a == b for a, b in pairs)
