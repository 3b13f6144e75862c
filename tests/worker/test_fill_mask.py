# SPDX-License-Identifier: Apache-2.0
"""Filling gaps: the runner, its refusals, and the whole way from the Hub to an exported project."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector import registry
from selector.errors import UnsupportedModel
from selector.tasks.base import TaskRunner
from selector.tasks.outputs import Failed, Finished, Labels
from selector.tasks.torch_masked import window
from tests.tiny_models import make_encoder, make_masked


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> TaskRunner:
    folder = make_masked(tmp_path_factory.mktemp("masked") / "tiny")
    return registry.task("fill-mask").load_torch(folder, {"threads": 1})


def fill(runner: TaskRunner, *texts: str) -> dict[int, Finished]:
    events = runner.run(texts, {}, lambda: False)
    return {event.index: event for event in events if isinstance(event, Finished)}


def test_batches_give_what_single_texts_give(runner: TaskRunner) -> None:
    texts = ["my [MASK] is lost", "[MASK]", "where is the <mask> " + "card " * 30, "a ___ refund"]
    together = fill(runner, *texts)
    assert sorted(together) == [0, 1, 2, 3]
    for index, text in enumerate(texts):
        one, many = fill(runner, text)[0].output, together[index].output
        assert isinstance(one, Labels)
        assert isinstance(many, Labels)
        assert len(one.labels) == 10
        assert [x.label for x in one.labels] == [x.label for x in many.labels]
        assert [x.score for x in one.labels] == pytest.approx([x.score for x in many.labels])
        assert [x.score for x in one.labels] == sorted((x.score for x in one.labels), reverse=True)


def test_the_gap_is_seen_wherever_it_lies_in_a_long_text(runner: TaskRunner) -> None:
    found = fill(runner, "card " * 200 + "[MASK]", "[MASK]" + " card" * 200)
    assert [found[i].cut for i in (0, 1)] == [139, 139]  # 201 tokens, of which 62 find room
    assert all(isinstance(event.output, Labels) for event in found.values())


@pytest.mark.parametrize(
    "text",
    [
        "no gap",
        "[MASK] and [MASK]",
        "",
        "  ",
    ],
    ids=["none", "two", "empty", "blank"],
)
def test_a_text_that_cannot_be_filled_is_named_and_the_others_go_on(
    runner: TaskRunner, text: str
) -> None:
    found = {x.index: x for x in runner.run(["a [MASK]", text, "[MASK]"], {}, lambda: False)}
    assert [type(found[i]) for i in range(3)] == [Finished, Failed, Finished]
    assert found[1].error.facts["reason"] == "input.gaps"  # type: ignore[union-attr]


def test_a_model_without_the_head_is_refused(tmp_path: Path) -> None:
    folder = make_encoder(tmp_path / "plain")
    with pytest.raises(UnsupportedModel) as caught:
        registry.task("fill-mask").load_torch(folder, {"repo": "t/plain"})
    assert caught.value.facts["reason"] == "risk.no_head"


def test_cancelling_ends_it_early(runner: TaskRunner) -> None:
    assert list(runner.run(["my [MASK]"] * 5, {}, lambda: True)) == []


@given(st.integers(1, 500), st.integers(1, 500), st.data())
def test_a_window_holds_the_gap_and_all_it_can(length: int, room: int, data: st.DataObject) -> None:
    gap = data.draw(st.integers(0, length - 1))
    start, end = window(length, gap, room)
    assert 0 <= start <= gap < end <= length
    assert end - start == min(length, room)
