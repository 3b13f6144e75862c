# SPDX-License-Identifier: Apache-2.0
"""The engine ``onnx``: ONNX Runtime with the repository's tokenizer alone; the fast path for encoders."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from selector.engines.base import EngineInfo, Loadable
from selector.engines.facts import ModelFacts
from selector.engines.installed import INTEL_MAC, probe_packages
from selector.engines.onnx_files import PRECISIONS, external_data, onnx_variants
from selector.engines.onnx_made import FILES, make
from selector.engines.onnx_model import load_classifier, load_embedder
from selector.engines.repository import extra_layers, is_small_file, is_weights, wrong_head
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
        """See Engine: one graph with its weights, configuration, tokenizer, pooling.

        Of a form that Petit makes, what it is made from: the repository's own graph, else safetensors.
        """
        paths = [file.path for file in facts.files]
        found = onnx_variants(paths)
        graph = found.get(precision) or (found.get("fp32") if precision in FILES else None)
        if graph is not None:
            wanted = {graph, *external_data(graph, paths)}
        elif precision in FILES:
            single = "model.safetensors" in paths
            wanted = {
                p for p in paths if is_weights(p) and (p == "model.safetensors" or not single)
            }
        else:
            wanted = set()
        if not wanted:
            return ()
        return tuple(path for path in paths if path in wanted or is_small_file(path))

    def makes(self, facts: ModelFacts, task: Task) -> tuple[str, ...]:
        """See Engine: a graph from safetensors, and eight bits from a graph."""
        paths = {file.path for file in facts.files}
        if task.head not in _LOADERS or facts.needs_remote_code or "tokenizer.json" not in paths:
            return ()
        if extra_layers(facts, task) or wrong_head(facts, task):
            return ()
        offered = self.offered(facts)
        traced = any(is_weights(path) for path in paths)
        can = ("fp32", "int8") if traced else ("int8",) if "fp32" in offered else ()
        return tuple(name for name in can if name not in offered)

    def make(
        self,
        folder: Path,
        task: Task,
        options: Mapping[str, Any],
        sentences: Sequence[str],
        tell: Callable[[str], None],
    ) -> Mapping[str, Any]:
        """See Engine."""
        precision = str(options["precision"])
        if not self.probe().ok or importlib.util.find_spec("onnx") is None:
            raise EngineMissing(engine=self.info.id)
        if precision not in FILES or task.head not in _LOADERS:
            raise UnknownEngine(engine=f"{self.info.id}-{precision}", known=sorted(FILES))
        own = self._here(folder).get("fp32")
        graph = folder / own if own else None
        return asdict(make(folder, graph, task, precision, options, sentences, tell))

    def load(self, folder: Path, task: Task, options: Mapping[str, Any]) -> TaskRunner:
        """See Engine."""
        if not self.probe().ok:
            raise EngineMissing(engine=self.info.id)
        precision = str(options.get("precision", PRECISIONS[0]))
        found = {name: folder / path for name, path in self._here(folder).items()}
        if made := options.get("made"):
            found |= {name: Path(str(made)) / file for name, file in FILES.items()}
        load = _LOADERS.get(task.head or "")
        if precision not in found or load is None or task.runner is None:
            known = [f"{self.info.id}-{name}" for name in found]
            raise UnknownEngine(engine=f"{self.info.id}-{precision}", known=known)
        return task.runner(load(found[precision], folder, options))

    @staticmethod
    def _here(folder: Path) -> dict[str, str]:
        return onnx_variants(path.relative_to(folder).as_posix() for path in folder.rglob("*.onnx"))


ENGINE = OnnxEngine()
