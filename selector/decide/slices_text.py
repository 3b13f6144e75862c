# SPDX-License-Identifier: Apache-2.0
"""Parts of the examples in words, for the command line and the window alike."""

from __future__ import annotations

from selector.decide.slice_facts import Part, PartScore, Slices
from selector.wording import Wording

MARKS = {"below": "▼ ", "above": "▲ ", "": ""}


def name(part: Part, words: Wording) -> str:
    """What the examples of a part have in common."""
    return words.text(f"slices.part.{part.by}", column=part.column, value=part.value)


def cell(score: PartScore, words: Wording) -> str:
    """Score and interval in whole percents, marked where it stands out: ``▼ 79% (70–86)``."""
    low, high = (words.number(round(100 * x)) for x in (score.low, score.high))
    return f"{MARKS[score.standing]}{words.percent(round(score.score, 2))} ({low}–{high})"


def tip(score: PartScore, words: Wording) -> str:
    """What the mark means, with the corrected p-value; empty without a mark."""
    if not score.standing or score.p is None:
        return ""
    return words.text(f"slices.{score.standing}", p=words.number(max(score.p, 0.0001), 2))


def notes(found: Slices, words: Wording) -> list[str]:
    """How to read the table, and what is not in it."""
    marked = sum(bool(s.standing) for part in found.parts for s in part.scores.values())
    key = "slices.corrected" if marked else "slices.none_marked"
    told = [words.text(key, looks=found.looks, n=marked)] if found.looks else []
    if found.too_small:
        told.append(words.text("slices.too_small", n=found.too_small))
    if found.skipped:
        told.append(words.text("slices.skipped", columns=list(found.skipped)))
    return told
