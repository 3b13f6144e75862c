# SPDX-License-Identifier: Apache-2.0
"""The benchmark of search runs on few models: it builds, asks every question, and finds something."""

from __future__ import annotations

from pathlib import Path

from selector.store.model_index import ModelIndex
from tests.benchmarks.hub_search import QUERIES, build, measure


def test_every_question_of_the_benchmark_is_asked_of_an_index(tmp_path: Path) -> None:
    path = tmp_path / "models.db"
    assert build(path, 1500) > 0
    with ModelIndex(path) as index:
        assert index.count() == 1500
    measured = measure(path, 1)
    assert len(measured) == len(QUERIES)
    assert all(len(one.index_s) == len(one.whole_s) == 1 for one in measured)
    assert sum(one.shown > 0 for one in measured) > len(QUERIES) / 2
