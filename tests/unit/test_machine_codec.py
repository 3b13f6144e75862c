"""What is known of a machine survives JSON and the database; what no machine says is refused."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.machine.codec import calibration_from_json
from selector.machine.facts import Calibration, EngineCalibration, Rates
from selector.store.calibrations import recall_calibration, remember_calibration
from selector.store.database import Database

WHOLE = Calibration(
    11e9,
    98e9,
    0.07,
    "2026-11-20T08:00:00+00:00",
    {
        "torch": EngineCalibration(
            "2.13.0", 400_000_000, 0.0005, {"fp32": Rates(11e9, (60e9, 98e9))}, 0.04
        ),
        "llama": EngineCalibration("2026.10", 45_000_000, 0.0001, {"q8_0": Rates(9e9, None)}, 0.07),
        "onnx": EngineCalibration(
            "1.31.1", 74_000_000, 0.0, {"int8": Rates(None, (1e9, 2e9))}, 0.0
        ),
    },
    "balanced|driver 580.1|2 cores",
)


def _changed(**changes: Any) -> dict[str, Any]:
    return {**json.loads(json.dumps(asdict(WHOLE))), **changes}


def test_a_calibration_survives_json_with_every_engine() -> None:
    assert calibration_from_json(_changed()) == WHOLE


def test_a_calibration_is_kept_for_the_machine_it_was_measured_on(tmp_path: Path) -> None:
    with Database(tmp_path / "petit.db") as database:
        remember_calibration(database, WHOLE, "this one")
        assert recall_calibration(database, "this one") == WHOLE
        assert recall_calibration(database, "another") is None


@pytest.mark.parametrize(
    "kept",
    [
        # From before engines were measured.
        '{"read_bytes_per_s": 1e10, "gemm_flop_per_s": 1e11, "noise": 0.1, "measured_at": "x"}',
        json.dumps(_changed(read_bytes_per_s=0)),
        json.dumps(_changed(gemm_flop_per_s=float("nan"))),
        json.dumps(_changed(noise=-1)),
        json.dumps(_changed(read_bytes_per_s=10**400)),
        json.dumps(_changed(engines=[])),
        json.dumps(_changed(engines={"torch": {"version": "1"}})),
        json.dumps(_changed(engines={"torch": None})),
        "[]",
        "null",
        "{",
        "",
    ],
)
def test_a_kept_calibration_that_cannot_be_used_counts_as_none(tmp_path: Path, kept: str) -> None:
    with Database(tmp_path / "petit.db") as database:
        database.write("INSERT INTO machine VALUES (1, ?, ?)", (kept, "this one"))
        assert recall_calibration(database, "this one") is None


_JUNK = st.one_of(
    st.none(), st.booleans(), st.text(max_size=5), st.floats(), st.integers(), st.lists(st.floats())
)


@given(st.sampled_from(sorted(asdict(WHOLE))), _JUNK)
def test_whatever_a_field_holds_it_is_a_calibration_or_refused(field: str, junk: Any) -> None:
    try:
        found = calibration_from_json(_changed(**{field: junk}))
    except (KeyError, TypeError, ValueError, AttributeError):
        return
    assert 0 < found.read_bytes_per_s < float("inf")
    assert 0 < found.gemm_flop_per_s < float("inf")
