# SPDX-License-Identifier: Apache-2.0
"""What every task owes, whoever adds it."""

from __future__ import annotations

import importlib
import subprocess
import sys
from typing import get_args

import pytest

from selector import registry
from selector.decide.metrics import METRICS
from selector.tasks.base import (
    FILE_KINDS,
    PAIR_SEPARATOR,
    InputKind,
    Language,
    Modality,
    OutputKind,
    Task,
)

LANGUAGES = get_args(Language)


@pytest.fixture(params=registry.tasks().values(), ids=registry.tasks())
def task(request: pytest.FixtureRequest) -> Task:
    found = request.param
    assert isinstance(found, Task)
    return found


def test_it_is_the_one_constant_of_a_file_named_like_it(task: Task) -> None:
    module = importlib.import_module(f"selector.tasks.{task.id.replace('-', '_')}")
    assert task is module.TASK


def test_it_speaks_every_language(task: Task) -> None:
    for texts in (task.title, task.purpose, task.words, task.sample_inputs):
        assert set(texts) == set(LANGUAGES)
        assert all(texts.values()) or (
            texts is task.sample_inputs and task.input_kind in FILE_KINDS
        )
    for language in LANGUAGES:
        assert not task.title[language].endswith(".")
        assert len(task.title[language]) <= 35  # two cards beside each other in a small window
        assert task.purpose[language].endswith(".")
        assert all(word == word.lower() for word in task.words[language])
        assert len(task.words[language]) == len(set(task.words[language])) >= 5


def test_its_kinds_are_known(task: Task) -> None:
    assert task.modality in get_args(Modality)
    assert task.input_kind in get_args(InputKind)
    assert task.output_kind in get_args(OutputKind)
    assert task.id == task.hub_tags[0]


def test_its_samples_are_inputs_of_its_kind(task: Task) -> None:
    for samples in task.sample_inputs.values():
        for sample in samples:
            assert (PAIR_SEPARATOR in sample) == (task.input_kind == "text_pair")


def test_its_metrics_exist(task: Task) -> None:
    assert len(task.metrics) == len(set(task.metrics))
    assert set(task.metrics) <= set(METRICS)


def test_finding_tasks_and_engines_imports_no_runtime() -> None:
    heavy = "{'torch', 'transformers', 'numpy', 'tokenizers', 'onnxruntime', 'sklearn', 'scipy'}"
    code = (
        "import sys\nfrom selector import registry\nregistry.tasks(); registry.engines()\n"
        "[engine.probe() for engine in registry.engines().values()]\n"
        f"sys.exit(', '.join({heavy} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""
