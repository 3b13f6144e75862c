# SPDX-License-Identifier: Apache-2.0
"""What a classifier's configuration makes of it: several labels at once, a number, or two texts."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from selector import registry
from selector.paths import resources_root
from selector.tasks.outputs import Failed, Finished, Labels, Number, Output, from_json, to_json
from selector.tasks.text_classification import is_inference
from tests.tiny_models import make_classifier, make_inference

TEXTS = ["my card is lost", "refund please", "where is the card " * 30]
PAIRS = ["my card is lost\tthe card is not here", "refund\tbonjour"]


def edit(folder: Path, **changes: Any) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("heads")
    several = make_classifier(root / "several", ("lost", "refund", "other"))
    number = make_classifier(root / "number", ("rating",))
    return {
        "several": edit(several, problem_type="multi_label_classification"),
        "number": edit(number, problem_type="regression"),
        "inference": make_inference(root / "inference"),
    }


def outputs(folder: Path, texts: Sequence[str], engine: str = "torch") -> dict[int, Output]:
    task = registry.task("text-classification")
    options = {"threads": 1, "repo": "t/m", "precision": "fp32"}
    runner = registry.engine(engine).load(folder, task, options)
    events = runner.run(texts, {}, lambda: False)
    return {x.index: x.output for x in events if isinstance(x, Finished)}


def test_of_several_labels_any_number_holds(folders: dict[str, Path]) -> None:
    found = outputs(folders["several"], TEXTS)
    for output in found.values():
        assert isinstance(output, Labels)
        assert output.several
        assert set(output.holding) == {x.label for x in output.labels if x.score >= 0.5}
        assert from_json(to_json(output)) == output


def test_a_number_is_what_the_model_gives_and_not_a_probability(folders: dict[str, Path]) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    found = outputs(folders["number"], TEXTS)
    model = AutoModelForSequenceClassification.from_pretrained(folders["number"]).eval()
    tokens = AutoTokenizer.from_pretrained(folders["number"])(TEXTS[0], return_tensors="pt")
    with torch.inference_mode():
        expected = float(model(**tokens).logits[0, 0])
    assert isinstance(found[0], Number)
    assert found[0].value == pytest.approx(expected, abs=1e-5)
    assert from_json(to_json(found[0])) == found[0]


def test_a_model_of_inference_reads_two_texts_together(folders: dict[str, Path]) -> None:
    found = outputs(folders["inference"], [*PAIRS, PAIRS[0].replace("lost", "refund")])
    first, other = found[0], found[2]
    assert isinstance(first, Labels)
    assert isinstance(other, Labels)
    assert {x.label for x in first.labels} == {"contradiction", "neutral", "entailment"}
    assert first.labels != other.labels
    runner = registry.task("text-classification").load_torch(folders["inference"], {"threads": 1})
    events = {x.index: x for x in runner.run([PAIRS[0], "alone"], {}, lambda: False)}
    assert isinstance(events[0], Finished)
    assert isinstance(events[1], Failed)
    assert events[1].error.facts["reason"] == "input.not_a_pair"


def test_labels_are_those_of_inference_only_with_both_sides() -> None:
    assert is_inference(["ENTAILMENT", "NEUTRAL", "CONTRADICTION"])
    assert is_inference(["entailment", "not_entailment"])
    assert not is_inference(["positive", "neutral", "negative"])
    assert not is_inference(["entailment", "other"])


@pytest.mark.parametrize("kind", ["several", "number", "inference"])
def test_the_exported_runner_gives_the_same(
    kind: str, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    templates = resources_root() / "exports" / "python"
    task = templates / "tasks" / "text-classification.py"
    (tmp_path / "exported_runner.py").write_text(task.read_text(encoding="utf-8"))
    monkeypatch.syspath_prepend(templates)
    monkeypatch.syspath_prepend(tmp_path)
    texts = PAIRS if kind == "inference" else TEXTS
    try:
        runner = importlib.import_module("exported_runner").Runner(folders[kind], "fp32")
        said = [from_json(x) for x in runner.run(texts, {})]
    finally:
        for name in ("exported_runner", "model_loading"):
            sys.modules.pop(name, None)
    shown = outputs(folders[kind], texts)
    for index, output in enumerate(said):
        one, other = output, shown[index]
        if isinstance(one, Number):
            assert isinstance(other, Number)
            assert one.value == pytest.approx(other.value, abs=1e-5)
        else:
            assert isinstance(one, Labels)
            assert isinstance(other, Labels)
            assert one.several == other.several
            assert [x.label for x in one.labels] == [x.label for x in other.labels]
            scores = [x.score for x in other.labels]
            assert [x.score for x in one.labels] == pytest.approx(scores, abs=1e-6)
