# SPDX-License-Identifier: Apache-2.0
"""The engine ``torch``: transformers on PyTorch; the widest coverage and the reference for the others."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from selector.engines.base import EngineInfo, Loadable
from selector.engines.facts import ModelFacts
from selector.errors import EngineMissing
from selector.tasks.base import Task, TaskRunner

_HEADS: Mapping[str, tuple[str, ...]] = {
    "text-classification": ("ForSequenceClassification",),
    "text-generation": ("ForCausalLM", "LMHeadModel"),
}
_WEIGHTS = re.compile(r"model(-\d{5}-of-\d{5})?\.safetensors")
# Named one by one: a repository may hold data sets and reports of any size beside its model.
_WANTED = re.compile(
    r"(config|generation_config|modules|sentence_bert_config|config_sentence_transformers"
    r"|special_tokens_map|added_tokens|tokenizer|tokenizer_config|vocab|model\.safetensors\.index"
    r"|chat_template)\.json"
    r"|[\w.-]*vocab[\w.-]*\.txt|merges\.txt|bpe\.codes|[\w.-]+\.(model|spm|tiktoken)"
    r"|chat_template\.jinja|README\.md|(LICENSE|LICENCE|NOTICE|USE_POLICY)(\.md|\.txt)?"
    r"|\d+_Pooling/config\.json",
    re.IGNORECASE,
)
# sentence-transformers' numbered folders; only these two need no weights of their own.
_LAYER = re.compile(r"\d+_(?!Pooling/|Normalize/)(?P<layer>\w+)/(config\.json|model\.safetensors)")


class TorchEngine:
    """See Engine."""

    info = EngineInfo(
        id="torch",
        title="PyTorch (transformers)",
        formats=("safetensors",),
        precisions=("fp32", "bf16", "fp16"),
        distributions=("torch", "transformers", "tokenizers", "safetensors", "numpy"),
    )

    def probe(self) -> Loadable:
        """See Engine."""
        missing = [n for n in ("torch", "transformers") if importlib.util.find_spec(n) is None]
        return Loadable(not missing, "engine.missing" if missing else "", {"missing": missing})

    def can_load(self, facts: ModelFacts, task: Task) -> Loadable:
        """See Engine."""
        if facts.needs_remote_code:
            return Loadable(False, "risk.remote_code")
        if facts.weight_format not in self.info.formats:
            code = "risk.pickle_only" if facts.weight_format == "pickle" else "risk.no_weights"
            return Loadable(False, code, {"format": facts.weight_format})
        paths = [file.path for file in facts.files]
        if paths and not any(_WEIGHTS.fullmatch(path) for path in paths):
            return Loadable(False, "risk.no_weights", {"format": facts.weight_format})
        if task.output_kind in {"vector", "similarity"}:
            for layer in (_LAYER.fullmatch(path) for path in paths):
                if layer is not None:
                    return Loadable(False, "risk.extra_layers", {"layer": layer["layer"][:60]})
        heads = _HEADS.get(task.id)
        names = facts.config.get("architectures")
        if heads and isinstance(names, list) and names and not str(names[0]).endswith(heads):
            return Loadable(False, "risk.no_head", {"architecture": str(names[0])[:80]})
        return Loadable(True)

    def offered(self, facts: ModelFacts) -> tuple[str, ...]:
        """See Engine: weights are cast while loading, so every precision comes from the same file."""
        return self.info.precisions if facts.weight_format in self.info.formats else ()

    def files(self, facts: ModelFacts, precision: str) -> tuple[str, ...]:
        """See Engine: configuration, tokenizer and safetensors at the top, the pooling's folder."""
        del precision  # one file serves every precision of this engine
        paths = [file.path for file in facts.files]
        single = "model.safetensors" in paths

        def wanted(path: str) -> bool:
            if _WEIGHTS.fullmatch(path):
                return path == "model.safetensors" or not single
            return _WANTED.fullmatch(path) is not None

        return tuple(path for path in paths if wanted(path))

    def load(self, folder: Path, task: Task, options: Mapping[str, Any]) -> TaskRunner:
        """See Engine."""
        if not self.probe().ok:
            raise EngineMissing(engine=self.info.id)
        return task.load_torch(folder, options)


ENGINE = TorchEngine()
