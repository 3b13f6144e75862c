# SPDX-License-Identifier: Apache-2.0
"""Which lists a search asks the Hub for. Pure.

One list for each tag of the task, asked for as a tag and not as ``pipeline_tag``: old names of tasks
(text2text-generation) live on only as tags, and the tag finds all that the field finds. Beside it:

- the same list narrowed by what the user filters, because the most popular models are large, English
  and under a few licences, and others would never be among the first;
- GGUF repositories, of which many name neither task nor library, for tasks that write or embed;
- with search words, a list without any tag, for models whose page says nothing of their task.
"""

from __future__ import annotations

from dataclasses import dataclass

from selector.hub.candidate import LICENCE_CLASSES
from selector.hub.filters import Filters
from selector.hub.task_match import gives_vectors
from selector.tasks.base import Task

EMBEDDERS = "embed"
"""The word that finds GGUF models for vectors: nearly all have it in their names."""
_SORTS = {"likes": "likes", "recent": "lastModified"}


@dataclass(frozen=True, slots=True)
class Listing:
    """One list to ask for. An answer is needed from those of the task's own tags."""

    tags: tuple[str, ...]
    words: str | None
    sort: str
    num_parameters: str | None = None
    needed: bool = True


def _bounds(filters: Filters) -> str | None:
    low, high = filters.min_params, filters.max_params
    sides = [("min", low), ("max", high)]
    return ",".join(f"{name}:{round(value)}" for name, value in sides if value is not None) or None


def _narrowing(filters: Filters) -> tuple[str, ...]:
    licence = filters.licence.strip().lower()
    named = licence not in {"", "any", *LICENCE_CLASSES}
    wanted = (filters.language, filters.library, f"license:{licence}" if named else None)
    return tuple(tag for tag in wanted if tag)


def listings(task: Task, filters: Filters) -> list[Listing]:
    """The lists to ask for, those of the task's own tags first."""
    words = (filters.query or "").strip() or None
    sort = _SORTS.get(filters.sort, "downloads")
    narrowing, bounds = _narrowing(filters), _bounds(filters)
    found = [Listing((tag,), words, sort) for tag in task.hub_tags]
    if narrowing or bounds:
        found += [
            Listing((tag, *narrowing), words, sort, bounds, needed=False) for tag in task.hub_tags
        ]
    if task.output_kind == "text":
        found.append(Listing(("gguf",), words, sort, needed=False))
    elif gives_vectors(task):
        found.append(Listing(("gguf",), words or EMBEDDERS, sort, needed=False))
    if words:
        found.append(Listing((), words, sort, needed=False))
    return found
