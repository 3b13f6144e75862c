# SPDX-License-Identifier: Apache-2.0
"""One bad input fails alone, with its reason; the others get what they get without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector import registry
from selector.errors import OutOfMemory, RunFailed
from selector.tasks.items import Items
from selector.tasks.outputs import Event, Failed, Finished, Labels, Output, to_json
from selector.tasks.readable import MAX_CHARACTERS
from selector.trial.turns import PORTION_CHARACTERS, portions
from tests.tiny_tasks import MAKERS, PARAMETERS, TEXTS

BAD = {
    "nul": ("input.nul", lambda text: f"{text}\0"),
    "surrogate": ("input.half_character", lambda text: f"{text} \ud83d"),
    "huge": ("input.too_long", lambda text: text + " a" * MAX_CHARACTERS),
}


def made(root: Path, task_id: str) -> Path:
    folder = root / task_id
    return folder if folder.exists() else MAKERS[task_id](folder)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.mark.parametrize("task_id", sorted(registry.tasks()))
def test_every_task_answers_the_others(task_id: str, root: Path) -> None:
    task = registry.task(task_id)
    runner = task.load_torch(made(root, task_id), {"threads": 1})
    parameters = {**task.default_parameters, **PARAMETERS.get(task_id, {})}
    good = TEXTS[task_id]
    bad = [(reason, spoil(good[0])) for reason, spoil in BAD.values()]
    if task.input_kind == "text_pair":
        bad.append(("input.not_a_pair", "one text alone"))
    mixed = [good[0], *(text for _, text in bad), *good[1:]]

    def outputs(texts: Sequence[str]) -> tuple[dict[int, Output], dict[int, Any]]:
        events = list(Items(runner, task.input_kind).run(texts, parameters, lambda: False))
        done = {x.index: x.output for x in events if isinstance(x, Finished)}
        failed = {x.index: x.error.facts for x in events if isinstance(x, Failed)}
        return done, failed

    clean, none = outputs(good)
    assert none == {}
    done, failed = outputs(mixed)
    assert {i: facts["reason"] for i, facts in failed.items()} == {
        i + 1: reason for i, (reason, _) in enumerate(bad)
    }
    assert all(facts["index"] == i for i, facts in failed.items())
    shift = len(bad)
    assert sorted(done) == [0, *range(shift + 1, len(mixed))]
    for index, output in clean.items():
        there = done[index if index == 0 else index + shift]
        assert to_json(there)["kind"] == to_json(output)["kind"]


class Odd:
    """A runner that fails on "bad", on "worse" without saying on which, and dies on "full"."""

    parameters = 1
    labels: tuple[str, ...] = ()

    def run(
        self, inputs: Sequence[str], parameters: Mapping[str, Any], cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        if "worse" in inputs:
            raise ValueError("something in this batch")
        for index, text in enumerate(inputs):
            if text == "bad":
                raise RunFailed(index=index, detail="no")
            if text == "full":
                raise OutOfMemory(index=index)
            yield Finished(index, Labels(()))


@given(st.lists(st.sampled_from(["good", "good", "bad", "worse", "full", "a\0"]), max_size=30))
def test_every_input_gets_one_answer_or_one_reason(texts: list[str]) -> None:
    items = Items(Odd(), "text")
    list(items.run(["good"], {}, lambda: False))  # so that it is not given up
    events = list(items.run(texts, {}, lambda: False))
    assert sorted(x.index for x in events) == list(range(len(texts)))
    for event in events:
        assert isinstance(event, Finished) == (texts[event.index] == "good")
        if isinstance(event, Failed):
            assert event.error.facts["index"] == event.index


def test_a_model_that_fails_on_everything_is_given_up() -> None:
    items = Items(Odd(), "text")
    events = items.run(["worse"] * 64, {}, lambda: False)
    assert [next(events).index, next(events).index] == [0, 1]
    with pytest.raises(RunFailed):
        next(events)
    # Inputs that nobody can read say nothing of the model.
    assert len(list(Items(Odd(), "text").run(["\0"] * 9, {}, lambda: False))) == 9


@given(st.lists(st.integers(0, PORTION_CHARACTERS), max_size=12))
def test_inputs_travel_in_order_and_never_too_many_at_once(lengths: list[int]) -> None:
    texts = ["x" * n for n in lengths]
    parts = list(portions(range(len(texts)), texts))
    assert [i for part in parts for i in part] == list(range(len(texts)))
    assert all(
        len(part) == 1 or sum(lengths[i] for i in part) <= PORTION_CHARACTERS for part in parts
    )
