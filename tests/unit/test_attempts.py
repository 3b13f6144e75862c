# SPDX-License-Identifier: Apache-2.0
"""What a download says while nothing comes."""

from __future__ import annotations

import pytest

from selector.hub.attempts import SILENT_S, Attempts


def test_bytes_that_come_are_fetching_and_silence_is_counted_down_to_the_time_limit() -> None:
    attempts = Attempts(10.0)
    attempts.begun(100.0)
    assert attempts.state(100.0 + SILENT_S / 2, working=True) == ("fetching", None)
    assert attempts.state(104.0, working=True) == ("reconnecting", 6.0)
    assert attempts.state(107.0, working=True) == ("reconnecting", 3.0)
    assert attempts.state(111.0, working=True) == ("reconnecting", 0.0)
    attempts.came(112.0)
    assert attempts.state(112.5, working=True) == ("fetching", None)


@pytest.mark.parametrize(("asked", "state"), [(True, "waiting"), (False, "reconnecting")])
def test_a_pause_says_who_wants_it_and_how_long(asked: bool, state: str) -> None:
    attempts = Attempts(10.0)
    attempts.begun(100.0)
    attempts.failed(101.0, 8.0, asked=asked)
    assert attempts.state(104.0, working=False) == (state, 5.0)
    attempts.begun(109.0)
    assert attempts.state(109.1, working=True) == ("reconnecting", None), "until a byte comes"
    attempts.came(110.0)
    assert attempts.state(110.1, working=True) == ("fetching", None)


def test_a_connection_that_brought_something_and_is_replaced_at_once_is_not_mentioned() -> None:
    attempts = Attempts(10.0)
    attempts.begun(100.0)
    attempts.came(101.0)
    attempts.failed(101.5, 0.0, asked=False)
    attempts.begun(101.6)
    assert attempts.state(101.7, working=True) == ("fetching", None)
