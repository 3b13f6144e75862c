# SPDX-License-Identifier: Apache-2.0
"""What a worker process withstands, and what it leaves behind: noise, bugs, threads, dead parents."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from selector.errors import (
    Cancelled,
    PetitError,
    ProtocolProblem,
    WorkerCrashed,
    WorkerProblem,
    WorkerSilent,
)
from selector.worker.client import WorkerClient
from selector.worker.protocol import TERMINAL, Request, decode_event, encode
from selector.worker.spawn import outcome_of, worker_command, worker_environment
from tests.worker.odd_role import launcher

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in for Python is a script")


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> str:
    return launcher(tmp_path_factory.mktemp("odd"))


@pytest.fixture
def worker(odd: str) -> Iterator[WorkerClient]:
    with WorkerClient("odd", python=odd) as client:
        yield client


def gone(pid: int, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def test_what_libraries_print_does_not_reach_the_protocol(worker: WorkerClient) -> None:
    result = worker.call("noise", {}, timeout_s=20)
    assert result == {"read": "", "child": 0}
    assert worker.call("echo", {"a": 1}, timeout_s=20) == {"a": 1}


def test_the_printed_noise_is_kept_for_the_crash_report(worker: WorkerClient) -> None:
    worker.call("noise", {}, timeout_s=20)
    worker.kill()
    with pytest.raises(WorkerCrashed) as caught:
        worker.call("echo", {}, timeout_s=20)
    for line in ("C was here", "a child was here"):
        assert line in caught.value.facts["stderr_tail"]


@pytest.mark.parametrize(
    ("op", "problem"),
    [("bug", WorkerProblem), ("leave", WorkerProblem), ("no-json", ProtocolProblem)],
)
def test_a_bug_in_a_role_is_an_error_and_the_worker_goes_on(
    worker: WorkerClient, op: str, problem: type[PetitError]
) -> None:
    with pytest.raises(problem):
        worker.call(op, {}, timeout_s=20)
    assert worker.call("echo", {"still": "here"}, timeout_s=20) == {"still": "here"}


def test_a_request_that_fits_in_no_line_is_refused_before_it_is_sent(worker: WorkerClient) -> None:
    with pytest.raises(ProtocolProblem):
        worker.submit("echo", {"text": "x" * (9 << 20)})
    assert worker.call("echo", {}, timeout_s=20) == {}


def test_a_listener_that_fails_ends_its_request_only(worker: WorkerClient) -> None:
    def listener(_: dict[str, object]) -> None:
        raise RuntimeError("the card is closed")

    with pytest.raises(ProtocolProblem):
        worker.call("echo", {}, listener, timeout_s=20)
    assert worker.call("echo", {}, timeout_s=20) == {}


def test_cancelling_leaves_the_worker_usable(worker: WorkerClient) -> None:
    worker.wait_ready()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        worker.call("wait", {}, cancelled=lambda: time.monotonic() - started > 0.2)
    assert time.monotonic() - started < 0.4
    assert worker.call("echo", {}, timeout_s=20) == {}


def test_a_worker_deaf_to_cancelling_is_ended(worker: WorkerClient) -> None:
    worker.wait_ready()
    begun = threading.Event()
    pending = worker.submit("deaf", {}, lambda _: begun.set())
    assert begun.wait(20)
    started = time.monotonic()
    worker.cancel(pending)
    with pytest.raises(WorkerCrashed) as caught:
        pending.wait(20)
    assert 1.5 < time.monotonic() - started < 6
    assert caught.value.facts["outcome"] == "SIGTERM"


def test_silence_ends_a_worker(worker: WorkerClient) -> None:
    worker.wait_ready()
    with pytest.raises(WorkerSilent):
        worker.call("deaf", {}, silence_s=0.3)
    assert gone(worker.pid, 5)


def test_a_worker_outlives_the_thread_that_started_it(odd: str) -> None:
    made: list[WorkerClient] = []

    def start() -> None:
        made.append(WorkerClient("odd", python=odd))
        made[0].wait_ready()

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    with made[0] as worker:
        worker.wait_ready()
        time.sleep(0.3)
        assert worker.call("echo", {"a": 1}, timeout_s=20) == {"a": 1}


def test_closing_twice_and_asking_afterwards_is_an_error_not_a_hang(odd: str) -> None:
    worker = WorkerClient("odd", python=odd)
    worker.close()
    worker.close()
    with pytest.raises(WorkerCrashed):
        worker.call("echo", {}, timeout_s=20)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the parent-death signal")
def test_even_stuck_native_code_dies_with_its_killed_parent(odd: str) -> None:
    code = (
        "import sys, time\nfrom selector.worker.client import WorkerClient\n"
        "worker = WorkerClient('odd', python=sys.argv[1])\nworker.wait_ready()\n"
        "worker.submit('stuck', {})\ntime.sleep(0.3)\nprint(worker.pid, flush=True)\ntime.sleep(60)"
    )
    line = [sys.executable, "-c", code, odd]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    assert gone(pid, 5)


OPS = st.sampled_from(["echo", "bug", "no-json", "leave", "cancelled-wait", "garbage", "unknown"])


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(OPS, min_size=1, max_size=30))
def test_each_request_gets_exactly_one_terminal_event(odd: str, ops: list[str]) -> None:
    lines = []
    wanted = set()
    for number, op in enumerate(ops, 1):
        if op == "garbage":
            lines.append(b'{"v":1,"id":null}\n[[[\n\xff\n')
            continue
        wanted.add(number)
        if op == "cancelled-wait":
            lines.append(encode(Request(0, "cancel", {"id": number})))
            lines.append(encode(Request(0, "cancel", {"id": "no number"})))
        lines.append(encode(Request(number, op.removeprefix("cancelled-"))))
    lines.append(encode(Request(0, "shutdown")))
    # The pipe stays open until the end: its end means that the parent is gone.
    with subprocess.Popen(
        [odd],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=worker_environment("odd"),
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"".join(lines))
        process.stdin.flush()
        events = [decode_event(line) for line in process.stdout]
        assert process.wait(20) == 0
    ends = Counter(event.id for event in events if event.kind in TERMINAL)
    assert ends == dict.fromkeys(wanted, 1)


def test_a_models_worker_gets_no_token_and_no_folder_to_import_from(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "queue.py").write_text("raise SystemExit('imported from the current folder')")
    monkeypatch.setenv("SOME_API_KEY", "secret")
    assert "HF_TOKEN" not in worker_environment("model")
    assert "SOME_API_KEY" not in worker_environment("model")
    assert worker_environment("endpoint")["SOME_API_KEY"] == "secret"
    assert worker_environment("hub")["HF_TOKEN"] == "hf_secret"
    with WorkerClient("model") as client:
        assert client.wait_ready() in {"namespace", "settings"}


def test_a_frozen_app_starts_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert worker_command("model") == [sys.executable, "--worker", "model"]


@pytest.mark.parametrize(
    ("code", "word"),
    [(-9, "killed"), (-11, "SIGSEGV"), (3, "exit 3"), (0xC0000005, "exit 0xC0000005")],
)
def test_an_exit_code_has_a_word(code: int, word: str) -> None:
    assert outcome_of(code) == word


def test_the_stand_in_speaks_json(odd: str) -> None:
    with WorkerClient("odd", python=odd) as worker:
        data = {"accents": "é\u2028\n", "deep": {"list": [1, 2.5, None, True]}}
        assert worker.call("echo", data, timeout_s=20) == json.loads(json.dumps(data))
