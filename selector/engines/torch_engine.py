# SPDX-License-Identifier: Apache-2.0
"""The engine ``torch``: transformers on PyTorch; the widest coverage and the reference for the others."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from selector.engines.base import EngineInfo, Loadable
from selector.engines.facts import ModelFacts
from selector.errors import EngineMissing
from selector.tasks.base import Task, TaskRunner

_HEADS: Mapping[str, tuple[str, ...]] = {
    "text-classification": ("ForSequenceClassification",),
    "text-generation": ("ForCausalLM", "LMHeadModel"),
}
_TOP = {".json", ".txt", ".model", ".jinja"}
_TOP_NAMES = {"README.md", "LICENSE", "LICENSE.md", "LICENSE.txt", "NOTICE"}


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
        heads = _HEADS.get(task.id)
        names = facts.config.get("architectures")
        if heads and isinstance(names, list) and names and not str(names[0]).endswith(heads):
            return Loadable(False, "risk.no_head", {"architecture": str(names[0])[:80]})
        return Loadable(True)

    def files(self, facts: ModelFacts, precision: str) -> tuple[str, ...]:
        """See Engine: configuration, tokenizer and safetensors at the top, the pooling's folder."""
        del precision  # one file serves every precision of this engine
        paths = [file.path for file in facts.files]
        single = "model.safetensors" in paths

        def wanted(path: str) -> bool:
            pure = PurePosixPath(path)
            if path == "1_Pooling/config.json":
                return True
            if len(pure.parts) > 1:
                return False
            if pure.suffix == ".safetensors":
                return path == "model.safetensors" if single else path.startswith("model")
            return pure.suffix in _TOP or path in _TOP_NAMES

        return tuple(path for path in paths if wanted(path))

    def load(self, folder: Path, task: Task, options: Mapping[str, Any]) -> TaskRunner:
        """See Engine."""
        if not self.probe().ok:
            raise EngineMissing(engine=self.info.id)
        return task.load_torch(folder, options)


ENGINE = TorchEngine()
