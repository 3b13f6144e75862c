# SPDX-License-Identifier: Apache-2.0
"""What the files of a downloaded model say about it, without any network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from selector.engines.facts import FileFact, ModelFacts
from selector.engines.json_files import read_object
from selector.errors import HubAnswerBad
from selector.hub import card, headers
from selector.hub.candidate import LocalModel
from selector.hub.facts import weight_format, with_config, with_file_sizes, with_weights
from selector.hub.judge import Row, row_of_page
from selector.hub.known import known


def read_header(path: Path) -> headers.Tensors:
    """What a safetensors file holds; nothing when it is not one."""
    try:
        with path.open("rb") as handle:
            length = headers.header_length(handle.read(8))
            return headers.tensors_of(handle.read(length))
    except (OSError, HubAnswerBad):
        return headers.Tensors()


def facts_of(model: LocalModel) -> ModelFacts:
    """Facts from the local config.json and safetensors headers."""
    root = Path(model.path)
    files = tuple(FileFact(path, size, sha256 or None) for path, sha256, size in model.files)
    facts = ModelFacts(
        model.repo, model.revision, files, weight_format=weight_format(file.path for file in files)
    )
    facts = with_config(facts, read_object(root / "config.json"))
    found = headers.Tensors()
    tensors = [f.path for f in files if f.path.endswith(".safetensors") and "/" not in f.path]
    # One complete file beside its own shards would count twice.
    for path in ["model.safetensors"] if "model.safetensors" in tensors else tensors:
        found += read_header(root / path)
    return with_file_sizes(with_weights(facts, found))


def readme_of(model: LocalModel) -> str:
    """The head of a README; empty when there is none."""
    try:
        with (Path(model.path) / "README.md").open("rb") as handle:
            return handle.read(card.HEAD_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def row_of_local(model: LocalModel) -> Row:
    """A model on this disk, ready to be judged beside those of the Hub."""
    text, facts = readme_of(model), facts_of(model)
    row = row_of_page({"cardData": card.front_matter(text), "config": dict(facts.config)}, facts)
    about = replace(row.about, summary=known(card.excerpt(text), "card"))
    paths = frozenset(file.path for file in facts.files)
    return replace(row, about=about, on_disk=True, here=paths)
