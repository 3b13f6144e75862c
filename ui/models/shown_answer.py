# SPDX-License-Identifier: Apache-2.0
"""How one answer of one model reads in a cell, and which answers of a row stand apart. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from statistics import median
from typing import Literal

from PySide6.QtCore import Qt

from selector.tasks.outputs import (
    Labels,
    Number,
    Output,
    Passage,
    Similarity,
    Span,
    Spans,
    Text,
    Vector,
    answer,
)
from selector.wording import Wording

FAR = 0.2
"""Similarities this far from the middle one stand apart."""
RUNNERS_UP = 3


class AnswerRole(IntEnum):
    """Roles of cells that hold an answer."""

    ANSWER = Qt.ItemDataRole.UserRole + 1
    """A ShownAnswer, or None in a cell that holds none."""


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """What a cell shows."""

    text: str
    share: float | None = None
    """Length of the bar, 0 to 1; None without a bar."""
    note: str = ""
    """The number beside the bar."""
    tip: str = ""
    differs: bool = False
    """Unlike what most of the models of this row say."""
    right: bool | None = None
    """Whether it is the right answer; None when that is not known."""
    kind: Literal["answer", "waiting", "failed"] = "answer"
    marks: tuple[tuple[str, str], ...] = ()
    """Pieces of the input with what they are, each shown in the colour of its label."""


def shown_answer(output: Output, wording: Wording) -> ShownAnswer:
    """The cell for an output."""
    match output:
        case Number(value):
            known = math.isfinite(value)
            return ShownAnswer(wording.number(value) if known else wording.text("try.no_answer"))
        case Labels(labels, True) if labels:
            rest = [f"{x.label}: {_share(x.score, wording)}" for x in labels]
            said = ", ".join(output.holding) or wording.text("try.none_holds")
            return ShownAnswer(said, tip="\n".join(rest))
        case Labels(labels, _):
            if not labels:
                return ShownAnswer(wording.text("try.no_answer"))
            top = labels[0]
            rest = [f"{x.label}: {_share(x.score, wording)}" for x in labels[:RUNNERS_UP]]
            share = min(1.0, max(0.0, top.score)) if math.isfinite(top.score) else None
            return ShownAnswer(top.label, share, _share(top.score, wording), "\n".join(rest))
        case Similarity(score):
            known = math.isfinite(score)
            text = wording.number(score, 2) if known else wording.text("try.no_answer")
            return ShownAnswer(text, min(1.0, max(0.0, score)) if known else None)
        case Passage():
            share = min(1.0, max(0.0, output.score)) if math.isfinite(output.score) else None
            text = " ".join(output.text.split()) or wording.text("try.no_answer")
            return ShownAnswer(text, share, _share(output.score, wording), output.text)
        case Spans(spans):
            return _marked(spans, wording)
        case Vector(values):
            return ShownAnswer(wording.text("try.dimensions", n=len(values)))
        case Text(text, tokens):
            note = wording.text("try.tokens", n=tokens)
            return ShownAnswer(text.strip() or wording.text("try.no_answer"), None, note, text)


def _marked(spans: Sequence[Span], wording: Wording) -> ShownAnswer:
    if not spans:
        return ShownAnswer(wording.text("try.nothing_marked"))
    marks = tuple((" ".join(span.text.split()), span.label) for span in spans)
    tips = [f"{x.label}: {' '.join(x.text.split())} ({_share(x.score, wording)})" for x in spans]
    said = "; ".join(f"{text} ({name})" for text, name in marks)
    return ShownAnswer(said, tip="\n".join(tips), marks=marks)


def _share(value: float, wording: Wording) -> str:
    return wording.percent(value) if math.isfinite(value) else "–"


def label_number(name: str) -> int:
    """A number that is the same for a label wherever it is shown, so that its colour is."""
    return sum(name.casefold().encode("utf-8", "replace"))


def standing_apart(outputs: Sequence[Output | None]) -> list[bool]:
    """Of each answer, whether it differs from what most say; where no answer leads, all differ."""
    said = [None if x is None else answer(x) for x in outputs]
    numbers = [x for x in said if isinstance(x, float) and math.isfinite(x)]
    if numbers:
        middle = median(numbers)
        return [isinstance(x, float) and abs(x - middle) > FAR for x in said]
    words = [x.strip().casefold() if isinstance(x, str) else None for x in said]
    counts = Counter(x for x in words if x is not None)
    if len(counts) < 2:
        return [False] * len(words)
    (first, most), (_, second) = counts.most_common(2)
    leader = first if most > second else None
    return [x is not None and x != leader for x in words]
