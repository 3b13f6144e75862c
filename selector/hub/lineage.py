# SPDX-License-Identifier: Apache-2.0
"""What a model was made from, and for which library, also where its card does not say. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from selector.engines.facts import ModelFacts
from selector.errors import BadReference
from selector.hub import checked
from selector.reference import parse_reference

RELATIONS = ("quantized", "finetune", "adapter", "merge")
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


def library_of(raw: Mapping[str, Any], facts: ModelFacts, tags: tuple[str, ...]) -> str | None:
    """The stated library; else the one a tag or a file of its own names; None when nothing does."""
    stated = checked.text(raw.get("library_name"), 80)
    if stated:
        return stated.lower()
    if named := next((name for name in _LIBRARIES if name in tags), None):
        return named
    paths = {file.path for file in facts.files}
    if marked := next((name for mark, name in _MARKS.items() if mark in paths), None):
        return marked
    if facts.weight_format == "gguf":
        return "gguf"
    return "transformers" if "model_type" in facts.config and "config.json" in paths else None


def _repo(value: object) -> str | None:
    name = checked.text(value, 200)
    try:
        found = parse_reference(name).repo if name else None
    except BadReference:
        return None
    return found if found == name else None


def _stated_base(raw: Mapping[str, Any], tags: tuple[str, ...]) -> str | None:
    stated = checked.texts(checked.mapping(raw.get("cardData")).get("base_model"), 20)
    models = checked.items(checked.mapping(raw.get("baseModels")).get("models"), 20)
    told = [checked.mapping(model).get("id") for model in models]
    tagged = [tag.rpartition(":")[2] for tag in tags if tag.startswith("base_model:")]
    return next((repo for name in (*stated, *told, *tagged) if (repo := _repo(name))), None)


def _stated_relation(raw: Mapping[str, Any], tags: tuple[str, ...]) -> str | None:
    stated = [
        checked.text(checked.mapping(raw.get("cardData")).get("base_model_relation"), 20),
        checked.text(checked.mapping(raw.get("baseModels")).get("relation"), 20),
        *(tag.split(":")[1] for tag in tags if tag.count(":") > 1 and tag[:11] == "base_model:"),
    ]
    return next((name for name in stated if name in RELATIONS), None)


def base_of(raw: Mapping[str, Any], facts: ModelFacts) -> tuple[str | None, str | None]:
    """The repository a model was made from, and how; ``(None, None)`` when nothing says so.

    Where the relation is not stated it is read off the files, as the Hub does.
    """
    tags = checked.texts(raw.get("tags"), 300)
    base = _stated_base(raw, tags)
    if base is None or base == facts.repo:
        return None, None
    if relation := _stated_relation(raw, tags):
        return base, relation
    if any(file.path == "adapter_config.json" for file in facts.files):
        return base, "adapter"
    converted = facts.weight_format in {"gguf", "onnx"} or "quantization_config" in facts.config
    return base, "quantized" if converted else "finetune"
