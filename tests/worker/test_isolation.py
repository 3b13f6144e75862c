# SPDX-License-Identifier: Apache-2.0
"""What a model can do to its process stays there: each fault in a real process, and what is left of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from selector.errors import Cancelled, OutOfMemory, PetitError, WorkerCrashed, WorkerSilent
from selector.worker.client import WorkerClient
from selector.worker.seccomp import network_filter
from tests.worker.odd_role import launcher
from tests.worker.test_process import gone

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in for Python is a script")
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux's own ways")


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> str:
    return launcher(tmp_path_factory.mktemp("odd"))


@pytest.fixture
def worker(odd: str) -> Iterator[WorkerClient]:
    with WorkerClient("odd", python=odd) as client:
        yield client


def begun(worker: WorkerClient, op: str, args: dict[str, Any] | None = None) -> Any:
    """Ask for something that goes on for ever; gives the request and its first event."""
    told: list[dict[str, Any]] = []
    first = threading.Event()

    def listen(event: dict[str, Any]) -> None:
        told.append(event)
        first.set()

    pending = worker.submit(op, args or {}, listen)
    assert first.wait(20)
    return pending, told[0]


def test_an_illegal_instruction_is_an_error_that_names_it(worker: WorkerClient) -> None:
    with pytest.raises(WorkerCrashed) as caught:
        worker.call("illegal", {}, timeout_s=20)
    assert caught.value.facts["outcome"] == "SIGILL"
    assert "_illegal_instruction" in caught.value.facts["stderr_tail"]


@linux
def test_an_allocation_bomb_is_out_of_memory_and_its_worker_goes_on(worker: WorkerClient) -> None:
    with pytest.raises(OutOfMemory):
        worker.call("bomb", {"allow_bytes": 200_000_000}, timeout_s=20)
    assert worker.call("echo", {"still": "here"}, timeout_s=20) == {"still": "here"}


@linux
def test_where_memory_runs_out_the_worker_goes_first_and_not_the_users_programs(
    tmp_path: Path,
) -> None:
    with WorkerClient("model", python=launcher(tmp_path, "model")) as sealed:
        sealed.wait_ready()
        mine = int(Path("/proc/self/oom_score_adj").read_text())
        its = int(Path(f"/proc/{sealed.pid}/oom_score_adj").read_text())
        limit = psutil.Process(sealed.pid).rlimit(psutil.RLIMIT_DATA)[0]
    assert its > mine
    assert limit == -1 or 0 < limit <= 2 * psutil.virtual_memory().total


@pytest.mark.parametrize("descriptor", [1, 2])
@pytest.mark.parametrize("endless", [False, True])
def test_a_flood_of_output_neither_blocks_the_worker_nor_fills_the_parents_memory(
    worker: WorkerClient, descriptor: int, endless: bool
) -> None:
    worker.wait_ready()
    process = psutil.Process()
    before = process.memory_info().rss
    flood = {"bytes": 60_000_000, "descriptor": descriptor, "endless": endless}
    worker.call("flood", flood, timeout_s=60)
    assert worker.call("echo", {"a": 1}, timeout_s=20) == {"a": 1}
    assert process.memory_info().rss - before < 40_000_000
    worker.kill()
    with pytest.raises(WorkerCrashed) as caught:
        worker.call("echo", {}, timeout_s=20)
    tail = caught.value.facts["stderr_tail"]
    assert len(tail) <= 4000
    assert endless or tail.endswith("noise noise")


def test_a_stopped_worker_is_silent_and_ended(worker: WorkerClient) -> None:
    worker.wait_ready()
    os.kill(worker.pid, signal.SIGSTOP)
    with pytest.raises(WorkerSilent):
        worker.call("echo", {}, silence_s=0.3)
    assert gone(worker.pid, 2)


def test_a_stopped_worker_can_be_cancelled(
    worker: WorkerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("selector.worker.client.GRACE_S", 0.2)
    worker.wait_ready()
    pending, _ = begun(worker, "deaf")
    os.kill(worker.pid, signal.SIGSTOP)
    worker.cancel(pending)
    with pytest.raises(WorkerCrashed):
        pending.wait(5)
    assert gone(worker.pid, 1)


def test_a_stopped_worker_does_not_hold_up_closing(odd: str) -> None:
    with WorkerClient("odd", python=odd) as worker:
        worker.wait_ready()
        os.kill(worker.pid, signal.SIGSTOP)
        started = time.monotonic()
    assert time.monotonic() - started < 2
    assert gone(worker.pid, 0.5)


def test_what_a_killed_worker_had_started_goes_with_it(worker: WorkerClient) -> None:
    pending, told = begun(worker, "family")
    os.kill(worker.pid, signal.SIGKILL)
    started = time.monotonic()
    with pytest.raises(WorkerCrashed) as caught:
        pending.wait(10)
    assert time.monotonic() - started < 1.5
    assert caught.value.facts["outcome"] == "killed"
    assert gone(told["child"], 2)


@pytest.mark.parametrize("doing", ["nothing", "deaf", "stuck"])
def test_no_worker_is_left_two_seconds_after_its_parent_was_killed(odd: str, doing: str) -> None:
    if doing == "stuck" and not sys.platform.startswith("linux"):
        pytest.skip("the parent-death signal")
    code = (
        "import sys, time\nfrom selector.worker.client import WorkerClient\n"
        "workers = [WorkerClient('odd', python=sys.argv[1]) for _ in range(2)]\n"
        "for worker in workers:\n    worker.wait_ready()\n"
        "    if sys.argv[2] != 'nothing':\n        worker.submit(sys.argv[2], {})\n"
        "time.sleep(0.2)\nprint([worker.pid for worker in workers], flush=True)\ntime.sleep(60)"
    )
    line = [sys.executable, "-c", code, odd, doing]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pids = json.loads(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        parent.wait()
    assert all(gone(pid, killed + 2 - time.monotonic()) for pid in pids)


def test_a_load_is_cancelled_even_where_it_hears_nothing(
    worker: WorkerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("selector.worker.client.GRACE_S", 0.2)
    pending, _ = begun(worker, "load", {"folder": "stuck-load"})
    worker.cancel(pending)
    with pytest.raises(WorkerCrashed) as caught:
        pending.wait(5)
    assert caught.value.facts["outcome"] in {"SIGTERM", "killed"}


@pytest.fixture
def listener() -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()


def test_a_process_of_another_role_reaches_a_server_here(
    worker: WorkerClient, listener: tuple[str, int]
) -> None:
    """What the next test rests on: nothing but the worker's own limits stands in the way."""
    assert worker.call("connect", dict(zip(("host", "port"), listener, strict=True))) == {}


@linux
@pytest.mark.parametrize("namespaces", [True, False])
def test_a_models_worker_cannot_connect_to_anything(
    tmp_path: Path, listener: tuple[str, int], namespaces: bool
) -> None:
    python = launcher(tmp_path, "model")
    if (
        not namespaces
    ):  # as on systems that forbid them: the first thing that closes the network fails
        text = Path(python).read_text()
        refusing = "import ctypes\nfrom selector.worker import isolation\n"
        refusing += "isolation.empty_namespace = lambda: False\nsys.exit(main("
        Path(python).write_text(text.replace("sys.exit(main(", refusing))
    with WorkerClient("model", python=python) as sealed:
        holds = sealed.wait_ready()
        if holds == "settings":
            pytest.skip("this system has neither namespaces nor filters")
        assert holds == "filter" or namespaces
        with pytest.raises(PetitError) as caught:
            sealed.call("connect", {"host": listener[0], "port": listener[1]}, timeout_s=20)
        assert any(x in str(caught.value.facts) for x in ("unreachable", "Permission denied"))


def test_the_filter_is_known_for_both_processors_and_refuses_by_default() -> None:
    for machine in ("x86_64", "aarch64"):
        program = network_filter(machine)
        assert program is not None
        for place, (code, when_true, when_false, _) in enumerate(program):
            if code != 0x06:  # every jump stays inside
                assert place + 1 + max(when_true, when_false) < len(program)
        assert program[-1][0] == 0x06
        assert program[-1][3] & 0xFFFF0000 == 0x00050000
    assert network_filter("riscv64") is None


def test_cancelled_is_what_a_caller_gets_at_once(worker: WorkerClient) -> None:
    worker.wait_ready()
    begin = time.monotonic()
    stop: Callable[[], bool] = lambda: time.monotonic() - begin > 0.2  # noqa: E731
    with pytest.raises(Cancelled):
        worker.call("stuck", {}, cancelled=stop)
    assert time.monotonic() - begin < 0.5
    worker.kill()
