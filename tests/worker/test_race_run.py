# SPDX-License-Identifier: Apache-2.0
"""A race with real models in real workers: stopped, resumed to the item, taking turns, with a broken one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from selector.desk.desk import Desk
from selector.desk.requests import EvaluateRequest
from selector.errors import Cancelled
from selector.paths import Locations
from selector.tasks.outputs import Labels, ScoredLabel
from selector.trial.measurement import Trial, TrialEvent
from selector.trial.on_call import OnCall
from tests.tiny_models import make_classifier
from tests.ui.cached_models import put_in_cache

LABELS = ("lost", "other", "refund")
N = 200


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("models")
    small = make_classifier(folder / "small", LABELS, hidden=16)
    large = make_classifier(folder / "large", LABELS, hidden=32, seed=3)
    return small, large


def test_a_stopped_race_goes_on_to_the_item_and_saves_work(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    refs = tuple(put_in_cache(path, f"bank/{path.name}") for path in made)
    data = tmp_path / "mails.csv"
    rows = [f"text number {i},{LABELS[i % 3]}" for i in range(N)]
    data.write_text("text,label\n" + "\n".join(rows) + "\n")
    desk = Desk(Locations(tmp_path / "data").create(), offline=True)
    request = EvaluateRequest(refs, "text-classification", data, margin=0.3, race=True)
    first: list[TrialEvent] = []
    with pytest.raises(Cancelled):
        desk.evaluate(request, first.append, lambda: any(x.kind == "output" for x in first))
    told = {(x.ref, x.index) for x in first if x.kind == "output"}
    second: list[TrialEvent] = []
    done = desk.evaluate(request, second.append)
    again = [(x.ref, x.index) for x in second if x.kind == "output" and x.seconds > 0]
    assert not told & set(again)
    assert len(set(again)) == len(again)
    found = done.evaluation
    assert found.race is not None
    assert found.race.evaluations == len(told | set(again))
    assert found.race.evaluations < found.race.total == 2 * N
    assert all(x.latency_s for x in found.models)
    assert done.file.is_file()
    third: list[TrialEvent] = []
    same = desk.evaluate(request, third.append)
    assert [x.kind for x in third if x.kind in {"loading", "loaded"}] == []  # all of it is known
    assert same.evaluation.decision == found.decision
    assert [x.latency_s for x in same.evaluation.models] == [x.latency_s for x in found.models]
    desk.close()


def test_contestants_take_turns_where_memory_is_short_and_a_broken_one_is_out(
    made: tuple[Path, Path], tmp_path: Path
) -> None:
    refs = [put_in_cache(path, f"bank/{path.name}") for path in made]
    desk = Desk(Locations(tmp_path / "data").create(), offline=True)
    small, large = desk.contestants(refs, "text-classification")
    gone = replace(small, ref="bank/gone", folder=str(tmp_path / "nowhere"))
    trial = Trial("text-classification", ("one", "two", "three"), (small, large, gone))
    heard: list[TrialEvent] = []
    known = {small.ref: {0: Labels((ScoredLabel("lost", 0.9),))}}
    with OnCall(trial, 1, heard.append, lambda: False, known) as field:
        first = field.answer(small.ref, [0, 1])
        assert first[0] == known[small.ref][0]
        assert first[1] is not None
        assert field.answer(large.ref, [1])[1] is not None
        assert [x.ref for x in heard if x.facts.get("for") == "memory"] == [small.ref]
        assert field.answer(small.ref, [0, 1]) == first  # known by now: nothing is loaded again
        assert field.answer(gone.ref, [0]) == {0: None}
        assert field.failed(gone.ref)
        assert not field.failed(small.ref)
        field.release(large.ref, dropped=True)
    assert [x.ref for x in heard if x.kind == "loaded"] == [small.ref, large.ref]
    rows = field.measurements()
    assert rows[small.ref].latency.n == 1
    assert rows[gone.ref].error is not None
    desk.close()
