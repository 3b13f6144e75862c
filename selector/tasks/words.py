# SPDX-License-Identifier: Apache-2.0
"""Finds tasks from plain words, in English or French."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from selector.tasks.base import Task

_LATE = 0.4
"""What the last word of a vocabulary loses against the first."""
_TITLE = 0.5
"""What a word of a task's title or id counts beside one of its vocabulary."""


def fold(text: str) -> str:
    """Lower case, without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


_FILLER = re.compile(
    r"the|and|for|with|into|from|that|this|are|one|two|texts?"
    r"|des|les|une|aux|dans|par|pour|sur|avec|mes|mon|ses|son|est|qui|que|sont|deux|ces|textes?"
)


def _words(text: str) -> list[str]:
    # Two letters and less are articles and prepositions in both languages.
    found = re.findall(r"\w+", fold(text))
    return [word for word in found if len(word) > 2 and not _FILLER.fullmatch(word)]


def _matches(word: str, known: str) -> float:
    """1 for the same word, less for a shared stem, else 0."""
    if word == known:
        return 1.0
    stem = 0
    for a, b in zip(word, known, strict=False):
        if a != b:
            break
        stem += 1
    # Endings of both languages take up to four letters: classer, classification is a word of its own.
    return 0.8 if stem >= 4 and stem >= len(known) - 4 and stem >= len(word) - 4 else 0.0


def _hits(asked: Sequence[str], task: Task) -> list[float]:
    """How well each asked word fits ``task``; earlier words of a vocabulary say more about the job."""
    known = [(word, _TITLE) for word in _words(" ".join([task.id, *task.title.values()]))]
    for vocabulary in task.words.values():
        for place, phrase in enumerate(vocabulary):
            weight = 1.0 - _LATE * place / len(vocabulary)
            known += [(word, weight) for word in _words(phrase)]
    return [max((_matches(word, k) * weight for k, weight in known), default=0.0) for word in asked]


def match(words: str, tasks: Iterable[Task]) -> list[tuple[Task, float]]:
    """Every task with a score from 0 to 1, best first; without words all score 0, in order of id.

    A word that fits several tasks says less about each of them.
    """
    ordered = sorted(tasks, key=lambda item: item.id)
    exact = words.strip().casefold()
    asked = list(dict.fromkeys(_words(words)))
    table = [_hits(asked, task) for task in ordered]
    sums = [sum(row[i] for row in table) for i in range(len(asked))]
    scored = []
    for task, row in zip(ordered, table, strict=True):
        points = sum(hit * hit / total for hit, total in zip(row, sums, strict=True) if total > 0)
        # Half of what is possible for one clear word; more words come ever closer to one.
        scored.append((task, 1.0 if exact == task.id else points / (points + 0.5)))
    return sorted(scored, key=lambda pair: -pair[1])
