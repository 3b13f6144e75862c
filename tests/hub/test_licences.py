# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.hub.candidate import LicenceClass
from selector.hub.licences import LICENCES, accepts, classify, strictest


@pytest.mark.parametrize(
    ("identity", "kind"),
    [
        ("apache-2.0", "permissive"),
        ("MIT", "permissive"),
        ("gpl-3.0", "copyleft"),
        ("cc-by-sa-4.0", "copyleft"),
        ("llama3.2", "restricted"),
        ("gemma", "restricted"),
        ("openrail", "restricted"),
        ("cc-by-nc-4.0", "non-commercial"),
        ("other", "unknown"),
        ("unknown", "unknown"),
        ("cc", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_known_licences(identity: str | None, kind: str) -> None:
    assert classify(identity).kind == kind


@given(st.text(max_size=40))
def test_any_id_has_a_class_and_no_stranger_is_permissive(identity: str) -> None:
    found = classify(identity)
    assert found.kind in get_args(LicenceClass)
    if identity.strip().lower() not in LICENCES:
        assert found.kind == "unknown"


def test_everything_in_the_table_is_written_as_it_is_compared() -> None:
    assert all(key == key.strip().lower() for key in LICENCES)
    assert not [key for key, kind in LICENCES.items() if "-nc" in key and kind != "non-commercial"]


def test_of_several_the_strictest_holds() -> None:
    assert strictest(("mit", "cc-by-nc-4.0", "gpl-3.0")).id == "cc-by-nc-4.0"
    assert strictest(()).kind == "unknown"


def test_a_filter_is_a_class_or_an_id() -> None:
    mit = classify("mit")
    assert accepts("any", mit)
    assert accepts("permissive", mit)
    assert accepts("MIT", mit)
    assert not accepts("apache-2.0", mit)
    assert not accepts("permissive", classify("other"))
