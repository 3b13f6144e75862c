# SPDX-License-Identifier: Apache-2.0
"""The engine ``torch``: transformers on PyTorch; the widest coverage and the reference for the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.engines.base import EngineInfo, Loadable
from selector.engines.facts import ModelFacts
from selector.engines.installed import INTEL_MAC, probe_packages
from selector.engines.repository import extra_layers, is_small_file, is_weights, wrong_head
from selector.errors import EngineMissing, UnknownEngine
from selector.tasks.base import Task, TaskRunner


class TorchEngine:
    """See Engine."""

    info = EngineInfo(
        id="torch",
        title="PyTorch (transformers)",
        formats=("safetensors",),
        precisions=("fp32", "bf16", "fp16"),
        distributions=("torch", "transformers", "tokenizers", "safetensors", "numpy"),
        modules=(
            "torch",
            "transformers.models.auto.tokenization_auto",
            "transformers.models.auto.modeling_auto",
            "transformers.modeling_layers",
            "transformers.generation.utils",
        ),
    )

    def probe(self) -> Loadable:
        """See Engine."""
        return probe_packages(("torch", "transformers"), (INTEL_MAC,))

    def can_load(self, facts: ModelFacts, task: Task) -> Loadable:
        """See Engine."""
        if facts.needs_remote_code:
            return Loadable(False, "risk.remote_code")
        if facts.weight_format not in self.info.formats:
            code = "risk.pickle_only" if facts.weight_format == "pickle" else "risk.no_weights"
            return Loadable(False, code, {"format": facts.weight_format})
        paths = [file.path for file in facts.files]
        if paths and not any(is_weights(path) for path in paths):
            return Loadable(False, "risk.no_weights", {"format": facts.weight_format})
        return extra_layers(facts, task) or wrong_head(facts, task) or Loadable(True)

    def offered(self, facts: ModelFacts) -> tuple[str, ...]:
        """See Engine: weights are cast while loading, so every precision comes from the same file."""
        return self.info.precisions if facts.weight_format in self.info.formats else ()

    def files(self, facts: ModelFacts, precision: str) -> tuple[str, ...]:
        """See Engine: configuration, tokenizer and safetensors at the top, the pooling's folder."""
        del precision  # one file serves every precision of this engine
        paths = [file.path for file in facts.files]
        single = "model.safetensors" in paths

        def wanted(path: str) -> bool:
            if is_weights(path):
                return path == "model.safetensors" or not single
            return is_small_file(path)

        return tuple(path for path in paths if wanted(path))

    def makes(self, facts: ModelFacts, task: Task) -> tuple[str, ...]:
        """See Engine."""
        return ()

    def make(
        self,
        folder: Path,
        task: Task,
        options: Mapping[str, Any],
        sentences: Sequence[str],
        tell: Callable[[str], None],
    ) -> Mapping[str, Any]:
        """See Engine."""
        raise UnknownEngine(engine=f"{self.info.id}-{options.get('precision')}", known=[])

    def load(self, folder: Path, task: Task, options: Mapping[str, Any]) -> TaskRunner:
        """See Engine."""
        if not self.probe().ok:
            raise EngineMissing(engine=self.info.id)
        return task.load_torch(folder, options)


ENGINE = TorchEngine()
