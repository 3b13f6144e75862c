# SPDX-License-Identifier: Apache-2.0
"""A spare worker takes the imports away from whoever waits, and never gets in the way."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from selector import registry
from selector.trial.measurement import Contestant, Trial
from selector.trial.runner import run_trial
from selector.trial.spare import SpareWorker
from selector.worker.client import WorkerClient
from tests.tiny_models import make_classifier
from tests.worker.odd_role import launcher
from tests.worker.test_process import gone

posix = pytest.mark.skipif(os.name == "nt", reason="the stand-in for Python is a script")


@pytest.fixture
def spare(tmp_path: Path) -> Iterator[SpareWorker]:
    python = launcher(tmp_path)
    made = SpareWorker(lambda _: WorkerClient("odd", python=python))
    yield made
    made.close()


def test_a_model_is_loaded_by_the_spare_with_the_imports_done(tmp_path: Path) -> None:
    folder = make_classifier(tmp_path / "model")
    one = Contestant("a/b@0#torch-fp32", "a/b", "0", "torch", "fp32", str(folder), None, 0)
    trial = Trial("text-classification", ("my card is lost",), (one,))
    spare = SpareWorker()
    spare.warm()
    worker = spare._worker
    assert worker is not None
    names = list(registry.engine("torch").info.modules)
    assert worker.call("modules", {"names": names}, timeout_s=120)["loaded"] == names
    (row,) = run_trial(
        trial,
        available_bytes=8 << 30,
        on_event=lambda _: None,
        cancelled=lambda: False,
        spare=spare.take,
    )
    assert row.error is None
    assert row.warm_start
    assert row.load_s is not None
    assert row.load_s < time.monotonic() - worker.started
    assert spare.take() is None
    assert gone(worker.pid, 2)


@posix
def test_there_is_one_spare_at_the_most_and_it_is_given_once(spare: SpareWorker) -> None:
    spare.warm()
    spare.warm()
    worker = spare.take()
    assert worker is not None
    with worker:
        assert worker.call("echo", {"a": 1}, timeout_s=20) == {"a": 1}
        assert spare.take() is None


@posix
def test_its_clock_starts_when_it_is_taken(spare: SpareWorker) -> None:
    spare.warm()
    time.sleep(0.2)
    before = time.monotonic()
    worker = spare.take()
    assert worker is not None
    with worker:
        assert worker.started >= before


@posix
def test_a_spare_that_died_is_not_given_away(spare: SpareWorker) -> None:
    spare.warm()
    worker = spare._worker
    assert worker is not None
    os.kill(worker.pid, signal.SIGKILL)
    assert gone(worker.pid, 5)
    assert spare.take() is None
    spare.warm()
    with spare.take() as another:  # type: ignore[union-attr]
        assert another.pid != worker.pid


@posix
def test_an_idle_spare_ends_by_itself(tmp_path: Path) -> None:
    python = launcher(tmp_path)
    spare = SpareWorker(lambda _: WorkerClient("odd", python=python), idle_s=0.1)
    spare.warm()
    worker = spare._worker
    assert worker is not None
    assert gone(worker.pid, 5)
    assert spare.take() is None


def test_a_worker_that_cannot_be_started_is_no_error() -> None:
    def refuse(_: str) -> WorkerClient:
        raise OSError("no more processes")

    spare = SpareWorker(refuse)
    spare.warm()
    assert spare.take() is None
    spare.close()
