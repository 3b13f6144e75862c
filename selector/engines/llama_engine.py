# SPDX-License-Identifier: Apache-2.0
"""The engine ``llama``: GGUF files through llama.cpp; the fast path for language models."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.engines.base import EngineInfo, Loadable
from selector.engines.facts import ModelFacts
from selector.engines.gguf_files import PRECISIONS, gguf_variants
from selector.engines.installed import ARM_WINDOWS, probe_packages
from selector.engines.llama_embedder import load_embedder
from selector.engines.llama_writer import load_writer
from selector.engines.repository import is_small_file
from selector.errors import EngineMissing, UnknownEngine
from selector.tasks.base import Task, TaskRunner

_LOADERS: Mapping[str, Any] = {"writer": load_writer, "embedder": load_embedder}
SMALL_BYTES = 1_200_000_000
"""Up to this size Q8_0 is preferred: below a billion weights Q4 is hardly faster and much less exact."""


class LlamaEngine:
    """See Engine."""

    info = EngineInfo(
        id="llama",
        title="llama.cpp",
        formats=("gguf",),
        precisions=PRECISIONS,
        distributions=("xllamacpp",),
    )

    def probe(self) -> Loadable:
        """See Engine."""
        return probe_packages(("xllamacpp",), (ARM_WINDOWS,))

    def can_load(self, facts: ModelFacts, task: Task) -> Loadable:
        """See Engine. Architecture and pooling are in the file's header and judged when it is here."""
        if task.head not in _LOADERS or task.runner is None:
            return Loadable(False, "risk.task_on_engine", {"engine": self.info.id})
        if not self.offered(facts):
            code = "risk.no_gguf" if facts.weight_format else "risk.no_weights"
            return Loadable(False, code, {"format": facts.weight_format})
        return Loadable(True)

    def offered(self, facts: ModelFacts) -> tuple[str, ...]:
        """See Engine: each precision is a file (or several parts) of its own."""
        found = gguf_variants(file.path for file in facts.files)
        sizes = {file.path: file.size for file in facts.files}
        bytes_of = {name: sum(sizes[p] for p in item.paths) for name, item in found.items()}
        first = ["q8_0", "q4_k_m"]
        if bytes_of.get("q8_0", 0) > SMALL_BYTES:
            first.reverse()
        rest = [name for name in found if name not in first]
        return tuple(name for name in [*first, *rest] if name in found)

    def files(self, facts: ModelFacts, precision: str) -> tuple[str, ...]:
        """See Engine: every part of one model, and the repository's small files."""
        paths = [file.path for file in facts.files]
        variant = gguf_variants(paths).get(precision)
        if variant is None:
            return ()
        return tuple(path for path in paths if path in variant.paths or is_small_file(path))

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
        precision = str(options.get("precision", PRECISIONS[0]))
        found = gguf_variants(
            path.relative_to(folder).as_posix() for path in folder.rglob("*.gguf")
        )
        load = _LOADERS.get(task.head or "")
        if precision not in found or load is None or task.runner is None:
            known = [f"{self.info.id}-{name}" for name in found]
            raise UnknownEngine(engine=f"{self.info.id}-{precision}", known=known)
        paths = [folder / path for path in found[precision].paths]
        given = {**options, "threads": int(options.get("threads") or 1)}
        return task.runner(load(paths, folder, given))


ENGINE = LlamaEngine()
