# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.hub.candidate import Licence, LicenceClass
from selector.hub.licences import LICENCES, accepts, classify, strictest
from selector.hub.obligations import OBLIGATIONS, obligation
from selector.wording import Wording


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
        ("Apache-2.0", "permissive"),
        ("GPL-3.0-or-later", "copyleft"),
        ("AGPL-3.0-only", "copyleft"),
        ("MIT OR GPL-3.0-only", "permissive"),
        ("(MIT AND CC-BY-NC-4.0)", "non-commercial"),
        ("MIT OR somebody-elses", "permissive"),
        ("MIT AND somebody-elses", "unknown"),
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
    words = re.split(r"[\s()]+|-only|-or-later|\+", identity.strip().lower())
    if not set(words) & set(LICENCES):
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


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("llama3.1", "restricted"),
        ("Gemma", "restricted"),
        ("fair noncommercial research license", "non-commercial"),
        ("mit", "unknown"),  # who calls a licence other than MIT "mit" has changed it
        ("qwen-research", "unknown"),
        (None, "unknown"),
    ],
)
def test_another_licence_gets_the_class_of_its_name_unless_that_allowed_everything(
    name: str | None, kind: str
) -> None:
    found = classify("other", name, "https://example.org/licence")
    assert found.kind == kind
    assert found.to_json()["link"] == "https://example.org/licence"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_licence_and_class_has_its_obligations_in_one_sentence(language: str) -> None:
    words = Wording(language)
    licences = [classify(key) for key in LICENCES]
    licences += [Licence(None, kind) for kind in get_args(LicenceClass)]
    licences += [Licence("strange", kind) for kind in get_args(LicenceClass)]
    for licence in licences:
        reason = obligation(licence)
        assert words.has(reason.code), reason.code
        said = words.text(reason.code, **reason.facts)
        assert said.endswith(".")
        assert "…" not in said
    assert obligation(classify("mit")) != obligation(classify("agpl-3.0-only"))


def test_families_hold_known_licences_only() -> None:
    assert set(OBLIGATIONS) <= set(LICENCES)
