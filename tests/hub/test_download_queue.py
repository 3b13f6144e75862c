# SPDX-License-Identifier: Apache-2.0
"""The queue of downloads with its real process, its store, and what ends either of them."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from selector.desk.desk import Desk
from selector.desk.download_item import Item
from selector.errors import PetitError, RepositoryNotFound
from selector.hub.candidate import LocalModel
from selector.paths import Locations, locations
from selector.settings import Settings
from selector.store.database import Database
from selector.store.downloads import downloads
from selector.store.link_speed import link_speed
from tests.hub.conftest import folder
from tests.loopback_hub import LoopbackHub, Repository

TASK = "text-classification"
BIG = 12_000_000
CHUNK = 1 << 16
BUFFERS = 8 * CHUNK
"""What server and system hold of a connection that is cut; the Hub counts it as sent."""


@pytest.fixture
def big(hub: LoopbackHub, tmp_path: Path) -> Path:
    made = folder(tmp_path / "big", weights=BIG, seed=7)
    hub.publish(Repository("org/big", made))
    return made / "model.safetensors"


@pytest.fixture
def places(tmp_path: Path) -> Locations:
    return locations(tmp_path / "data").create()


@pytest.fixture
def open_desk(
    hub: LoopbackHub, places: Locations, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], Desk]]:
    """Desks on one data folder and one cache."""
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    opened: list[Desk] = []

    def make() -> Desk:
        opened.append(Desk(places, settings=Settings()))
        return opened[-1]

    yield make
    for desk in opened:
        desk.close()


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def item_of(desk: Desk, ref: str) -> Item | None:
    return next((item for item in desk.downloads.items() if item.kept.ref == ref), None)


def state_of(desk: Desk, ref: str) -> str:
    item = item_of(desk, ref)
    return item.kept.state if item else ""


def done_of(desk: Desk, ref: str) -> int:
    item = item_of(desk, ref)
    return item.kept.done_bytes if item else 0


def served(hub: LoopbackHub) -> int:
    return sum(r.bytes_sent for r in hub.requests if r.origin == "cdn" and r.method == "GET")


def same(model: LocalModel | PetitError, original: Path) -> bool:
    assert isinstance(model, LocalModel), model
    here = (Path(model.path) / original.name).read_bytes()
    return hashlib.sha256(here).digest() == hashlib.sha256(original.read_bytes()).digest()


def outcome(desk: Desk, ref: str) -> LocalModel | PetitError:
    found: dict[tuple[str, str], LocalModel | PetitError] = {}

    def ended() -> bool:
        found.update(desk.downloads.take_ended([(ref, TASK)]))
        return bool(found)

    until(ended)
    return found[ref, TASK]


def test_several_models_come_one_after_the_other_in_one_process(
    open_desk: Callable[[], Desk], hub: LoopbackHub, big: Path, places: Locations
) -> None:
    hub.faults.slow(9_000_000, origin="cdn")
    desk, seen, processes = open_desk(), [], set()
    keys = desk.downloads.add(["org/big", "org/small", "org/large"], TASK)
    assert [item.kept.state for item in desk.downloads.items()][1:] == ["queued", "queued"]

    def told(item: Item) -> None:
        seen.append(item)
        processes.add(desk._process.pid)

    models = desk.downloads.wait(keys, told, lambda: False)
    assert [model.repo for model in models] == ["org/big", "org/small", "org/large"]
    assert same(models[0], big)
    moving = [item for item in seen if item.kept.ref == "org/big" and item.bytes_per_s]
    assert moving
    assert all(item.kept.total_bytes == models[0].bytes for item in moving)
    assert any(item.eta_s for item in moving)
    assert len(processes - {None}) == 1
    assert desk.downloads.items() == ()
    with Database(places.database) as database:
        speed = link_speed(database)
        assert downloads(database) == []
    assert speed is not None
    assert speed > 1_000_000
    until(lambda: desk._process.pid is None)  # nothing to do: the process has gone


def test_what_two_commits_share_is_ours_in_both(
    hub: LoopbackHub, open_desk: Callable[[], Desk], tmp_path: Path
) -> None:
    desk = open_desk()
    hub.publish(Repository("org/shared", folder(tmp_path / "first", seed=5)))
    (old,) = desk.pull(["org/shared"], TASK, lambda _: None)
    hub.publish(Repository("org/shared", folder(tmp_path / "later", seed=5, card="license: mit")))
    (new,) = desk.pull(["org/shared"], TASK, lambda _: None)
    assert old.revision != new.revision
    # Neither asks: the weights, which the second pull did not fetch, are Petit's own in both.
    assert desk.remove(old.ref) < 2000
    assert desk.remove(new.ref) > 40_000


def test_pause_is_shown_at_once_and_going_on_fetches_only_the_rest(
    open_desk: Callable[[], Desk], hub: LoopbackHub, big: Path
) -> None:
    hub.faults.slow(4_000_000, origin="cdn")
    desk = open_desk()
    (key,) = desk.downloads.add(["org/big"], TASK)
    until(lambda: done_of(desk, "org/big") > 2_000_000)
    began = time.monotonic()
    desk.downloads.pause(key)
    assert state_of(desk, "org/big") == "paused"
    assert time.monotonic() - began < 0.1
    time.sleep(0.5)
    before = served(hub)
    time.sleep(0.4)
    assert served(hub) == before
    hub.faults.clear()
    desk.downloads.resume(key)
    assert same(outcome(desk, "org/big"), big)
    assert served(hub) <= big.stat().st_size + CHUNK + BUFFERS


def test_cancel_takes_the_item_out_at_once_and_deletes_what_came(
    open_desk: Callable[[], Desk], hub: LoopbackHub, big: Path, places: Locations, tmp_path: Path
) -> None:
    hub.faults.slow(4_000_000, origin="cdn")
    desk = open_desk()
    keys = desk.downloads.add(["org/big", "org/small"], TASK)
    until(lambda: done_of(desk, "org/big") > 1_000_000)
    began = time.monotonic()
    desk.downloads.cancel(keys[0])
    assert [item.kept.ref for item in desk.downloads.items()] == ["org/small"]
    assert time.monotonic() - began < 0.1
    assert isinstance(outcome(desk, "org/small"), LocalModel)
    until(lambda: not list(places.downloads.glob("*.part")))
    assert not (tmp_path / "cache" / "models--org--big" / "snapshots").exists()


def test_a_killed_worker_is_replaced_and_goes_on(
    open_desk: Callable[[], Desk], hub: LoopbackHub, big: Path
) -> None:
    hub.faults.slow(6_000_000, origin="cdn")
    desk = open_desk()
    desk.downloads.add(["org/big"], TASK)
    until(lambda: done_of(desk, "org/big") > 2_000_000)
    first = desk._process.pid
    assert first is not None
    psutil.Process(first).kill()
    assert same(outcome(desk, "org/big"), big)
    assert desk._process.pid != first
    assert served(hub) <= big.stat().st_size + CHUNK + BUFFERS


_APP = """
import sys, time
from pathlib import Path
from selector.desk.desk import Desk
from selector.paths import locations
desk = Desk(locations(Path(sys.argv[1])))
desk.downloads.add(["org/big"], "text-classification")
while True:
    time.sleep(0.05)
    for item in desk.downloads.items():
        print(item.kept.done_bytes, desk._process.pid, flush=True)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_app_leaves_a_resumable_queue_and_no_process(
    open_desk: Callable[[], Desk], hub: LoopbackHub, big: Path, places: Locations
) -> None:
    hub.faults.slow(4_000_000, origin="cdn")
    app = subprocess.Popen(
        [sys.executable, "-c", _APP, str(places.data)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert app.stdout is not None
    worker = 0
    for line in app.stdout:
        done, pid = line.split()
        if int(done) > 3_000_000:
            worker = int(pid)
            break
    other = open_desk()
    assert other.downloads.items() == ()  # the other one has it, and lives
    other.close()
    app.send_signal(signal.SIGKILL)
    app.wait()
    app.stdout.close()
    until(lambda: not psutil.pid_exists(worker))
    hub.faults.clear()
    desk = open_desk()
    (item,) = desk.downloads.items()
    assert item.kept.state == "paused"
    assert item.kept.revision == hub.sha("org/big")
    assert item.kept.total_bytes
    before = len(hub.requests)
    time.sleep(0.3)
    assert len(hub.requests) == before  # nothing flows because an app was opened
    desk.downloads.resume()
    assert same(outcome(desk, "org/big"), big)
    assert served(hub) <= big.stat().st_size + CHUNK + BUFFERS


def test_quitting_keeps_the_order_of_the_queue(
    open_desk: Callable[[], Desk], hub: LoopbackHub, big: Path
) -> None:
    hub.faults.slow(3_000_000, origin="cdn")
    desk = open_desk()
    desk.downloads.add(["org/big", "org/small"], TASK)
    until(lambda: done_of(desk, "org/big") > 500_000)
    desk.close()
    again = open_desk()
    assert [(i.kept.ref, i.kept.state) for i in again.downloads.items()] == [
        ("org/big", "paused"),
        ("org/small", "paused"),
    ]


def test_a_lost_network_is_waited_for_and_a_missing_model_is_not(
    open_desk: Callable[[], Desk], hub: LoopbackHub, big: Path
) -> None:
    desk = open_desk()
    hub.faults.drop_after(0, path="/api/models/org/big")
    desk.downloads.add(["org/big", "org/nothing"], TASK)
    until(lambda: state_of(desk, "org/big") == "waiting")
    item = item_of(desk, "org/big")
    assert item is not None
    assert item.wait_s is not None
    assert item.problem is not None
    # Meanwhile the next one has its turn.
    assert isinstance(outcome(desk, "org/nothing"), RepositoryNotFound)
    until(lambda: state_of(desk, "org/nothing") == "failed")
    hub.faults.clear()
    desk.downloads.resume(("org/big", TASK))
    assert same(outcome(desk, "org/big"), big)


def test_a_branch_that_moves_while_paused_still_gives_the_commit_that_was_begun(
    open_desk: Callable[[], Desk], hub: LoopbackHub, big: Path, tmp_path: Path
) -> None:
    hub.faults.slow(4_000_000, origin="cdn")
    desk = open_desk()
    (key,) = desk.downloads.add(["org/big"], TASK)
    until(lambda: done_of(desk, "org/big") > 1_000_000)
    desk.downloads.pause(key)
    before = hub.sha("org/big")
    hub.publish(Repository("org/big", folder(tmp_path / "newer", weights=50_000, seed=9)))
    hub.faults.clear()
    desk.downloads.resume(key)
    model = outcome(desk, "org/big")
    assert same(model, big)
    assert isinstance(model, LocalModel)
    assert model.revision == before
