# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.engines.facts import ModelFacts
from selector.fit.base import Fit, Verdict
from selector.hub.candidate import Candidate, Reason
from selector.hub.licences import classify
from selector.hub.ranking import adoption, rank, smallness
from selector.intervals import Interval


def candidate(name: str, parameters: int | None = 100_000_000, **fields: Any) -> Candidate:
    verdict: Verdict = fields.pop("verdict", "fits")
    base = Candidate(
        repo=f"org/{name}",
        revision="a" * 40,
        facts=ModelFacts(f"org/{name}", "a" * 40, (), parameters=parameters),
        licence=classify("apache-2.0"),
        gated=False,
        languages=("en",),
        downloads=10_000,
        likes=1,
        last_modified="2026-01-01T00:00:00.000Z",
        download_bytes=None,
        engine="torch",
        precision="fp32",
        fit=Fit(verdict, Interval(1, 2, 3), None, "inputs/s", "hub"),
    )
    return replace(base, **fields)


def names(candidates: list[Candidate]) -> list[str]:
    return [found.repo.removeprefix("org/") for found in candidates]


def codes(found: Candidate) -> set[str]:
    return {reason.code for reason in found.reasons}


def test_what_fits_stands_before_what_does_not() -> None:
    order = rank(
        [
            candidate("no", verdict="no", downloads=10**7),
            candidate("unknown", verdict="unknown"),
            candidate("tight", verdict="tight"),
            candidate("fits"),
        ]
    )
    assert names(order) == ["fits", "tight", "unknown", "no"]


def test_among_similar_ones_the_smaller_stands_first() -> None:
    order = rank(
        [candidate("large", 400_000_000, downloads=12_000), candidate("small", 60_000_000)]
    )
    assert names(order) == ["small", "large"]


def test_the_first_rows_are_of_different_sizes() -> None:
    same = [candidate(f"base{i}", 110_000_000, downloads=50_000 - i) for i in range(6)]
    order = rank(
        [*same, candidate("tiny", 14_000_000, downloads=2_000), candidate("big", 350_000_000)]
    )
    assert {"tiny", "big"} <= set(names(order)[:4])
    assert "reason.best_of_size" in codes(order[0])


def test_a_test_model_does_not_win_by_its_downloads() -> None:
    risky = candidate("random", 1000, downloads=10**7, risks=(Reason("risk.test_model"),))
    assert names(rank([risky, candidate("real", downloads=100)])) == ["real", "random"]


def test_a_popular_real_model_beats_an_unused_tiny_one() -> None:
    order = rank(
        [
            candidate("unused", 5_000_000, downloads=0),
            candidate("used", 66_000_000, downloads=10**6),
        ]
    )
    assert names(order) == ["used", "unused"]


def test_reasons_say_why() -> None:
    found = rank(
        [candidate("a", 20_000_000, on_disk=True)],
        language="en",
        now=datetime(2026, 2, 1, tzinfo=UTC),
    )[0]
    assert codes(found) == {
        "reason.fits", "reason.small", "reason.popular", "reason.permissive", "reason.language",
        "reason.fresh", "reason.on_disk", "reason.best_of_size",
    }  # fmt: skip


def test_labels_by_name_count() -> None:
    config = {"id2label": {"0": "Refund", "1": "card lost"}}
    labelled = candidate("labelled")
    labelled = replace(labelled, facts=replace(labelled.facts, config=config))
    order = rank([candidate("other", 50_000_000), labelled], labels=["refund", "card lost"])
    assert order[0].repo == "org/labelled"
    assert "reason.label_match" in codes(order[0])


@pytest.mark.parametrize(
    ("sort", "expected"), [("downloads", "b"), ("likes", "c"), ("recent", "d"), ("size", "a")]
)
def test_other_orders(sort: str, expected: str) -> None:
    rows = [
        candidate("a", 1_000_000, downloads=1),
        candidate("b", downloads=10**6),
        candidate("c", likes=99),
        candidate("d", last_modified="2026-06-01T00:00:00.000Z"),
        candidate("e", None, downloads=0, last_modified=None),
    ]
    assert names(rank(rows, sort=sort))[0] == expected


_ANY = st.builds(
    candidate,
    st.text("abc", min_size=1, max_size=4),
    st.none() | st.integers(1, 10**13),
    downloads=st.integers(0, 10**12),
    verdict=st.sampled_from(["fits", "tight", "no", "unknown"]),
    engine=st.sampled_from(["torch", None]),
    last_modified=st.sampled_from([None, "nonsense", "2026-01-01", "2026-01-01T00:00:00Z"]),
)


@given(st.lists(_ANY, max_size=12))
def test_nothing_is_lost_and_scores_fall(rows: list[Candidate]) -> None:
    order = rank(rows, language="en", now=datetime(2026, 2, 1, tzinfo=UTC))
    assert sorted(names(order)) == sorted(names(rows))
    scores = [found.score for found in order]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert names(rank(list(reversed(rows)), language="en")) == names(rank(rows, language="en"))


@given(st.integers(0, 10**15), st.integers(1, 10**15))
def test_parts_stay_between_0_and_1(downloads: int, parameters: int) -> None:
    assert 0 <= adoption(downloads) <= 1
    assert 0 <= smallness(parameters) <= 1
