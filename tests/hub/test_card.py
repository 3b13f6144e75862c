# SPDX-License-Identifier: Apache-2.0
"""Model cards: real ones, broken ones, hostile ones."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.hub.candidate import LocalModel
from selector.hub.card import excerpt, front_matter
from selector.hub.local_facts import row_of_local
from tests.hub.conftest import folder

CARD = """---
license: other
license_name: llama3.1
license_link: https://example.org/licence
language:
- en
- no
datasets: [glue, "sst2"]
base_model: org/base
co2_eq_emissions:
  emissions: 149200.5
  training_type: fine-tuning
when: 2024-02-30
at: 1:30
model-index:
- name: x
  results:
  - task: {type: text-classification}
    dataset: {name: SST-2, type: sst2}
    metrics:
    - {type: accuracy, value: 0.91}
---
# Title

![badge](https://example.org/x.svg)

A **small** model for [sentences](https://example.org) of banks, trained on public data.
"""


def test_a_card_is_read_with_its_lists_and_nested_values() -> None:
    found = front_matter(CARD)
    assert found["license_name"] == "llama3.1"
    assert found["datasets"] == ["glue", "sst2"]
    assert found["co2_eq_emissions"]["emissions"] == 149200.5
    assert found["model-index"][0]["results"][0]["metrics"][0]["value"] == 0.91


def test_norwegian_dates_and_times_stay_words() -> None:
    found = front_matter(CARD)
    assert (found["language"], found["when"], found["at"]) == (["en", "no"], "2024-02-30", "1:30")


def test_the_first_words_are_plain() -> None:
    assert excerpt(CARD) == ("A small model for sentences of banks, trained on public data.")


@pytest.mark.parametrize(
    "front",
    [
        "a: &x [1, 1]\nb: [*x, *x]",
        "\n".join(["a: &a [x]"] + [f"{c}: &{c} [*{p}, *{p}]" for p, c in zip("abcdefgh", "bcdefghi", strict=True)]),
        "[" * 50_000,
        "{a: " * 20_000,
        "x: !!python/object/apply:os.system [ls",
        "\t- x",
        "a: b: c",
        "- a\n- b",
        "x: y\n" * 60_000,
    ],
)  # fmt: skip
def test_a_bomb_or_nonsense_states_nothing_and_takes_no_time(front: str) -> None:
    start = time.process_time()
    assert front_matter(f"---\n{front}\n---\n") == {}
    assert time.process_time() - start < 3


def test_a_tag_of_python_is_only_a_word() -> None:
    assert front_matter("---\nx: !!python/object/apply:os.system [ls]\n---") == {"x": ["ls"]}


@given(st.text(max_size=300) | st.text("-:[]{}&*!|>'\"#\n abc", max_size=120))
def test_any_text_is_a_card(text: str) -> None:
    assert isinstance(front_matter(f"---\n{text}\n---\n{text}"), dict)
    shown = excerpt(text)
    assert shown is None or (len(shown) <= 400 and "\n" not in shown)


@pytest.mark.parametrize(
    "piece", ["<!--", "<script>", "[", "![", "<a ", "```", "<!---->", "&lt;b "]
)
def test_a_readme_of_openings_takes_no_time(piece: str) -> None:
    start = time.process_time()
    excerpt(piece * (20_000_000 // len(piece)))
    assert time.process_time() - start < 3


def test_of_a_huge_readme_only_the_head_is_read_and_shown_as_plain_text(tmp_path) -> None:
    page = "<script>alert('x')</script>\n\n<b>Bold</b> claims about a model that answers mail.\n\n"
    root = folder(tmp_path / "m")
    head = f"---\nlicense: mit\n---\n{page}"
    (root / "README.md").write_text(head + "<div>filler</div>\n" * 1_100_000)
    assert (root / "README.md").stat().st_size > 19_000_000
    files = tuple((p.name, "", p.stat().st_size) for p in root.iterdir())
    row = row_of_local(LocalModel("org/m@x", "org/m", "x", str(root), 1, False, files))
    assert row.licence.id == "mit"
    assert row.about.summary.value == "Bold claims about a model that answers mail."


def test_signs_that_change_the_text_around_them_are_taken_out() -> None:
    shown = excerpt(
        "A model \u202ethat reads\u2066 backwards\x1b[31m and is\x00 very much trusted."
    )
    assert shown == "A model that reads backwards[31m and is very much trusted."
