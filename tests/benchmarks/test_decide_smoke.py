# SPDX-License-Identifier: Apache-2.0
"""The benchmark of decisions runs on synthetic collections, and its engine beats bounds no luck explains."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks.decide import best, labels, race, speed, votes
from tests.benchmarks.decide.collections import ENVIRONMENT, collections, synthetic
from tests.benchmarks.decide.report import Line, table


def value(lines: list[Line], group: str, method: str, what: str) -> float:
    return next(
        x.value for x in lines if group in x.group and x.method == method and what in x.what
    )


def test_certificates_are_rarely_false_and_cheaper_than_random_labels() -> None:
    lines = labels.measure(synthetic(), 1, 0, ((0.05, 0.0),))
    assert value(lines, "5%", "Petit", "false") <= 2 / 6
    ours = value(lines, "models, 5%", "Petit", "median labels")
    assert ours < value(lines, "models, 5%", "random labels", "median labels")
    assert "true smallest" in table(lines)


def test_the_best_is_found_sooner_than_with_random_labels() -> None:
    lines = best.measure(synthetic()[:3], 1, 0)
    ours = value(lines, "best", "Petit, going on", "at 100")
    assert ours >= value(lines, "best", "random labels", "at 100") - 0.34


def test_a_race_saves_work_and_claims_little_that_is_false() -> None:
    lines = race.measure(synthetic()[:2], 2, 0)
    assert value(lines, "5%", "Petit", "false") <= 0.25
    assert value(lines, "5%", "Petit", "evaluations") < 0.6
    assert value(lines, "5%", "Petit, strict", "false") == 0


def test_votes_find_a_good_model() -> None:
    lines = votes.measure(12, 0)
    assert value(lines, "votes", "Petit", "within") >= 0.7


def test_a_step_is_measured() -> None:
    assert speed.measure(3, 0)[0].value > 0


def test_recorded_results_are_read_where_the_variable_points(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = np.array([[1, 0, 1], [0, 0, 1]])
    rows = ["userid,q0,q1,q2", *(f"m{i}," + ",".join(map(str, r)) for i, r in enumerate(right))]
    with gzip.open(tmp_path / "copa_irt_all_coded.csv.gz", "wt") as file:
        file.write("\n".join(rows))
    (tmp_path / "sizes.csv").write_text("model,size\na,12\nb,twelve\n")
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path))
    found = collections()
    assert [x.name for x in found] == ["copa"]
    np.testing.assert_array_equal(found[0].right, right.T == 1)
    monkeypatch.delenv(ENVIRONMENT)
    assert len(collections()) == 6
