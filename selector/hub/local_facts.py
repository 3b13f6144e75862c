# SPDX-License-Identifier: Apache-2.0
"""What the files of a downloaded model say about it, without any network."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from selector.engines.facts import FileFact, ModelFacts
from selector.errors import HubAnswerBad
from selector.hub import headers
from selector.hub.candidate import LocalModel
from selector.hub.facts import weight_format, with_config, with_file_sizes, with_weights
from selector.hub.judge import Row, languages_of
from selector.hub.licences import strictest

_CARD_BYTES = 200_000
_CONFIG_BYTES = 5_000_000
_FIELD = re.compile(r"(license|language|pipeline_tag)\s*:\s*(.*)")
_ITEM = re.compile(r"\s*-\s+(.*)")


def read_json(path: Path) -> Mapping[str, Any]:
    """A JSON object from a file of reasonable size; an empty one for anything else."""
    try:
        if path.stat().st_size > _CONFIG_BYTES:
            return {}
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def read_header(path: Path) -> dict[str, int]:
    """Weights by dtype of a safetensors file; empty when it is not one."""
    try:
        with path.open("rb") as handle:
            length = headers.header_length(handle.read(8))
            return headers.weights_by_dtype(handle.read(length))
    except (OSError, HubAnswerBad):
        return {}


def facts_of(model: LocalModel) -> ModelFacts:
    """Facts from the local config.json and safetensors headers."""
    root = Path(model.path)
    files = tuple(FileFact(path, size, sha256 or None) for path, sha256, size in model.files)
    facts = ModelFacts(
        model.repo, model.revision, files, weight_format=weight_format(file.path for file in files)
    )
    facts = with_config(facts, read_json(root / "config.json"))
    counts: dict[str, int] = {}
    tensors = [f.path for f in files if f.path.endswith(".safetensors") and "/" not in f.path]
    # One complete file beside its own shards would count twice.
    for path in ["model.safetensors"] if "model.safetensors" in tensors else tensors:
        for dtype, count in read_header(root / path).items():
            counts[dtype] = counts.get(dtype, 0) + count
    return with_file_sizes(with_weights(facts, counts))


def card_of(text: str) -> dict[str, list[str]]:
    """Licence, languages and task from the head of a README.

    Reads the two shapes these fields have (a word, a list of words) and nothing else of YAML.
    """
    lines = text.lstrip("\ufeff").splitlines()
    found: dict[str, list[str]] = {}
    if not lines or lines[0].strip() != "---":
        return found
    current: list[str] | None = None
    for line in lines[1:500]:
        if line.strip() == "---":
            break
        if (item := _ITEM.fullmatch(line)) and current is not None:
            current += _words(item[1])
        elif field := _FIELD.fullmatch(line.rstrip()):
            current = found.setdefault(field[1], [])
            current += _words(field[2])
        elif line[:1].strip():
            current = None
    return found


def _words(text: str) -> list[str]:
    words = (word.strip().strip("'\"") for word in text.strip().strip("[]").split(","))
    return [word[:80] for word in words if word]


def row_of_local(model: LocalModel) -> Row:
    """A model on this disk, ready to be judged beside those of the Hub."""
    try:
        with (Path(model.path) / "README.md").open(encoding="utf-8", errors="replace") as handle:
            card = card_of(handle.read(_CARD_BYTES))
    except OSError:
        card = {}
    tags = card.get("pipeline_tag", [])
    return Row(
        facts=facts_of(model),
        licence=strictest(tuple(card.get("license", ()))),
        languages=languages_of(card, ()),
        task_tag=tags[0] if tags else None,
        on_disk=True,
    )
