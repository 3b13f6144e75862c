# SPDX-License-Identifier: Apache-2.0
"""The process that answers about the Hub is kept for the next question, and never in the way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from selector.desk.desk import Desk
from selector.desk.kept_worker import KeptWorker
from selector.desk.requests import SearchRequest
from selector.paths import locations
from selector.settings import Settings
from tests.loopback_hub import LoopbackHub


@pytest.fixture
def kept() -> Iterator[KeptWorker]:
    made = KeptWorker("hub")
    yield made
    made.close()


def ended(pid: int) -> bool:
    deadline = time.monotonic() + 20
    try:
        while psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
    except psutil.NoSuchProcess:
        pass
    return True


def test_a_process_is_handed_out_again_in_the_same_environment_only(
    kept: KeptWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = kept.take()
    other = kept.take()
    assert first.pid != other.pid, "one that is in use is nobody else's"
    kept.give(first)
    kept.give(other)
    assert ended(other.pid), "one is enough"
    assert kept.take() is first
    kept.give(first)
    monkeypatch.setenv("HF_TOKEN", "hf_another")
    second = kept.take()
    assert second.pid != first.pid
    assert ended(first.pid)
    second.kill()
    assert ended(second.pid)
    kept.give(second)
    assert kept.take().pid != second.pid, "the dead answer nothing"


def test_an_idle_process_ends_by_itself_and_with_its_owner() -> None:
    short = KeptWorker("hub", kept_s=0.05)
    worker = short.take()
    short.give(worker)
    assert ended(worker.pid)
    late = short.take()
    short.close()
    short.give(late)
    assert ended(late.pid)


def test_two_searches_of_a_desk_take_one_process_and_see_the_hub_as_it_is_now(
    hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    desk = Desk(locations(tmp_path / "data"), settings=Settings())
    before = set(psutil.Process().children())
    made: set[psutil.Process] = set()
    for words in ("small", "large"):
        found = desk.search(SearchRequest("text-classification", query=words)).candidates
        assert {each.repo for each in found} == {f"org/{words}"}
        made |= set(psutil.Process().children()) - before
    assert len(made) == 1
    desk.close()
    assert all(ended(process.pid) for process in made)
