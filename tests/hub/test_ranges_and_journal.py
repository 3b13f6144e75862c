# SPDX-License-Identifier: Apache-2.0
"""Which bytes are here, what a journal says of them, how many connections are used, how long is waited."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from selector.errors import HubBusy
from selector.hub import ranges
from selector.hub.growth import Growth
from selector.hub.journal import HEAD_BYTES, Note, journal_of, read_note, written
from selector.hub.part import Part
from selector.hub.patience import Patience

SIZE = 60
SPANS = st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=12)


@given(SPANS)
def test_what_is_here_and_what_is_missing_are_the_whole_file_once(
    spans: list[tuple[int, int]],
) -> None:
    here = {at for start, stop in spans for at in range(max(0, start), min(SIZE, stop))}
    missing = {at for start, stop in ranges.gaps(spans, SIZE) for at in range(start, stop)}
    assert here | missing == set(range(SIZE))
    assert not here & missing
    assert ranges.total(spans, SIZE) == len(here)
    ahead = ranges.prefix(spans, SIZE)
    assert set(range(ahead)) <= here
    assert ahead == SIZE or ahead not in here


@given(
    st.lists(st.tuples(st.integers(0, SIZE - 1), st.binary(min_size=1, max_size=20)), max_size=8)
)
def test_a_part_that_is_closed_at_any_moment_goes_on_with_what_was_written(
    writes: list[tuple[int, bytes]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, note = Path(folder) / "x.part", Note("org/name", "0" * 40, "m", SIZE)
        part = Part(path, note, both_hashes=False)
        for wanted, chunk in writes:
            gaps = [(a, b) for a, b in part.missing() if a <= wanted < b]
            if gaps:
                start, stop = gaps[0]
                assert part.write(part.span(start), chunk[: stop - start])
        left = part.missing()
        part.close()
        assert not part.write(0, b"late")  # a connection that was left behind
        assert read_note(path) == note
        again = Part(path, note, both_hashes=False)
        assert again.missing() == left
        again.close()


@given(st.binary(max_size=300))
def test_a_journal_of_rubbish_means_that_nothing_is_here(rubbish: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        part = Path(folder) / "x.part"
        part.write_bytes(b"p" * SIZE)
        journal_of(part).write_bytes(rubbish)
        assert written(part, SIZE) == []
        assert read_note(part) is None
        head = b'{"repo": "a/b", "revision": "r", "path": "p", "size": 60}'.ljust(HEAD_BYTES)
        journal_of(part).write_bytes(head + rubbish)
        assert all(0 <= start < stop <= SIZE for start, stop in written(part, SIZE))


def _allowed(rates: list[float]) -> int:
    """How many connections are used in the end, if so many of them bring so much together."""
    growth, received = Growth(), 0.0
    for step in range(40):
        received += rates[growth.allowed - 1] * 0.25
        growth.observe(step * 0.25, int(received), busy=True)
    return growth.allowed


def test_connections_are_added_only_as_long_as_they_help() -> None:
    assert _allowed([100, 200, 300, 400]) == 4
    assert _allowed([100, 101, 102, 103]) == 1
    assert _allowed([100, 180, 185, 190]) == 2


def test_a_server_that_refuses_gets_fewer_connections() -> None:
    growth = Growth()
    growth.allowed = 3
    growth.trouble()
    assert growth.allowed == 2


def test_patience_grows_and_ends() -> None:
    patience = Patience(attempts=4, pause_s=1, longest_pause_s=3)
    assert [patience.pause(None, n) for n in range(5)] == [0, 1, 2, 3, None]
    assert patience.pause(HubBusy(retry_after_s=20), 1) == 20
    assert patience.pause(HubBusy(retry_after_s=1000), 1) is None
    assert patience.pause(HubBusy(retry_after_s=1), patience.refusals) is None
