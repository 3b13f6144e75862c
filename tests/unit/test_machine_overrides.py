# SPDX-License-Identifier: Apache-2.0
"""Figures set by hand: read as people write them, kept, shown, and used in predictions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.desk.desk import Desk
from selector.desk.machine_text import report
from selector.errors import BadSetting
from selector.machine.facts import Accelerator
from selector.machine.overrides import (
    NAMES,
    checked,
    load_overrides,
    overridden,
    parse_override,
    save_overrides,
)
from selector.paths import locations
from selector.wording import Wording
from tests.ui.made_machines import make_machine


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("memory=16GB", 16 * 10**9),
        ("memory = 16 gib", 16 * 1024**3),
        ("memory.free=7,5 Go", 7_500_000_000),
        ("disk.free=500000", 500_000),
        ("cores=4", 4),
        ("gpu=Radeon RX 7900", "Radeon RX 7900"),
        ("GPU.memory=512M", 512_000_000),
    ],
)
def test_sizes_are_read_as_people_write_them(text: str, value: int | str) -> None:
    assert parse_override(text)[1] == value


@pytest.mark.parametrize(
    "text",
    ["memory", "speed=3", "memory=", "memory=-1GB", "cores=0", "cores=2.5", "memory=9999999TB",
     "gpu=", "gpu=a\nb", "memory=16 cats", "cores=1e3", "=3", "memory=٣GB"],
)  # fmt: skip
def test_what_is_no_figure_is_refused_with_the_possible_ones(text: str) -> None:
    with pytest.raises(BadSetting) as caught:
        parse_override(text)
    assert "memory=16GB" in caught.value.facts["allowed"]


def test_figures_that_belong_together_stay_possible() -> None:
    machine = make_machine()  # 2 cores, 4 threads; 5.1 of 8.2 GB free
    bigger = overridden(machine, {"memory": 16_400_000_000, "cores": 8})
    assert bigger.memory.available_bytes == 16_400_000_000 - 3_100_000_000
    assert (bigger.cpu.physical_cores, bigger.cpu.logical_cores) == (8, 8)
    smaller = overridden(machine, {"memory": 2_000_000_000, "threads": 1})
    assert smaller.memory.available_bytes == 0
    assert (smaller.cpu.physical_cores, smaller.cpu.logical_cores) == (1, 1)
    free = overridden(machine, {"memory.free": 10**12})
    assert free.memory.available_bytes == free.memory.total_bytes
    assert free.overridden == ("memory.free",)
    assert overridden(machine, {}) == machine


def test_a_card_can_be_described_that_nothing_here_tells_of() -> None:
    (card,) = overridden(
        make_machine(), {"gpu": "Arc", "gpu.memory": 8, "gpu.free": 9}
    ).accelerators
    assert card == Accelerator("other", "Arc", 8, 8)


def test_what_was_set_is_kept_shown_and_forgotten(tmp_path: Path) -> None:
    desk = Desk(locations(tmp_path).create(), offline=True)
    desk.set_by_hand({"memory": 3 * 10**9, "memory.free": 2 * 10**9, "cores": 1})
    machine = desk.machine()
    assert machine.memory.available_bytes == 2 * 10**9
    for language, words in (
        ("en", "Set by hand: Cores (cores), "),
        ("fr", "Fixé à la main : Cœurs (cores), "),
    ):
        lines = report(machine, desk.engines(), (), Wording(language))
        assert any(line.startswith(words) for line in lines)
    desk.set_by_hand({"cores": None})
    assert desk.machine().overridden == ("memory", "memory.free")
    desk.set_by_hand(dict.fromkeys(NAMES))
    assert desk.machine().overridden == ()
    assert not desk.locations.overrides.exists()


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"memory": -1, "cores": "x", "gpu": 7, "nothing": 1}', "[" * 100_000]
)
def test_a_damaged_file_sets_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "machine.json").write_text(text)
    assert load_overrides(tmp_path / "machine.json") == {}


@given(
    st.dictionaries(
        st.sampled_from(NAMES),
        st.integers(-5, 1 << 51) | st.text(max_size=20) | st.none() | st.booleans(),
    )
)
def test_only_what_can_be_true_is_read_back(values: dict[str, object]) -> None:
    kept = {}
    for name, value in values.items():
        try:
            kept[name] = checked(name, value)
        except BadSetting:
            continue
    machine = overridden(make_machine(), kept)
    assert 0 <= machine.memory.available_bytes <= machine.memory.total_bytes
    assert 1 <= machine.cpu.physical_cores <= machine.cpu.logical_cores
    assert json.loads(json.dumps(kept)) == kept


def test_saving_replaces_the_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "machine.json"
    save_overrides(path, {"cores": 2})
    save_overrides(path, {"memory": 5})
    assert load_overrides(path) == {"memory": 5}
    assert [each.name for each in tmp_path.iterdir()] == ["machine.json"]
