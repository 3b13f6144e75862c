# SPDX-License-Identifier: Apache-2.0
"""A disk that is full, or fills up on the way, and who may write a file. The disk is a real, small one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from selector.desk.desk import Desk
from selector.errors import NotEnoughDisk, StoreFull
from selector.hub.leftovers import leftovers, sweep, sweep_old
from selector.hub.locking import BlobLock
from selector.hub.storage import RESERVE_BYTES
from selector.paths import locations
from selector.settings import Settings
from selector.store.database import Database
from selector.store.downloads import Download, downloads, save_download
from tests.hub.conftest import folder
from tests.hub.test_download_queue import done_of, item_of, same, state_of, until
from tests.loopback_hub import LoopbackHub, Repository

BIG = 16_000_000
ROOM = RESERVE_BYTES + 3 * BIG


class SmallDisk:
    """A file system in memory, of a size that can change."""

    def __init__(self, place: Path) -> None:
        self.place = place
        place.mkdir()

    def mount(self, size: int) -> bool:
        """Whether that worked: it needs rights that not everybody has."""
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "petit-test", str(self.place)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def resize(self, size: int) -> None:
        command = ["mount", "-o", f"remount,size={size}", str(self.place)]
        subprocess.run(command, capture_output=True, check=True)

    def unmount(self) -> None:
        subprocess.run(["umount", "-l", str(self.place)], capture_output=True, check=False)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only the superuser of a Linux may mount a file system")
    made = SmallDisk(tmp_path / "disk")
    if not made.mount(ROOM):
        pytest.skip("no file system may be mounted in this container")
    yield made
    made.unmount()


@pytest.fixture
def big(hub: LoopbackHub, tmp_path: Path) -> Path:
    made = folder(tmp_path / "big", weights=BIG, seed=7)
    hub.publish(Repository("org/big", made))
    return made / "model.safetensors"


@pytest.fixture
def desk(hub: LoopbackHub, disk: SmallDisk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Everything that Petit writes is on the small disk: models, parts, database."""
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    monkeypatch.setenv("HF_HUB_CACHE", str(disk.place / "cache"))
    made = Desk(locations(disk.place / "data").create(), settings=Settings())
    yield made
    made.close()


def test_too_little_room_is_told_before_the_first_byte_and_goes_on_when_there_is_some(
    desk: Desk, disk: SmallDisk, hub: LoopbackHub, big: Path
) -> None:
    disk.resize(RESERVE_BYTES + BIG // 2)
    desk.downloads.add(["org/big"], None)
    until(lambda: state_of(desk, "org/big") == "waiting")
    item = item_of(desk, "org/big")
    assert item is not None
    assert isinstance(item.problem, NotEnoughDisk)
    assert item.problem.facts["need_bytes"] > item.problem.facts["have_bytes"]
    assert not hub.requests_to(origin="cdn")
    disk.resize(ROOM)
    assert same(_wait(desk), big)


def _wait(desk: Desk) -> object:
    found: list[object] = []

    def ended() -> bool:
        found.extend(desk.downloads.take_ended().values())
        return bool(found)

    until(ended)
    return found[0]


def test_a_disk_that_fills_up_on_the_way_pauses_the_queue_and_spares_the_database(
    desk: Desk, disk: SmallDisk, hub: LoopbackHub, big: Path
) -> None:
    hub.faults.slow(3_000_000, origin="cdn")
    desk.downloads.add(["org/big"], None)
    until(lambda: done_of(desk, "org/big") > 1_000_000)
    filler = disk.place / "filler"
    with filler.open("wb") as handle:  # another program takes what is left, to the last byte
        try:
            while True:
                handle.write(b"\0" * 1_000_000)
        except OSError:
            pass
    until(lambda: state_of(desk, "org/big") == "waiting")
    item = item_of(desk, "org/big")
    assert item is not None
    assert isinstance(item.problem, NotEnoughDisk)
    assert desk.machine().cpu.name  # the app goes on
    hub.faults.clear()
    filler.unlink()
    assert same(_wait(desk), big)
    with Database(desk.locations.database) as database:
        assert database.rows("PRAGMA integrity_check") == [("ok",)]
        assert downloads(database) == []


def _write_much(database: Database) -> None:
    for number in range(500):
        save_download(database, Download(f"org/{number}" + "x" * 900))


def test_a_full_disk_fails_a_write_of_the_database_and_loses_nothing(disk: SmallDisk) -> None:
    disk.resize(2_000_000)
    path = disk.place / "petit.db"
    with Database(path) as database:
        save_download(database, Download("org/kept"))
        with (disk.place / "filler").open("wb", buffering=0) as handle:
            try:
                while handle.write(b"\0" * 4096):
                    pass
            except OSError:
                pass
        with pytest.raises(StoreFull):
            _write_much(database)
    (disk.place / "filler").unlink()
    with Database(path) as database:
        assert downloads(database)[0].ref == "org/kept"
        save_download(database, Download("org/after"))
        assert downloads(database)[-1].ref == "org/after"
        assert database.rows("PRAGMA integrity_check") == [("ok",)]


def test_petit_starts_on_a_full_disk(disk: SmallDisk, hub: LoopbackHub) -> None:
    place = locations(disk.place / "data").create()
    Database(place.database).close()
    with (disk.place / "filler").open("wb", buffering=0) as handle:
        try:
            while handle.write(b"\0" * 1_000_000):
                pass
        except OSError:
            pass
    desk = Desk(place, settings=Settings())
    try:
        assert desk.downloads.items() == ()
        assert desk.shelf().entries == ()
    finally:
        desk.close()


def test_two_apps_write_one_file_once(
    hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = folder(tmp_path / "big", weights=6_000_000, seed=7)
    hub.publish(Repository("org/big", made))
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    hub.faults.slow(3_000_000, origin="cdn")
    place = locations(tmp_path / "data").create()
    code = (
        "import sys; from pathlib import Path; from selector.desk.desk import Desk\n"
        "from selector.paths import locations\n"
        "desk = Desk(locations(Path(sys.argv[1])))\n"
        "print(desk.pull(['org/big'], None, lambda _: None)[0].verified)\n"
        "desk.close()"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    apps = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(place.data)],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for _ in "ab"
    ]
    assert [app.communicate(timeout=60)[0].strip() for app in apps] == ["True", "True"]
    sent = sum(r.bytes_sent for r in hub.requests_to(origin="cdn", method="GET"))
    assert sent == (made / "model.safetensors").stat().st_size


def test_our_parts_are_swept_and_those_of_others_only_when_asked(tmp_path: Path) -> None:
    parts, cache = tmp_path / "downloads", tmp_path / "cache"
    blobs = cache / "models--org--x" / "blobs"
    parts.mkdir()
    blobs.mkdir(parents=True)
    foreign = blobs / f"{'c' * 64}.1a2b3c4d.incomplete"
    foreign.write_bytes(b"f" * 7000)
    left, held = parts / f"{'a' * 64}.part", parts / f"{'b' * 64}.part"
    for part in (left, held):
        part.write_bytes(b"p" * 5000)
    lock = BlobLock(held)
    assert lock.take()
    found = leftovers(parts, cache)
    assert [(item.ours, item.repo) for item in found] == [
        (True, None),
        (True, None),
        (False, "org/x"),
    ]
    assert sweep(parts, cache) > 0
    assert not left.exists()
    assert held.exists()  # somebody is writing it
    assert foreign.exists()
    lock.release()
    os.utime(held, (time.time() - 40 * 86_400,) * 2)
    sweep_old(parts, cache)
    assert not held.exists()
    assert foreign.exists()
    assert sweep(parts, cache, foreign=True) > 0
    assert not foreign.exists()
    shutil.rmtree(cache)
    assert leftovers(parts, cache) == []
