# SPDX-License-Identifier: Apache-2.0
"""The embedded sample project: data, three trained models, inputs to try."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from selector import registry
from selector.desk.requests import SampleProject
from selector.hub.candidate import LocalModel
from selector.paths import resources_root
from selector.reference import parse_reference
from selector.tasks.base import Language
from selector.trial.contestants import find_local


def sample_folder() -> Path:
    """Where the sample lies."""
    return resources_root() / "sample"


def sample_models() -> Path:
    """The read-only folder of the sample's models, ``ORG/NAME`` each."""
    return sample_folder() / "models"


def read_sample(language: Language, library: Sequence[LocalModel]) -> SampleProject:
    """The sample, its models pinned. Raises NotDownloaded when the installation lacks them."""
    content = json.loads((sample_folder() / "project.json").read_text(encoding="utf-8"))
    models = [find_local(parse_reference(repo), library) for repo in content["models"]]
    return SampleProject(
        title=content["title"][language],
        task=registry.task(content["task"]),
        data=sample_folder() / content["data"],
        input_column=content["input_column"],
        label_column=content["label_column"],
        refs=tuple(model.ref for model in models),
        example_inputs=tuple(content["example_inputs"]),
        margin=float(content["margin"]),
    )
