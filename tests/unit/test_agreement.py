# SPDX-License-Identifier: Apache-2.0
"""Forms of one model are compared on the user's inputs, and only they."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.tasks.outputs import Labels, Output, ScoredLabel, Similarity, Text, Vector
from selector.trial.agreement import compare, with_agreement
from selector.trial.measurement import Measurement

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def labels(**scores: float) -> Labels:
    ordered = sorted(scores.items(), key=lambda x: -x[1])
    return Labels(tuple(ScoredLabel(*x) for x in ordered))


def row(form: str, *outputs: Output | None, repo: str = "a/b", **more: object) -> Measurement:
    engine, _, precision = form.partition("-")
    return Measurement(f"{repo}@{COMMIT}#{form}", engine, precision, outputs, **more)  # type: ignore[arg-type]


def test_the_form_closest_to_the_original_is_what_the_others_are_compared_with() -> None:
    sure, unsure, other = labels(a=0.9, b=0.1), labels(a=0.6, b=0.4), labels(b=0.7, a=0.3)
    rows = with_agreement(
        [
            row("onnx-int8", unsure, other),
            row("onnx-fp32", sure, sure),
            row("torch-bf16", sure, sure),
            row("torch-fp32", sure, sure),
        ]
    )
    small, graph, half, original = (each.agreement for each in rows)
    assert original is None
    assert small is not None
    assert small.reference.endswith("#torch-fp32")
    assert (small.n, small.equal_answers) == (2, 0.5)
    assert small.largest_difference == pytest.approx(0.6)
    for each in (graph, half):
        assert each is not None
        assert (each.equal_answers, each.largest_difference) == (1.0, 0.0)


def test_other_models_commits_failures_and_endpoints_are_not_forms() -> None:
    said = labels(a=1.0)
    failed = row("onnx-fp32", None, error={"code": "engine.memory", "facts": {}})
    elsewhere = row("torch-fp32", said, repo="a/c")
    later = Measurement(f"a/b@{'f' * 40}#torch-fp32", "torch", "fp32", (said,))
    chat = Measurement("endpoint:b", "endpoint", "", (said,))
    rows = with_agreement([row("torch-fp32", said), failed, elsewhere, later, chat])
    assert [each.agreement for each in rows] == [None] * 5


def test_inputs_without_an_answer_of_both_do_not_count() -> None:
    said = Text("yes it is", 3)
    found = compare([said, None, Text("no", 1)], [None, said, Text(" no\n", 1)])
    assert found is not None
    assert (found.n, found.equal_answers, found.largest_difference) == (1, 1.0, None)
    assert compare([said, None], [None, said]) is None


@pytest.mark.parametrize(
    ("one", "other", "same", "difference"),
    [
        (Similarity(0.5), Similarity(0.504), True, 0.004),
        (Similarity(0.5), Similarity(0.6), False, 0.1),
        (Similarity(math.nan), Similarity(0.6), False, 1.0),
        (Vector((1.0, 0.0)), Vector((1.0, 0.0)), True, 0.0),
        (Vector((1.0, 0.0)), Vector((0.0, 1.0)), False, 1.0),
        (Vector((1.0, 0.0)), Vector((1.0,)), False, 1.0),
        (Labels(()), Labels(()), True, 0.0),
        (labels(a=math.nan), labels(a=0.5), True, 1.0),
        (Labels(()), Similarity(0.5), False, 1.0),
        # Lists of the best three: what is missing in one has no more than its last.
        (labels(a=0.5, b=0.3, c=0.1), labels(a=0.5, b=0.3, d=0.15), True, 0.05),
    ],
)
def test_what_counts_as_the_same(one: Output, other: Output, same: bool, difference: float) -> None:
    found = compare([one], [other])
    assert found is not None
    assert found.equal_answers == float(same)
    assert found.largest_difference == pytest.approx(difference)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.floats(0, 1), max_size=3)))
def test_a_form_agrees_with_itself(scores: list[dict[str, float]]) -> None:
    outputs = [labels(**each) for each in scores]
    found = compare(outputs, outputs)
    if found is not None:
        assert (found.equal_answers, found.largest_difference) == (1.0, 0.0)
