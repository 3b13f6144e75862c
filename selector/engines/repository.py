# SPDX-License-Identifier: Apache-2.0
"""What engines that read a transformers repository have in common: its small files, heads, layers. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from selector.engines.base import Loadable
from selector.engines.facts import ModelFacts
from selector.tasks.base import Task

_HEADS: Mapping[str, tuple[str, ...]] = {
    "text-classification": ("ForSequenceClassification",),
    "zero-shot-classification": ("ForSequenceClassification",),
    "text-ranking": ("ForSequenceClassification",),
    "automatic-speech-recognition": ("ForCTC", "ForConditionalGeneration"),
    "image-classification": ("ForImageClassification",),
    "token-classification": ("ForTokenClassification",),
    "question-answering": ("ForQuestionAnswering",),
    "translation": ("ForConditionalGeneration", "EncoderDecoderModel", "MTModel"),
    "fill-mask": ("ForMaskedLM", "ForPreTraining"),
    "summarization": ("ForConditionalGeneration", "EncoderDecoderModel"),
    "text-generation": ("ForCausalLM", "LMHeadModel"),
}
# Named one by one: a repository may hold data sets and reports of any size beside its model.
_SMALL = re.compile(
    r"(config|preprocessor_config|processor_config|generation_config|modules|sentence_bert_config|config_sentence_transformers"
    r"|special_tokens_map|added_tokens|tokenizer|tokenizer_config|vocab|model\.safetensors\.index"
    r"|chat_template)\.json"
    r"|[\w.-]*vocab[\w.-]*\.txt|merges\.txt|bpe\.codes|[\w.-]+\.(model|spm|tiktoken)"
    r"|chat_template\.jinja|README\.md|(LICENSE|LICENCE|NOTICE|USE_POLICY)(\.md|\.txt)?"
    r"|\d+_Pooling/config\.json",
    re.IGNORECASE,
)
_WEIGHTS = re.compile(r"model(-\d{5}-of-\d{5})?\.safetensors")
# sentence-transformers' numbered folders; only these two need no weights of their own.
_LAYER = re.compile(r"\d+_(?!Pooling/|Normalize/)(?P<layer>\w+)/(config\.json|model\.safetensors)")


@lru_cache(maxsize=4096)
def is_weights(path: str) -> bool:
    """Whether ``path`` is a whole model's safetensors, or a part of it."""
    return _WEIGHTS.fullmatch(path) is not None


@lru_cache(maxsize=4096)
def is_small_file(path: str) -> bool:
    """Whether ``path`` is configuration, tokenizer, pooling or licence."""
    return _SMALL.fullmatch(path) is not None


def extra_layers(facts: ModelFacts, task: Task) -> Loadable | None:
    """The refusal of vectors that need layers which Petit does not run; None when there are none."""
    if task.output_kind in {"vector", "similarity"}:
        for layer in (_LAYER.fullmatch(file.path) for file in facts.files):
            if layer is not None:
                return Loadable(False, "risk.extra_layers", {"layer": layer["layer"][:60]})
    return None


def architecture_of(facts: ModelFacts) -> str | None:
    """The first name under ``architectures``; None when the configuration names none."""
    names = facts.config.get("architectures")
    return str(names[0])[:80] if isinstance(names, list) and names else None


def wrong_head(facts: ModelFacts, task: Task) -> Loadable | None:
    """The refusal of a model whose configuration names another head than the task needs."""
    heads, architecture = _HEADS.get(task.id), architecture_of(facts)
    if heads and architecture is not None and not architecture.endswith(heads):
        return Loadable(False, "risk.no_head", {"architecture": architecture})
    return None
