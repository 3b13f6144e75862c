# SPDX-License-Identifier: Apache-2.0
"""Which library a model is for and what its GGUF file says, also where no page says it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from selector.engines.facts import ModelFacts
from selector.hub import checked

_LIBRARIES = (
    "sentence-transformers", "transformers", "diffusers", "timm", "peft", "gguf", "mlx", "onnx",
    "transformers.js", "openvino", "spacy", "flair", "gliner", "setfit", "fasttext", "span-marker",
)  # fmt: skip
_MARKS = {
    "modules.json": "sentence-transformers",
    "model_index.json": "diffusers",
    "adapter_config.json": "peft",
}


def with_gguf_summary(facts: ModelFacts, raw: Mapping[str, Any]) -> ModelFacts:
    """The same model with what the Hub read from its GGUF file, under ``gguf`` of its configuration."""
    stated = checked.mapping(raw.get("gguf"))
    known = {
        "architecture": checked.text(stated.get("architecture"), 80),
        "context_length": checked.whole(stated.get("context_length"), 10**9),
    }
    said = {key: value for key, value in known.items() if value is not None}
    return replace(facts, config={**facts.config, "gguf": said}) if said else facts


def library_of(facts: ModelFacts, tags: tuple[str, ...]) -> str | None:
    """The library that a tag or a file of its own names; None when nothing does."""
    if named := next((name for name in _LIBRARIES if name in tags), None):
        return named
    paths = {file.path for file in facts.files}
    if marked := next((name for mark, name in _MARKS.items() if mark in paths), None):
        return marked
    if facts.weight_format == "gguf":
        return "gguf"
    return "transformers" if "model_type" in facts.config and "config.json" in paths else None
