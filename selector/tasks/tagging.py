# SPDX-License-Identifier: Apache-2.0
"""From tags of tokens to spans of text: schemes of tags, words kept whole, windows over long texts. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from selector.tasks.outputs import Span

_TAG = re.compile(r"([BIESLU])[-_](.+)", re.DOTALL)
_OUTSIDE = frozenset({"o", "out", "outside", "null", "none", ""})
_STARTS, _ENDS = frozenset("BSU"), frozenset("ESLU")


@dataclass(frozen=True, slots=True)
class Tagged:
    """One token: its characters in the text, its tag, how probable, and which word it is part of."""

    start: int
    end: int
    tag: str
    score: float
    word: int | None = None


def split_tag(tag: str) -> tuple[str, str]:
    """Prefix (one of ``BIESLU`` or nothing) and label; the label is empty outside of everything."""
    if tag.strip().lower() in _OUTSIDE:
        return "", ""
    found = _TAG.fullmatch(tag)
    return (found[1], found[2]) if found else ("", tag)


def has_outside(tags: Sequence[str]) -> bool:
    """Whether a set of tags has one for "nothing here"; without it every word is a span of its own."""
    return any(not split_tag(tag)[1] for tag in tags)


def spans_of(text: str, tokens: Sequence[Tagged], whole_words: bool) -> tuple[Span, ...]:
    """Spans of ``text``, in order; the score is the mean over its tokens.

    A token that goes on with a word takes the tag of the word's beginning, as such models are trained.
    ``whole_words``: neighbours of one label stay apart, as in parts of speech.
    """
    spans: list[Span] = []
    scores: list[float] = []
    open_label = ""
    ended = True
    before: Tagged | None = None
    for token in tokens:
        goes_on = (
            before is not None
            and token.word is not None
            and token.word == before.word
            and token.start == before.end
            and text[token.start : token.end][:1].isalnum()
        )
        before = token
        if token.end <= token.start:
            continue
        if goes_on:
            if open_label:
                _extend(spans, scores, text, token)
            continue
        prefix, label = split_tag(token.tag)
        joins = label and label == open_label and not ended and prefix not in _STARTS
        if joins and not whole_words:
            _extend(spans, scores, text, token)
        elif label:
            scores = [token.score]
            spans.append(_trimmed(text, token.start, token.end, label, token.score))
        open_label, ended = label, prefix in _ENDS
    return tuple(span for span in spans if span.end > span.start)


def _extend(spans: list[Span], scores: list[float], text: str, token: Tagged) -> None:
    last = spans[-1]
    scores.append(token.score)
    mean = sum(scores) / len(scores)
    spans[-1] = _trimmed(text, last.start, token.end, last.label, mean)


def _trimmed(text: str, start: int, end: int, label: str, score: float) -> Span:
    """Without the spaces that some tokenizers count in."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end, label, score, text[start:end])
