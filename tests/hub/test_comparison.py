# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.errors import BadSetting
from selector.fit.base import Fit
from selector.hub.candidate import Candidate
from selector.hub.comparison import compare
from selector.intervals import Interval
from selector.wording import Wording
from tests.hub.test_ranking import _ANY, candidate, sized


def test_differences_and_the_better_value_are_marked() -> None:
    lines = {line.key: line for line in compare([sized("a", 10, 6, 100), sized("b", 20, 12, 50)])}
    assert (lines["layers"].values, lines["layers"].differs) == ((6, 12), True)
    assert (lines["speed"].best, lines["parameters"].best) == ((0,), (0,))
    assert (lines["licence"].differs, lines["licence"].best) == (False, ())
    assert "data" not in lines  # nobody knows it


def test_an_unknown_value_beside_a_known_one_differs_and_is_never_the_best() -> None:
    lines = {line.key: line for line in compare([candidate("a", None), candidate("b", 20)])}
    assert lines["parameters"].differs
    assert lines["parameters"].best == ()


def test_speeds_in_different_units_are_not_compared() -> None:
    speed = Interval(5, 5, 5)
    texts, tokens = (
        candidate(unit[:2], fit=Fit("fits", None, speed, unit, "hub"))
        for unit in ("inputs/s", "tokens/s")
    )
    (line,) = (line for line in compare([texts, tokens]) if line.key == "speed")
    assert (line.differs, line.best) == (True, ())


@pytest.mark.parametrize("count", [0, 1, 5])
def test_two_to_four_are_compared(count: int) -> None:
    with pytest.raises(BadSetting):
        compare([candidate(str(n)) for n in range(count)])


@given(st.lists(_ANY, min_size=2, max_size=4))
def test_every_line_has_a_value_for_every_column_and_a_name(rows: list[Candidate]) -> None:
    for line in compare(rows):
        assert len(line.values) == len(rows)
        assert line.differs or not line.best
        assert Wording("en").has(f"compare.{line.key}")
