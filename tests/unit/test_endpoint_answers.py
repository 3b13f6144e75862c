# SPDX-License-Identifier: Apache-2.0
"""Reading what chat endpoints answer, and what they are asked."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector import registry
from selector.endpoint_errors import AnswerBad, AnswerRefused, AnswerUnusable
from selector.engines.endpoint.chat import retry_after
from selector.engines.endpoint.config import Endpoint
from selector.engines.endpoint.prompts import Prompt
from selector.engines.endpoint.question import Dialect, question
from selector.engines.endpoint.reply import Reply, output_of, read_reply, reply_from_json
from selector.tasks.outputs import Labels, Similarity, Text
from tests.loopback_llm import completion

LABELS = ("lost_card", "Refund", "other", "other fees", "Élan")
END = Endpoint("e", "https://x.org/v1", "m")
PROMPT = Prompt("", "{labels}\n{input}")


def label(text: str, labels: tuple[str, ...] = LABELS) -> str:
    found = output_of(Reply(text, "stop"), "labels", labels)
    assert isinstance(found, Labels)
    return found.labels[0].label


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ('{"label": "Refund"}', "Refund"),
        ('```json\n{"label": "other fees"}\n```', "other fees"),
        ('Sure! {"label": "lost_card"} is it.', "lost_card"),
        ('{"category": "Refund"}', "Refund"),
        ('"Refund"', "Refund"),
        ("refund.", "Refund"),
        ("**Lost card**", "lost_card"),
        ("- elan", "Élan"),
        ("The text belongs to “other fees”, I think.", "other fees"),
        ("<think>Is it lost_card? No.</think>\nRefund", "Refund"),
    ],
)
def test_a_category_is_found_however_it_is_said(said: str, meant: str) -> None:
    assert label(said) == meant


@pytest.mark.parametrize(
    "said",
    [
        "", "   ", "none of them", "Refund or lost_card", "refunded", '{"label": null}', '{"label": "x"}',
        "{" * 5000, "<think>Refund", '{"label": ["Refund", "other"]}',
    ],
)  # fmt: skip
def test_an_answer_without_one_clear_category_is_unusable(said: str) -> None:
    with pytest.raises(AnswerUnusable):
        label(said)


def test_labels_that_differ_in_case_alone_are_told_apart_or_not_guessed() -> None:
    assert label("yes", ("Yes", "yes")) == "yes"
    with pytest.raises(AnswerUnusable):
        label("YES", ("Yes", "yes"))


def test_a_refusal_is_one_whatever_it_says() -> None:
    with pytest.raises(AnswerRefused):
        output_of(Reply("Refund", "stop", refusal="I cannot help."), "labels", LABELS)
    with pytest.raises(AnswerRefused):
        output_of(Reply("", "content_filter"), "text", ())


def test_a_cut_answer_says_that_it_was_cut() -> None:
    with pytest.raises(AnswerUnusable) as caught:
        output_of(Reply("<think>hmm", "length"), "labels", LABELS)
    assert caught.value.facts["reason"] == "endpoint.cut"


@pytest.mark.parametrize(
    ("said", "number"),
    [('{"similarity": 0.25}', 0.25), ("0,5", 0.5), ("About 1.", 1.0), ("-0.5", -0.5)],
)
def test_a_similarity_is_a_number(said: str, number: float) -> None:
    assert output_of(Reply(said, "stop"), "similarity", ()) == Similarity(number)


@pytest.mark.parametrize(
    "said", ["close", "7", '{"similarity": true}', '{"similarity": NaN}', "1e999"]
)
def test_what_is_no_similarity_is_unusable(said: str) -> None:
    with pytest.raises(AnswerUnusable):
        output_of(Reply(said, "stop"), "similarity", ())


def test_text_is_kept_without_thoughts() -> None:
    reply = Reply("<thinking>well</thinking> Hello <b>you</b> ", "stop", completion_tokens=7)
    assert output_of(reply, "text", ()) == Text("Hello <b>you</b>", 7)


@given(st.text(), st.sampled_from(["labels", "similarity", "text"]))
def test_any_text_is_an_answer_or_a_plain_error(said: str, kind: Any) -> None:
    try:
        found = output_of(Reply(said, "stop"), kind, LABELS)
    except (AnswerUnusable, AnswerRefused):
        return
    if isinstance(found, Labels):
        assert found.labels[0].label in LABELS


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda x: st.lists(x) | st.dictionaries(
        st.sampled_from(["choices", "message", "content", "usage", "prompt_tokens", "refusal", "finish_reason"]), x
    ),
)  # fmt: skip


@given(JSON | JSON.map(lambda x: completion(None, message={"content": x}, usage=x)))
def test_any_json_is_a_reply_or_a_plain_error(data: Any) -> None:
    try:
        reply = read_reply(data, "x.org")
    except AnswerBad:
        return
    assert reply_from_json(json.loads(json.dumps(reply.to_json()))) == reply


def test_token_counts_that_cannot_be_are_unknown() -> None:
    odd = completion("x", usage={"prompt_tokens": -3, "completion_tokens": "many"})
    assert read_reply(odd, "h").prompt_tokens is None
    assert read_reply(odd, "h").completion_tokens is None


# -- questions ----------------------------------------------------------------------------------------


def test_the_key_of_a_question_changes_with_all_that_changes_its_answer() -> None:
    task = registry.task("text-classification")
    base = question(task, PROMPT, "hello", ("a", "b"), END, {})
    others = [
        question(task, PROMPT, "hello!", ("a", "b"), END, {}),
        question(task, PROMPT, "hello", ("a", "c"), END, {}),
        question(task, Prompt("x", PROMPT.user), "hello", ("a", "b"), END, {}),
        question(task, PROMPT, "hello", ("a", "b"), END, {"temperature": 1.0}),
    ]
    keys = {x.key(END) for x in (base, *others)}
    keys |= {
        base.key(Endpoint("e", END.address, "n")),
        base.key(Endpoint("e", "https://y.org/v1", "m")),
    }
    assert len(keys) == 7
    assert base.key(END) == base.key(Endpoint("renamed", END.address, "m", key="keyring"))


@pytest.mark.parametrize(
    ("refusal", "gone"),
    [
        ("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", "max_tokens"),
        ("temperature does not support 0.0 with this model", "temperature"),
        ("'response_format.type' must be text", "response_format"),
        ("failed to parse grammar", "response_format"),
    ],
)
def test_what_a_server_refuses_is_left_out(refusal: str, gone: str) -> None:
    asked = question(registry.task("text-classification"), PROMPT, "x", ("a", "b"), END, {})
    first = Dialect()
    assert gone in first.body(END, asked)
    second = first.without(refusal)
    assert second is not None
    assert gone not in second.body(END, asked)
    assert second.without(refusal) is None


def test_another_refusal_is_not_argued_with() -> None:
    assert Dialect().without("model not found") is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None), ("", None), ("soon", None), ("-3", None), ("7", 7.0), ("0.5", 0.5), ("٣", None),
        ("Wed, 21 Oct 2026 07:28:30 GMT", 30.0), ("Wed, 21 Oct 2020 07:28:00 GMT", 0.0),
    ],
)  # fmt: skip
def test_how_long_to_wait_is_read_from_seconds_or_a_date(
    value: str | None, seconds: float | None
) -> None:
    assert retry_after(value, datetime(2026, 10, 21, 7, 28, tzinfo=UTC)) == seconds


@given(st.text())
def test_any_retry_after_is_read_without_failing(value: str) -> None:
    found = retry_after(value, datetime.now(UTC))
    assert found is None or found >= 0
