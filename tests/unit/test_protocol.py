# SPDX-License-Identifier: Apache-2.0
"""The protocol: what is written is read back, and everything else is a ProtocolProblem."""

from __future__ import annotations

import contextlib
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.errors import ProtocolProblem
from selector.worker.protocol import (
    MAX_LINE,
    TERMINAL,
    Event,
    Request,
    decode_event,
    decode_request,
    encode,
)
from selector.worker.wire import lines

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
DATA = st.dictionaries(TEXT, JSON, max_size=5)
KINDS = st.sampled_from(["ready", "progress", "result", "failed", "cancelled"])


@given(st.integers(), TEXT, DATA)
def test_a_request_survives_the_wire(number: int, op: str, args: dict[str, object]) -> None:
    line = encode(Request(number, op, args))
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert decode_request(line) == Request(number, op, args)


@given(st.integers(), KINDS, DATA)
def test_an_event_survives_the_wire(number: int, kind: str, data: dict[str, object]) -> None:
    event = Event(number, kind, data)  # type: ignore[arg-type]
    assert decode_event(encode(event)) == event
    assert event.terminal == (kind in TERMINAL)


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_anything_else_is_a_protocol_problem(line: bytes) -> None:
    for decode in (decode_request, decode_event):
        with contextlib.suppress(ProtocolProblem):
            decode(line)
            pytest.fail("it was accepted")


@pytest.mark.parametrize(
    "line",
    [
        b'{"v":2,"id":1,"op":"run","kind":"result"}',
        b'{"v":1,"id":true,"op":"run","kind":"result"}',
        b'{"v":1,"id":1,"op":5,"kind":"surprise"}',
        b'{"v":1,"id":1,"op":"run","args":[],"kind":"result","data":[]}',
        b"[" * 100_000,
    ],
)
def test_almost_right_is_wrong(line: bytes) -> None:
    for decode in (decode_request, decode_event):
        with pytest.raises(ProtocolProblem):
            decode(line)


def test_unknown_fields_are_ignored() -> None:
    line = b'{"v":1,"id":4,"op":"run","args":{},"since":"a later version"}'
    assert decode_request(line) == Request(4, "run", {})


def test_too_much_is_refused_on_both_sides() -> None:
    with pytest.raises(ProtocolProblem):
        encode(Request(1, "run", {"text": "x" * MAX_LINE}))
    with pytest.raises(ProtocolProblem):
        decode_request(b" " * (MAX_LINE + 1))


def test_the_line_after_one_that_is_too_long_is_read_whole() -> None:
    good = encode(Request(1, "run"))
    found = list(lines(io.BytesIO(b"x" * (2 * MAX_LINE + 5) + b"\n" + good + b"cut off")))
    assert isinstance(found[0], ProtocolProblem)
    assert found[1:] == [good, b"cut off"]
