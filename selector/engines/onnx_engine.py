# SPDX-License-Identifier: Apache-2.0
"""The engine ``onnx``: ONNX Runtime with the repository's tokenizer alone; the fast path for encoders."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from selector.engines.base import EngineInfo, Loadable
from selector.engines.facts import ModelFacts
from selector.engines.installed import INTEL_MAC, probe_packages
from selector.engines.onnx_files import PRECISIONS, external_data, onnx_variants
from selector.engines.onnx_model import load_classifier, load_embedder
from selector.engines.repository import extra_layers, is_small_file, wrong_head
from selector.errors import EngineMissing, UnknownEngine
from selector.tasks.base import Task, TaskRunner

_LOADERS: Mapping[str, Any] = {"classifier": load_classifier, "embedder": load_embedder}


class OnnxEngine:
    """See Engine."""

    info = EngineInfo(
        id="onnx",
        title="ONNX Runtime",
        formats=("onnx",),
        precisions=PRECISIONS,
        distributions=("onnxruntime", "tokenizers", "numpy"),
    )

    def probe(self) -> Loadable:
        """See Engine."""
        return probe_packages(("onnxruntime", "tokenizers"), (INTEL_MAC,))

    def can_load(self, facts: ModelFacts, task: Task) -> Loadable:
        """See Engine. A graph runs no code of its repository, whatever transformers would need."""
        if task.head not in _LOADERS or task.runner is None:
            return Loadable(False, "risk.task_on_engine", {"engine": self.info.id})
        if not self.offered(facts):
            code = "risk.no_onnx" if facts.weight_format else "risk.no_weights"
            return Loadable(False, code, {"format": facts.weight_format})
        paths = {file.path for file in facts.files}
        if "tokenizer.json" not in paths:
            return Loadable(False, "risk.no_tokenizer")
        return extra_layers(facts, task) or wrong_head(facts, task) or Loadable(True)

    def offered(self, facts: ModelFacts) -> tuple[str, ...]:
        """See Engine: each precision is a file of its own."""
        return tuple(onnx_variants(file.path for file in facts.files))

    def files(self, facts: ModelFacts, precision: str) -> tuple[str, ...]:
        """See Engine: one graph with its weights, configuration, tokenizer, pooling."""
        paths = [file.path for file in facts.files]
        graph = onnx_variants(paths).get(precision)
        if graph is None:
            return ()
        wanted = {graph, *external_data(graph, paths)}
        return tuple(path for path in paths if path in wanted or is_small_file(path))

    def load(self, folder: Path, task: Task, options: Mapping[str, Any]) -> TaskRunner:
        """See Engine."""
        if not self.probe().ok:
            raise EngineMissing(engine=self.info.id)
        precision = str(options.get("precision", PRECISIONS[0]))
        paths = [path.relative_to(folder).as_posix() for path in folder.rglob("*.onnx")]
        found = onnx_variants(paths)
        load = _LOADERS.get(task.head or "")
        if precision not in found or load is None or task.runner is None:
            known = [f"{self.info.id}-{name}" for name in found]
            raise UnknownEngine(engine=f"{self.info.id}-{precision}", known=known)
        return task.runner(load(folder / found[precision], folder, options))


ENGINE = OnnxEngine()
