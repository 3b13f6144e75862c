# SPDX-License-Identifier: Apache-2.0
"""Whether a model is made for a task, also where its page does not say what it is for. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from selector.hub.judge import Row
from selector.tasks.base import Task

# Ending of an architecture's name in config.json -> pipeline tags it can serve.
_HEADS: Mapping[str, tuple[str, ...]] = {
    "ForSequenceClassification": ("text-classification", "zero-shot-classification", "text-ranking"),
    "ForTokenClassification": ("token-classification",),
    "ForQuestionAnswering": ("question-answering",),
    "ForMaskedLM": ("fill-mask", "feature-extraction", "sentence-similarity"),
    "ForCausalLM": ("text-generation",),
    "LMHeadModel": ("text-generation",),
    "ForConditionalGeneration": (
        "text2text-generation", "summarization", "translation", "automatic-speech-recognition",
        "image-text-to-text", "image-to-text",
    ),
    "ForImageClassification": ("image-classification",),
    "ForObjectDetection": ("object-detection",),
    "ForAudioClassification": ("audio-classification",),
    "ForCTC": ("automatic-speech-recognition",),
    "Model": ("feature-extraction", "sentence-similarity"),
}  # fmt: skip
_EMBEDDERS = ("bert", "t5encoder", "gritlm")
"""Architectures in a GGUF header that give vectors, by a part of their name."""
_OTHER_MEDIA = (
    "clip", "flux", "sd1", "sd3", "sdxl", "wan", "ltxv", "hyvid", "hidream", "cosmos", "lumina",
    "aura", "qwen_image", "pig", "whisper", "wavtokenizer", "kokoro", "orpheus", "esrgan",
)  # fmt: skip
_VECTORS = frozenset({"feature-extraction", "sentence-similarity"})
_VECTOR_NAMES = ("embed", "bge-", "gte-", "e5-", "minilm", "sentence", "simcse", "-similarity")


def gives_vectors(task: Task) -> bool:
    """Whether the task's answer is, or comes from, a vector."""
    return task.output_kind in {"vector", "similarity"}


def _by_gguf(row: Row, task: Task) -> bool:
    said = row.facts.config.get("gguf")
    architecture = str(said.get("architecture") or "") if isinstance(said, Mapping) else ""
    name = architecture.lower()
    if name.startswith(_OTHER_MEDIA):
        return False
    named = any(part in row.facts.repo.lower() for part in _VECTOR_NAMES)
    vectors = any(part in name for part in _EMBEDDERS) or named
    return gives_vectors(task) if vectors else task.output_kind == "text"


def other_task(row: Row, task: Task) -> bool:
    """Whether a model is made for something else. One that says nothing at all is not."""
    wanted = frozenset(task.hub_tags)
    if row.task_tag in wanted or wanted & frozenset(row.tags):
        return False
    if row.task_tag is not None:
        return True
    if row.facts.weight_format == "gguf":
        return not _by_gguf(row, task)
    if row.library == "sentence-transformers":
        return not wanted & _VECTORS
    names = row.facts.config.get("architectures")
    if not isinstance(names, list) or not names:
        return False
    fitting = next((tags for end, tags in _HEADS.items() if str(names[0]).endswith(end)), None)
    return fitting is not None and not wanted & frozenset(fitting)
