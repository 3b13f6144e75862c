# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.decide.differences import CLOSE, compared, differences
from selector.tasks.outputs import Labels, Output, ScoredLabel, Similarity, Text, Vector, to_json

DOCUMENT: dict[str, Any] = {
    "machine": {"os": "linux", "cpu": {"name": "old"}, "accelerators": []},
    "versions": {"torch": "2.13.0", "gone": "1"},
}


def test_what_is_not_as_it_was_is_named_and_nothing_else() -> None:
    here = {"os": "linux", "cpu": {"name": "new"}, "accelerators": [{"name": "gpu"}]}
    found = differences(DOCUMENT, here, {"torch": "2.13.1", "more": "2"})
    assert [(x.code, x.facts["there"], x.facts["here"]) for x in found] == [
        ("differs.cpu", "old", "new"),
        ("differs.accelerators", "–", "gpu"),
        ("differs.library", "2.13.0", "2.13.1"),
    ]
    assert differences(DOCUMENT, DOCUMENT["machine"], DOCUMENT["versions"]) == ()


@pytest.mark.parametrize("machine", [{}, {"os": None, "cpu": "x", "accelerators": 3}])
def test_a_machine_that_was_not_recorded_differs_in_nothing(machine: dict[str, Any]) -> None:
    assert differences({"machine": machine, "versions": {}}, DOCUMENT["machine"], {}) == ()


def labels(**scores: float) -> Labels:
    ranked = sorted(scores.items(), key=lambda pair: -pair[1])
    return Labels(tuple(ScoredLabel(name, score) for name, score in ranked))


@pytest.mark.parametrize(
    ("before", "now", "same"),
    [
        (labels(a=0.7, b=0.3), labels(a=0.7 + CLOSE / 2, b=0.3), True),
        (labels(a=0.7, b=0.3), labels(a=0.69, b=0.31), False),
        (labels(a=0.7, b=0.3), labels(a=0.7, c=0.3), False),
        (labels(a=0.500001, b=0.499999), labels(a=0.499999, b=0.500001), False),
        (labels(a=0.6, b=0.2000001, c=0.2), labels(a=0.6, b=0.2, c=0.2000001), True),
        (Vector((1.0, 0.0)), Vector((1.0, 1e-5)), True),
        (Vector((1.0, 0.0)), Vector((1.0,)), False),
        (Similarity(0.5), Similarity(0.6), False),
        (Text("a", 1), Text("a", 1), True),
        (Text("a", 1), Text("b", 1), False),
        (Text("a", 1), Similarity(0.5), False),
        (Text("a", 1), None, False),
    ],
)
def test_an_answer_is_the_same_when_words_are_equal_and_numbers_close(
    before: Output, now: Output | None, same: bool
) -> None:
    assert compared([{"input": "x", "output": to_json(before)}], [now])[0] == int(same)


def test_a_recorded_answer_that_cannot_be_read_is_not_the_same() -> None:
    assert compared([{"input": "x", "output": {"kind": "labels"}}], [Text("a", 1)]) == (0, None)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=5), st.floats(-0.1, 0.1))
def test_the_largest_difference_is_the_largest_of_all_samples(
    values: list[float], shift: float
) -> None:
    samples = [{"input": "x", "output": to_json(Similarity(value))} for value in values]
    outputs = [Similarity(values[0] + shift), *map(Similarity, values[1:])]
    same, largest = compared(samples, outputs)
    assert largest == abs(values[0] - (values[0] + shift))
    assert same == len(values) - (largest > CLOSE)
