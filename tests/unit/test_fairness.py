# SPDX-License-Identifier: Apache-2.0
"""Times that other programs, heat or few rounds have spoilt say so; the others say nothing."""

from __future__ import annotations

import itertools
import math
import time
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.machine.facts import Power
from selector.trial.fairness import ROUNDS, Spent, notes_on, system_busy_s
from selector.trial.timing import timing
from selector.trial.turns import turns


def spent(*walls: float, cpu: float = 1.0, system: float = 1.0, threads: int = 1) -> Spent:
    """Turns on the same inputs; ``cpu`` and ``system`` are processor seconds a second of wall."""
    made = Spent(threads=threads)
    for wall in walls:
        made.add(0, wall, cpu * wall, system * wall)
    return made


def notes(made: Spent, *power: Power, shared: bool = False) -> tuple[str, ...]:
    return notes_on(made, power, shared=shared)


def test_a_machine_that_had_nothing_else_to_do_is_not_noisy() -> None:
    calm = spent(*[1.0] * ROUNDS, cpu=2.0, system=2.05, threads=2)
    assert not calm.busy(2)
    assert notes(calm, Power("mains", "powersave", 50.0)) == ()


@pytest.mark.parametrize(
    ("processors", "threads", "others", "noisy"),
    [
        (2, 2, 0.5, True),  # a quarter of the machine was somebody else's
        (2, 1, 0.5, False),  # there was room for both
        (2, 1, 1.3, True),
        (16, 8, 4.0, False),
        (16, 8, 10.0, True),
        (2, 64, 0.1, False),  # more threads than processors ask for the processors
        (2, 2, -0.2, False),  # counters tick: the system seems to have done less than we did
    ],
)
def test_other_programs_count_where_they_took_what_was_wanted(
    processors: int, threads: int, others: float, noisy: bool
) -> None:
    busy = spent(*[0.5] * 4, cpu=float(threads), system=threads + others, threads=threads)
    assert busy.busy(processors) is noisy


def test_a_few_milliseconds_say_nothing_about_others() -> None:
    assert not spent(0.004, 0.004, system=40.0).busy(2)


def test_the_same_inputs_in_very_different_times_are_unsteady() -> None:
    assert not spent(1.0, 1.05, 1.1, 1.02, 0.99).unsteady()
    assert spent(1.0, 1.5, 1.6, 1.4, 1.7).unsteady()
    assert not spent(1.0, 9.0).unsteady()  # two rounds are no distribution
    assert not spent(0.001, 0.002, 0.002).unsteady()


def test_every_reason_has_its_note_and_what_weighs_most_is_first() -> None:
    power = Power("battery", "performance low-power", 99.0, hot=True)
    found = notes(spent(1.0, system=999.0), Power("mains"), power, shared=True)
    reasons = ("shared", "busy", "hot", "battery", "saving", "few")
    assert found == tuple(f"timing.{reason}" for reason in reasons)
    assert notes(Spent()) == ()


def test_the_systems_counter_grows_while_we_compute() -> None:
    before, begun = system_busy_s(), time.process_time()
    while time.process_time() < begun + 0.2:
        pass
    assert system_busy_s() - before > 0.1


def test_the_fastest_is_told_beside_median_and_p95() -> None:
    found = timing([3.0, 1.0, 2.0])
    assert found is not None
    assert found.to_json() == {"median": 2.0, "min": 1.0, "p95": 3.0, "n": 3}


@given(st.integers(1, 5), st.integers(1, 40))
def test_everybody_is_first_equally_often_and_not_always_behind_the_same(
    contestants: int, cycles: int
) -> None:
    rounds = [
        [who for who, _ in turns(range(contestants), [0], 1, number)]
        for number in range(contestants * cycles)
    ]
    assert set(Counter(order[0] for order in rounds).values()) == {cycles}
    assert all(sorted(order) == list(range(contestants)) for order in rounds)
    if contestants >= 3 and cycles >= 12:
        pairs = {(a, b) for order in rounds for a, b in itertools.pairwise(order)}
        assert len(pairs) == math.perm(contestants, 2)
