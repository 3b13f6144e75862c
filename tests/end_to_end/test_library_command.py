# SPDX-License-Identifier: Apache-2.0
"""``petit pull``, ``library`` and ``remove`` in processes of their own, as a user runs them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


@pytest.mark.skipif(os.name == "nt", reason="Windows has no terminals of this kind")
def test_ctrl_c_leaves_a_download_that_the_same_command_and_the_window_go_on_with(
    petit: Petit, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pty

    hub.faults.slow(1_500_000, origin="cdn")
    terminal, behind = pty.openpty()
    running = subprocess.Popen(
        petit.command("pull", "org/big"),
        stdout=subprocess.PIPE,
        stderr=behind,
        env=petit.environment,
        start_new_session=True,
    )
    os.close(behind)
    shown, deadline = "", time.monotonic() + 60
    while "MB/s" not in shown:  # bytes and rate, on the terminal and not on standard output
        assert time.monotonic() < deadline
        shown += os.read(terminal, 4096).decode(errors="replace")
    assert "org/big" in shown
    running.send_signal(signal.SIGINT)
    assert running.stdout is not None
    assert running.stdout.read() == b""
    assert running.wait(20) == 130
    try:
        while chunk := os.read(terminal, 4096):
            shown += chunk.decode(errors="replace")
    except OSError:
        pass
    os.close(terminal)
    running.stdout.close()
    assert "The same command goes on where it stopped" in shown
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
    assert listed["freed_bytes"] > 0
    assert not left.exists()
    assert [(x["ours"], x["repo"]) for x in listed["unfinished"]] == [(False, "org/small")]

    refused = petit("remove", "org/small", expect=1)["error"]
    assert refused["code"] == "library.not_ours"
    assert "model.safetensors" in refused["facts"]["files"]
    assert petit("remove", "org/big")["models"][0]["bytes"] >= SIZE
    assert petit("remove", "org/small", "--yes")["models"][0]["bytes"] > 0
    assert not [m for m in petit("library")["models"] if m["ref"].startswith("org/")]
    assert foreign.exists()
