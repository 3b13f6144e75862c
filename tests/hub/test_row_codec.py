# SPDX-License-Identifier: Apache-2.0
"""Rows of the index survive being written, and what is unknown stays unknown."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.engines.facts import ModelFacts
from selector.hub.judge import Row
from selector.hub.licences import classify
from selector.hub.ranking import adoption
from selector.hub.row_codec import row_from_text, row_to_text

_ROW = Row(ModelFacts("org/model", "a" * 40, (), parameters=7), classify("mit"))
_COUNTS = st.none() | st.integers(0, 10**9)


@given(_COUNTS, _COUNTS)
def test_nought_and_unknown_stay_apart(downloads: int | None, likes: int | None) -> None:
    row = row_from_text(row_to_text(replace(_ROW, downloads=downloads, likes=likes)))
    assert row is not None
    assert (row.downloads, row.likes) == (downloads, likes)
    assert row.facts == _ROW.facts
    assert row.licence == _ROW.licence


@pytest.mark.parametrize("value", ["many", -3, 1.5, True, [], {}])
def test_a_count_of_another_kind_is_unknown(value: object) -> None:
    body = json.loads(row_to_text(_ROW)) | {"downloads": value}
    row = row_from_text(json.dumps(body))
    assert row is not None
    assert row.downloads is None


@given(st.text())
def test_any_text_is_a_row_or_none(text: str) -> None:
    row = row_from_text(text)
    assert row is None or row.facts.repo


def test_unknown_downloads_rank_as_none_at_all() -> None:
    assert adoption(None) == adoption(0) == 0.0
    assert adoption(1000) > 0
