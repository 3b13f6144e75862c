# SPDX-License-Identifier: Apache-2.0
"""Every task goes the whole way: searched, fitted, pulled, tried, evaluated, exported; offline once it is here."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from selector import registry
from selector.desk.desk import Desk
from selector.desk.requests import EvaluateRequest, SearchRequest
from selector.paths import locations
from selector.settings import Settings
from selector.tasks.base import FILE_KINDS, PAIR_SEPARATOR
from tests.loopback_hub import LoopbackHub, Repository
from tests.tiny_tasks import LABELS, MAKERS, PARAMETERS, TEXTS


def test_every_task_has_a_tiny_model_and_inputs() -> None:
    assert set(registry.tasks()) == set(MAKERS) == set(TEXTS)
    assert set(LABELS) | set(PARAMETERS) <= set(MAKERS)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackHub]:
    root = tmp_path_factory.mktemp("served")
    models = [Repository(f"t/{name}", make(root / name)) for name, make in MAKERS.items()]
    with LoopbackHub(models) as served:
        yield served


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def desk(hub: LoopbackHub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    places = locations(tmp_path_factory.mktemp("user") / "data").create()
    made = Desk(places, settings=Settings(hub_address=hub.endpoint))
    yield made
    made.close()


@pytest.mark.parametrize("task_id", sorted(registry.tasks()))
def test_it_goes_from_the_hub_to_an_export(
    task_id: str, desk: Desk, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(cache))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))  # the machine's turn is ours alone
    task, ref = registry.task(task_id), f"t/{task_id}#torch-fp32"
    found = desk.search(SearchRequest(task_id))
    assert f"t/{task_id}" in {candidate.facts.repo for candidate in found.candidates}
    assert desk.candidate(ref, task_id).fit is not None
    (local,) = desk.pull([ref], task_id, lambda _: None)
    assert local.verified
    data = tmp_path / "examples.csv"
    pairs = task.input_kind == "text_pair"
    with data.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["text", "text2", "label"] if pairs else ["text", "label"])
        for text in TEXTS[task_id]:
            rows.writerow([*text.split(PAIR_SEPARATOR), LABELS.get(task_id, "my card")])
    evaluated = desk.evaluate(EvaluateRequest((ref,), task_id, data), lambda _: None)
    (score,) = evaluated.evaluation.models
    assert score.error is None
    assert score.score is not None
    assert evaluated.evaluation.metric == task.metrics[0]
    # The export tries the model on the task's own samples.
    document = json.loads(evaluated.file.read_text(encoding="utf-8"))
    out = tmp_path / "exported"
    files = desk.export(document, "python", out).files
    assert out / "runner.py" in files
    if task.input_kind in FILE_KINDS:
        return  # no pictures are shipped
    samples = json.loads((out / "samples.json").read_text(encoding="utf-8"))
    wanted = [text for texts in task.sample_inputs.values() for text in texts]
    assert [each["input"] for each in samples] == wanted
    assert {each["output"]["kind"] for each in samples} == {task.output_kind}
