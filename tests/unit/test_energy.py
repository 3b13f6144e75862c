# SPDX-License-Identifier: Apache-2.0
"""Energy by the processor's counters: read where they are, and no figure where they are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from selector.desk.single_times import _each
from selector.machine.energy import Counters, idle_watts, joules, read_counters

AROUND = 1_000_000_000


def zone(root: Path, name: str, kind: str, used: str, around: str = str(AROUND)) -> Path:
    folder = root / name
    folder.mkdir(parents=True)
    for file, text in (("name", kind), ("energy_uj", used), ("max_energy_range_uj", around)):
        (folder / file).write_text(f"{text}\n")
    return folder


def test_packages_are_added_up_and_their_parts_are_not(tmp_path: Path) -> None:
    first = zone(tmp_path, "intel-rapl:0", "package-0", "1000000")
    second = zone(tmp_path, "intel-rapl:1", "package-1", "5000000")
    zone(tmp_path, "intel-rapl:0:0", "core", "77")
    zone(tmp_path, "intel-rapl:2", "psys", "99")
    before = read_counters(tmp_path)
    (first / "energy_uj").write_text("3500000")
    (second / "energy_uj").write_text("6000000")
    assert joules(before, read_counters(tmp_path)) == pytest.approx(3.5)


def test_a_counter_that_began_anew_is_followed() -> None:
    before = Counters(0.0, {"a": (AROUND - 2_000_000, AROUND)})
    assert joules(before, Counters(1.0, {"a": (1_000_000, AROUND)})) == pytest.approx(3.0)


def test_without_counters_there_is_no_figure_and_no_wait(tmp_path: Path) -> None:
    assert read_counters(tmp_path / "nowhere") is None
    assert read_counters(tmp_path) is None
    assert idle_watts(tmp_path, seconds=3600) is None
    zone(tmp_path, "intel-rapl:0", "package-0", "soon")
    assert read_counters(tmp_path) is None


def test_readings_of_different_packages_give_no_figure() -> None:
    one, other = Counters(0.0, {"a": (1, 9)}), Counters(1.0, {"b": (2, 9)})
    assert joules(one, other) is None
    assert joules(None, one) is None


def test_what_the_processor_draws_anyway_is_taken_off() -> None:
    before, after = Counters(0.0, {"a": (0, AROUND)}), Counters(10.0, {"a": (300_000_000, AROUND)})
    assert _each([before, after], anyway=10.0, n=100) == pytest.approx(2.0)
    assert _each([before, after], anyway=31.0, n=100) is None  # less than nothing is no energy
    assert _each([before], anyway=1.0, n=1) is None
    assert _each([before, after], anyway=None, n=1) is None
