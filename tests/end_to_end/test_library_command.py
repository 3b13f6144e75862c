# SPDX-License-Identifier: Apache-2.0
"""``petit pull``, ``library`` and ``remove`` in processes of their own, as a user runs them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from selector.desk.desk import Desk
from selector.paths import locations
from selector.settings import Settings
from tests.hub.conftest import folder
from tests.loopback_hub import LoopbackHub, Repository

SIZE = 6_000_000


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[LoopbackHub]:
    root = tmp_path / "repos"
    repositories = [
        Repository("org/small", folder(root / "small")),
        Repository("org/big", folder(root / "big", weights=SIZE, seed=1)),
    ]
    with LoopbackHub(repositories) as running:
        yield running


class Petit:
    """Runs ``petit`` on one data folder and one cache."""

    def __init__(self, place: Path, endpoint: str) -> None:
        self.data, self.cache = place / "data", place / "hf" / "hub"
        self.environment = {
            **os.environ,
            "HF_ENDPOINT": endpoint,
            "HF_HOME": str(place / "hf"),
            "PYTHONPATH": os.pathsep.join(sys.path),
            "TERM": "xterm",
        }

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "selector", *arguments, "--data-dir", str(self.data)]

    def __call__(self, *arguments: str, expect: int = 0) -> dict[str, Any]:
        done = subprocess.run(
            self.command(*arguments, "--json"),
            capture_output=True,
            text=True,
            env=self.environment,
            timeout=120,
            check=False,
        )
        assert done.returncode == expect, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found


@pytest.fixture
def petit(tmp_path: Path, hub: LoopbackHub) -> Petit:
    return Petit(tmp_path / "user", hub.endpoint)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Programs started now hear Ctrl-C, also where the tests run in a background that ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
@pytest.mark.skipif(os.name == "nt", reason="Windows has no terminals of this kind")
def test_ctrl_c_leaves_a_download_that_the_same_command_and_the_window_go_on_with(
    petit: Petit, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pty

    hub.faults.slow(300_000, origin="cdn")
    terminal, behind = pty.openpty()
    running = subprocess.Popen(
        petit.command("pull", "org/big"),
        stdout=subprocess.PIPE,
        stderr=behind,
        env=petit.environment,
        start_new_session=True,
    )
    os.close(behind)
    shown: list[str] = []

    def read() -> None:
        # All the time: whoever writes to a terminal that nobody reads waits for ever.
        with suppress(OSError):
            while chunk := os.read(terminal, 4096):
                shown.append(chunk.decode(errors="replace"))

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    deadline = time.monotonic() + 60
    while "B/s" not in "".join(shown):  # bytes and rate, on the terminal and not on standard output
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert "org/big" in "".join(shown)
    running.send_signal(signal.SIGINT)
    assert running.stdout is not None
    assert running.stdout.read() == b""
    assert running.wait(20) == 130
    reader.join(20)
    os.close(terminal)
    running.stdout.close()
    assert "The same command goes on where it stopped" in "".join(shown)
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    window = Desk(locations(petit.data), settings=Settings())
    (item,) = window.downloads.items()
    assert (item.kept.ref, item.kept.state) == ("org/big", "paused")
    assert item.kept.done_bytes > 0
    window.close()
    hub.faults.clear()
    hub.clear_requests()
    assert petit("pull", "org/big")["models"][0]["verified"]
    sent = sum(r.bytes_sent for r in hub.requests_to(origin="cdn", method="GET"))
    assert 0 < sent < SIZE
    again = Desk(locations(petit.data), settings=Settings())
    assert again.downloads.items() == ()
    again.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    """Starts a Hub in a process of its own; gives it and its address."""
    root = tmp_path / "served"
    folder(root / "org" / "one", weights=20_000_000)
    folder(root / "org" / "two", weights=2_000_000, seed=1)
    running: list[subprocess.Popen[str]] = []

    def start(*options: str) -> tuple[subprocess.Popen[str], str]:
        command = [sys.executable, "-m", "tests.loopback_hub", "--root", str(root)]
        hub = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True)
        running.append(hub)
        assert hub.stdout is not None
        hub.stdout.readline()
        return hub, hub.stdout.readline().strip().partition("=")[2]

    yield start
    for hub in running:
        hub.kill()
        hub.wait()
        assert hub.stdout is not None
        hub.stdout.close()


@pytest.mark.skipif(os.name == "nt", reason="Windows can neither stop a process nor has terminals")
def test_pull_says_that_it_reconnects_after_a_stall_sleep_or_lost_hub_and_gets_everything(
    tmp_path: Path, served: Callable[..., tuple[subprocess.Popen[str], str]]
) -> None:
    import pty

    hub, address = served("--slow", "2000000")
    petit = Petit(tmp_path / "user", address)
    terminal, behind = pty.openpty()
    pulling = subprocess.Popen(
        petit.command("pull", "org/one", "org/two"),
        stdout=subprocess.PIPE,
        stderr=behind,
        text=True,
        env={**petit.environment, "LC_ALL": "C", "COLUMNS": "160"},
    )
    os.close(behind)

    def shows(words: str) -> None:
        shown, deadline = "", time.monotonic() + 60
        while words not in shown:
            assert time.monotonic() < deadline
            try:
                shown += os.read(terminal, 4096).decode(errors="replace")
            except OSError:  # it has ended
                pytest.fail(f"never said {words!r} after all of {shown!r}")

    shows("MB/s")
    hub.send_signal(signal.SIGSTOP)
    shows("nothing comes, reconnecting in 8")
    hub.send_signal(signal.SIGCONT)
    shows("MB/s")
    # The computer sleeps, and there is no network when it wakes up.
    asleep = [psutil.Process(pulling.pid), *psutil.Process(pulling.pid).children(recursive=True)]
    for process in asleep:
        process.suspend()
    hub.kill()
    hub.wait()
    for process in asleep:
        process.resume()
    shows("nothing comes, reconnecting in 1")
    served("--port", address.rpartition(":")[2])
    shows("org/two")
    drained = threading.Thread(target=_drain, args=(terminal,), daemon=True)
    drained.start()
    assert pulling.stdout is not None
    said = pulling.stdout.read()
    assert pulling.wait(60) == 0
    pulling.stdout.close()
    drained.join(5)
    os.close(terminal)
    assert "2 models, 22 MB, in " in said.replace("\N{NO-BREAK SPACE}", " ")


def _drain(terminal: int) -> None:
    with suppress(OSError):
        while os.read(terminal, 4096):
            pass


@pytest.mark.skipif(os.name == "nt", reason="a pipe that breaks looks different there")
def test_a_reader_that_has_enough_ends_the_output_without_a_traceback(petit: Petit) -> None:
    command = petit.command("search", "--task", "text-classification", "--json")
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=petit.environment
    )
    assert running.stdout is not None
    running.stdout.close()  # as ``head`` does once it has its line
    _, said = running.communicate(timeout=60)
    assert said == b""
    assert running.returncode == 1


def test_library_lists_verifies_and_sweeps_and_remove_asks_before_it_takes_others_models(
    petit: Petit, hub: LoopbackHub
) -> None:
    mine = petit("pull", "org/big")["models"][0]
    fetch = (
        "import sys; from huggingface_hub import snapshot_download as s;"
        " s('org/small', endpoint=sys.argv[1], token=False)"
    )
    subprocess.run(
        [sys.executable, "-c", fetch, hub.endpoint], env=petit.environment, check=True, timeout=60
    )
    left = petit.data / "downloads" / f"{'a' * 64}.part"
    left.write_bytes(b"x" * 5000)
    foreign = petit.cache / "models--org--small" / "blobs" / f"{'b' * 64}.12345678.incomplete"
    foreign.write_bytes(b"x" * 5000)

    listed = petit("library", "--verify", "--sweep")
    cached = {m["ref"]: m for m in listed["models"] if m["ref"].startswith("org/")}
    assert set(cached) == {mine["ref"], f"org/small@{hub.sha('org/small')}"}
    assert all(model["verified"] for model in cached.values())
    assert cached[mine["ref"]]["foreign"] == []
    assert "model.safetensors" in cached[f"org/small@{hub.sha('org/small')}"]["foreign"]
    assert {"bytes", "frees_bytes", "last_used", "branches"} <= set(cached[mine["ref"]])
    (form,) = cached[mine["ref"]]["variants"]
    assert (form["format"], form["precision"]) == ("safetensors", "stored")
    assert form["bytes"] > SIZE
    shipped = [model for model in listed["models"] if model.get("shipped")]
    assert {model["variants"][0]["precision"] for model in shipped} == {"fp32"}
    assert listed["freed_bytes"] > 0
    assert not left.exists()
    assert [(x["ours"], x["repo"]) for x in listed["unfinished"]] == [(False, "org/small")]

    wide = {key: value for key, value in petit.environment.items() if key != "COLUMNS"}
    piped = subprocess.run(
        petit.command("library"), capture_output=True, text=True, env=wide, check=True, timeout=60
    ).stdout
    (line,) = [line for line in piped.splitlines() if line.startswith("org/big@")]
    assert "safetensors" in line, "another program reads each row on one line"

    refused = petit("remove", "org/small", expect=1)["error"]
    assert refused["code"] == "library.not_ours"
    assert "model.safetensors" in refused["facts"]["files"]
    assert petit("remove", "org/big")["models"][0]["bytes"] >= SIZE
    assert petit("remove", "org/small", "--yes")["models"][0]["bytes"] > 0
    assert not [m for m in petit("library")["models"] if m["ref"].startswith("org/")]
    assert foreign.exists()
