# SPDX-License-Identifier: Apache-2.0
"""Tags become spans: schemes, words in pieces, spaces; and how much of what was wanted was marked."""

from __future__ import annotations

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.decide.metrics import METRICS
from selector.decide.span_metrics import read_wanted, span_counts
from selector.errors import DataUnreadable
from selector.tasks.outputs import Span, Spans, from_json, to_json
from selector.tasks.tagging import Tagged, has_outside, spans_of, split_tag

TEXT = "Marie Curie in Paris, Lyon"
PLACES = [(0, 5), (6, 11), (12, 14), (15, 20), (20, 21), (22, 26)]


def marked(tags: list[str], *, whole_words: bool = False) -> list[tuple[str, str]]:
    tokens = [
        Tagged(a, b, tag, 0.5, i) for i, ((a, b), tag) in enumerate(zip(PLACES, tags, strict=True))
    ]
    return [(x.label, x.text) for x in spans_of(TEXT, tokens, whole_words)]


@pytest.mark.parametrize(
    ("tags", "wanted"),
    [
        (["B-PER", "I-PER", "O", "B-LOC", "O", "B-LOC"], [("PER", "Marie Curie"), ("LOC", "Paris"), ("LOC", "Lyon")]),
        (["I-PER", "I-PER", "O", "I-LOC", "O", "I-LOC"], [("PER", "Marie Curie"), ("LOC", "Paris"), ("LOC", "Lyon")]),
        (["B-PER", "E-PER", "O", "S-LOC", "S-LOC", "S-LOC"],
         [("PER", "Marie Curie"), ("LOC", "Paris"), ("LOC", ","), ("LOC", "Lyon")]),
        (["PER", "PER", "O", "LOC", "LOC", "LOC"], [("PER", "Marie Curie"), ("LOC", "Paris, Lyon")]),
        (["B-PER", "B-PER", "O", "U-LOC", "O", "L-LOC"],
         [("PER", "Marie"), ("PER", "Curie"), ("LOC", "Paris"), ("LOC", "Lyon")]),
        (["O"] * 6, []),
    ],
    ids=["bio", "io-prefixed", "bioes", "plain", "bilou", "nothing"],
)  # fmt: skip
def test_every_usual_scheme_gives_its_spans(tags: list[str], wanted: list[tuple[str, str]]) -> None:
    assert marked(tags) == wanted


def test_parts_of_speech_stay_apart() -> None:
    tags = ["NOUN", "NOUN", "ADP", "NOUN", "PUNCT", "NOUN"]
    assert not has_outside(tags)
    assert len(marked(tags, whole_words=True)) == 6
    assert has_outside(["O", "B-PER"])
    assert split_tag("B_PER") == ("B", "PER")
    assert split_tag("Brand") == ("", "Brand")


def test_a_word_in_pieces_is_one_thing_whatever_its_pieces_say() -> None:
    text = "Varsovie!"
    pieces = [
        Tagged(0, 3, "B-LOC", 0.8, 0),
        Tagged(3, 8, "O", 0.6, 0),
        Tagged(8, 9, "I-LOC", 0.9, 0),
    ]
    (span,) = spans_of(text, pieces[:2], whole_words=False)
    assert (span.start, span.end, span.text) == (0, 8, "Varsovie")
    assert span.score == pytest.approx(0.7)
    apart = spans_of(
        "a bc", [Tagged(0, 1, "O", 1, 0), Tagged(1, 4, "B-X", 1, 1)], whole_words=False
    )
    assert [(x.start, x.text) for x in apart] == [(2, "bc")]  # no space in front


TAGS = st.sampled_from(["O", "B-A", "I-A", "E-A", "B", ""])


@given(
    st.text(max_size=30),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 6), TAGS), max_size=12),
    st.booleans(),
)
def test_spans_lie_in_the_text_whatever_the_model_says(
    text: str, drawn: list[tuple[int, int, str]], whole_words: bool
) -> None:
    ordered = sorted(drawn)
    tokens = [
        Tagged(min(a, len(text)), min(a + n, len(text)), tag, 0.5, i)
        for i, (a, n, tag) in enumerate(ordered)
    ]
    for span in spans_of(text, tokens, whole_words):
        assert span.text == text[span.start : span.end] == span.text.strip() != ""
        assert 0 <= span.score <= 1


def test_references_are_read_in_every_way_and_others_refused() -> None:
    assert [(x.label, x.text) for x in read_wanted("PER: Marie Curie; LOC: 12:30 train")] == [
        ("PER", "Marie Curie"),
        ("LOC", "12:30 train"),
    ]
    placed = read_wanted(json.dumps([{"label": "PER", "start": 0, "end": 5}]))
    assert (placed[0].start, placed[0].end) == (0, 5)
    assert read_wanted("-") == read_wanted("[]") == read_wanted("Aucun") == []
    for bad in (
        "Marie",
        "PER:",
        ": Marie",
        "[1]",
        '[{"label": "X"}]',
        "[",
        '[{"label":"X","start":5,"end":2}]',
    ):
        with pytest.raises(DataUnreadable):
            read_wanted(bad)


@given(st.text(max_size=40))
def test_any_cell_is_read_or_refused_by_name(cell: str) -> None:
    with contextlib.suppress(DataUnreadable):
        assert all(x.label and (x.text or x.start is not None) for x in read_wanted(cell))


def test_span_f1_counts_places_labels_and_texts() -> None:
    said = Spans((Span(0, 11, "PER", 0.9, "Marie Curie"), Span(15, 20, "ORG", 0.9, "Paris")))
    assert span_counts(said, "person: marie curie; LOC: Paris", True) == [1, 2, 2]
    assert span_counts(said, "person: marie curie; LOC: Paris", False) == [2, 2, 2]
    placed = '[{"label": "PER", "start": 0, "end": 11}, {"label": "PER", "start": 1, "end": 11}]'
    assert span_counts(said, placed, True) == [1, 2, 2]
    assert span_counts(None, "PER: x", True) == [0, 0, 1]
    f1 = METRICS["span-f1"]
    rows = f1.statistics(
        [said, None, Spans(())], ["PER: Marie Curie; LOC: Paris", "PER: x", "-"], []
    )
    assert float(f1.score(rows.sum(axis=0))) == pytest.approx(2 * 1 / (2 + 3))
    assert f1.score(np.zeros(3)) == 1  # nothing to be marked, nothing marked
    assert from_json(to_json(said)) == said
