# SPDX-License-Identifier: Apache-2.0
"""One file on its way: who may judge what came."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from selector.engines.facts import FileFact
from selector.hub.job import Job, Source

BODY = b"twelve bytes"


@pytest.fixture
def job(tmp_path: Path) -> Iterator[Job]:
    """A file of twelve bytes, all of them here."""
    file = FileFact("config.json", len(BODY), None)
    made = Job(Source("org/model", "0" * 40, file), tmp_path / "a.part", tmp_path / "a")
    part = made.open()
    assert made.take() is not None
    assert part.write(part.span(0), BODY)
    yield made
    made.close()


def test_what_came_is_judged_once(job: Job) -> None:
    assert job.claim()
    assert not job.claim()


def test_a_file_that_is_fetched_anew_is_not_judged_by_who_comes_late(job: Job) -> None:
    """Else nobody would ever judge the second attempt, and the download would wait for ever."""
    assert job.claim()
    job.begin_anew()
    assert not job.claim()
    part = job.open()
    assert job.take() is not None
    assert part.write(part.span(0), BODY)
    assert job.claim()


def test_a_file_that_is_still_written_is_not_judged(job: Job) -> None:
    job.active = 1
    assert not job.claim()
