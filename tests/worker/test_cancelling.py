# SPDX-License-Identifier: Apache-2.0
"""Every kind of run stops when asked, in a real process with a real model, which then goes on."""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from selector import registry
from selector.errors import Cancelled, WorkerCrashed
from selector.worker.client import WorkerClient
from tests.tiny_gguf import make_gguf, make_writer
from tests.tiny_tasks import MAKERS, PARAMETERS, TEXTS
from tests.worker.test_process import gone

LONG_S = 0.8
"""A run that is long enough to be stopped on the way."""


@pytest.fixture(scope="module")
def worker() -> Iterator[WorkerClient]:
    with WorkerClient("model") as client:
        yield client


def answers_before_the_cancel(worker: WorkerClient, args: dict[str, Any]) -> int:
    """Cancel a run soon after its start; gives how many answers came before it ended."""
    told: list[dict[str, Any]] = []
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        worker.call("run", args, told.append, lambda: time.monotonic() > begun + 0.1)
    return sum("output" in event for event in told)


@pytest.mark.parametrize("task", TEXTS)
def test_a_run_of_any_kind_stops_when_asked_and_the_next_one_is_answered(
    worker: WorkerClient, tmp_path: Path, task: str
) -> None:
    folder = MAKERS[task](tmp_path / task)
    worker.call("load", {"engine": "torch", "task": task, "folder": str(folder), "threads": 1})
    of_text = registry.task(task).modality == "text"  # others are given as files

    def numbered(texts: Sequence[str], count: int) -> list[str]:
        return [f"{t} {n}" if of_text else t for n in range(count) for t in texts]

    some = numbered(TEXTS[task], 20)
    args = {"inputs": some, "parameters": PARAMETERS.get(task, {})}
    worker.call("run", args, timeout_s=60)
    seconds = float(worker.call("run", args, timeout_s=60)["seconds"])
    more = math.ceil(LONG_S / seconds)
    many = numbered(some, more)
    assert answers_before_the_cancel(worker, {**args, "inputs": many}) < len(many)
    assert worker.call("run", args, timeout_s=60)["n"] == len(some)


@pytest.fixture(scope="module")
def writer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_writer(tmp_path_factory.mktemp("models") / "writer")
    make_gguf(folder, folder / "writer-Q8_0.gguf", "Q8_0")
    return folder


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_two_workers_of_one_model_answer_alike_and_one_outlives_the_other(writer: Path) -> None:
    load = {
        "engine": "llama", "precision": "q8_0", "task": "text-generation",
        "folder": str(writer), "threads": 1,
    }  # fmt: skip
    run = {"inputs": ["my card is"], "parameters": {"max_new_tokens": 8}}
    with WorkerClient("model") as first, WorkerClient("model") as second:
        said: list[Any] = []
        for worker in (first, second):
            worker.call("load", load, timeout_s=60)
            worker.call("run", run, said.append)
        texts = [event["output"]["output"]["text"] for event in said if "output" in event]
        assert len(texts) == 2
        assert texts[0] == texts[1]
        os.kill(first.pid, signal.SIGKILL)
        with pytest.raises(WorkerCrashed):
            first.call("run", run, timeout_s=20)
        assert second.call("run", run, timeout_s=20)["n"] == 1


def test_a_load_that_is_cancelled_ends_its_worker(
    writer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("selector.worker.client.GRACE_S", 0.2)
    load = {"engine": "torch", "task": "text-generation", "folder": str(writer), "threads": 1}
    with WorkerClient("model") as worker:
        worker.wait_ready()
        begun = time.monotonic()
        with pytest.raises(Cancelled):
            worker.call("load", load, cancelled=lambda: time.monotonic() > begun + 0.1)
        assert gone(worker.pid, 3)
