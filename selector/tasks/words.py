# SPDX-License-Identifier: Apache-2.0
"""Finds tasks from plain words, in English or French."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from selector.tasks.base import Task


def fold(text: str) -> str:
    """Lower case, without accents."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _matches(word: str, known: str) -> float:
    """1 for the same word, less for a shared stem of at least four letters, else 0."""
    if word == known:
        return 1.0
    stem = min(len(word), len(known), max(4, len(known) - 3))
    return 0.8 if stem >= 4 and word[:stem] == known[:stem] else 0.0


def match(words: str, tasks: Iterable[Task]) -> list[tuple[Task, float]]:
    """Every task with a score from 0 to 1, best first; without words all score 0, in order of id."""
    asked = [w for w in re.findall(r"\w+", fold(words)) if len(w) > 2]
    scored = []
    for task in sorted(tasks, key=lambda item: item.id):
        if words.strip().lower() == task.id:
            scored.append((task, 1.0))
            continue
        known = [fold(w) for vocabulary in task.words.values() for w in vocabulary]
        known += re.findall(
            r"\w+", fold(" ".join([task.id.replace("-", " "), *task.title.values()]))
        )
        hits = [
            max((_matches(word, k) for k in known if len(k) > 2), default=0.0) for word in asked
        ]
        total = sum(hits)
        # One good hit among filler words is a match; more hits make it a better one.
        scored.append((task, min(1.0, total / 2) if total else 0.0))
    return sorted(scored, key=lambda pair: -pair[1])
