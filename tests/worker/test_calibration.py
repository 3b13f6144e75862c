# SPDX-License-Identifier: Apache-2.0
"""Every engine is measured in a worker of its own, kept with the machine, and asked again when it is not that."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from selector.desk.desk import Desk
from selector.engines.calibration.llama_rates import write_decoder
from selector.engines.calibration.service import ENGINES
from selector.engines.calibration.timing import Stopwatch
from selector.errors import Cancelled, EngineMissing
from selector.machine.codec import machine_from_json, machine_to_json
from selector.machine.facts import Machine
from selector.paths import Locations
from selector.store.calibrations import recall_calibration
from selector.store.database import Database
from selector.worker.client import WorkerClient


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(Locations(tmp_path_factory.mktemp("data")))


@pytest.fixture(scope="module")
def machine(desk: Desk) -> Machine:
    shares: list[float] = []
    found = desk.calibrate(shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    return found


def test_every_engine_that_is_here_is_measured(machine: Machine) -> None:
    assert machine.calibration is not None
    engines = machine.calibration.engines
    assert sorted(engines) == sorted(ENGINES)
    for name, dtype in (("torch", "fp32"), ("torch", "bf16"), ("onnx", "fp32"), ("onnx", "int8"),
                        ("llama", "q8_0"), ("llama", "q4_k_m")):  # fmt: skip
        rates = engines[name].rates[dtype]
        assert rates.read_bytes_per_s is not None
        assert rates.gemm_flop_per_s is not None
        assert rates.read_bytes_per_s > 1e8
        assert min(rates.gemm_flop_per_s) > 1e8
    for engine in engines.values():
        assert engine.version
        assert engine.layer_overhead_s >= 0
        assert engine.noise >= 0
    assert engines["onnx"].empty_bytes < engines["torch"].empty_bytes
    # torch alone takes more than 200 MB, and no empty worker takes a gigabyte.
    assert 2e8 < engines["torch"].empty_bytes < 1e9


def test_a_calibration_is_kept_with_the_machine_it_was_measured_on(
    desk: Desk, machine: Machine
) -> None:
    assert desk.machine().calibration == machine.calibration
    assert machine_from_json(machine_to_json(machine)) == machine
    with Database(desk.locations.database) as database:
        assert recall_calibration(database, "another processor") is None


def test_a_damaged_calibration_counts_as_none(tmp_path: Path) -> None:
    desk = Desk(Locations(tmp_path))
    from selector.machine.probe import fingerprint

    mark = fingerprint(desk.machine())
    with Database(desk.locations.database) as database:
        for damaged in ("{", "[]", "7", '{"engines": {"torch": 3}}', '{"engines": []}', '{"x": 1}'):
            database.write("INSERT OR REPLACE INTO machine VALUES (1, ?, ?)", (damaged, mark))
            assert recall_calibration(database, mark) is None
    assert desk.machine().calibration is None


@pytest.mark.parametrize("engine", ENGINES)
def test_a_calibration_that_is_cancelled_stops_and_leaves_nothing(engine: str) -> None:
    stopped = threading.Event()

    def progress(event: dict[str, Any]) -> None:
        stopped.set()  # with the first piece of work

    with WorkerClient("calibration") as worker, pytest.raises(Cancelled):
        worker.call("measure", {"engine": engine}, progress, stopped.is_set)


def test_an_engine_that_nobody_knows_is_refused() -> None:
    with WorkerClient("calibration") as worker, pytest.raises(EngineMissing):
        worker.call("measure", {"engine": "../torch"}, lambda _: None)


def test_the_median_of_five_is_taken_and_one_hiccup_is_not_noise() -> None:
    shares: list[float] = []
    watch = Stopwatch(lambda: False, shares.append, steps=2)
    assert watch.judge([1.0, 1.0, 9.0, 1.1, 1.0]) == 1.0
    assert watch.noise == pytest.approx(0.1)
    assert watch.judge([1.0, 2.0, 2.0, 1.0, 1.0]) == 1.0
    assert watch.noise == 1.0
    assert shares == [0.5, 1.0]


@pytest.mark.parametrize("kind", ["Q8_0", "Q4_K"])
def test_the_decoder_that_is_timed_has_the_bytes_that_are_counted(
    kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.gguf"
    assert write_decoder(path, kind, layers=1, hidden=256) == path.stat().st_size
