# SPDX-License-Identifier: Apache-2.0
"""What a project needs of a model on its engine: which files go along, and how they are opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from selector.decide.pinned import file_sha256, safe_path
from selector.engines.gguf_files import gguf_variants
from selector.engines.gguf_header import read_header
from selector.engines.llama_embedder import LONGEST_CONTEXT as LONGEST_EMBEDDED
from selector.engines.llama_writer import FIRST_CONTEXT, LONGEST_CONTEXT
from selector.engines.onnx_files import external_data, onnx_variants
from selector.engines.onnx_made import FILES
from selector.engines.repository import is_weights
from selector.errors import DecisionUnreadable, NotDownloaded
from selector.paths import resources_root
from selector.tasks.pooling import pooling_of
from selector.trial.measurement import Contestant

DISTRIBUTIONS: Mapping[str, tuple[str, ...]] = {
    "torch": ("torch", "transformers", "tokenizers", "safetensors", "numpy"),
    "onnx": ("onnxruntime", "tokenizers", "numpy"),
    "llama": ("xllamacpp",),
}
"""What runs a model of each engine, to be installed."""
_MORE = {
    "feature-extraction": ("embedding.py",),
    "sentence-similarity": ("embedding.py",),
    "translation": ("languages.toml",),
}
"""What lies beside the runner of a task."""
_EXACT = {"fp32", "f32"}
_HALF = {"fp16", "bf16", "f16"}


@dataclass(frozen=True, slots=True)
class Carried:
    """Files by the path they get inside ``model/``: where they are, SHA-256, size; and settings."""

    files: tuple[tuple[str, Path, str, int], ...]
    settings: Mapping[str, Any] = field(default_factory=dict)


def templates(task: str, engine: str) -> dict[str, Path]:
    """The Python files of a project by name; empty when this engine cannot run the task alone."""
    root = resources_root() / "exports" / "python"
    own = root if engine == "torch" else root / engine
    runner = own / "tasks" / f"{task}.py"
    if "embedding.py" in _MORE.get(task, ()):
        runner = root / "tasks" / f"{task}.py"
    if engine not in DISTRIBUTIONS or not _plain(task) or not runner.is_file():
        return {}
    found = {name: root / name for name in ("predict.py", "test_predict.py")}
    found |= {"model_loading.py": own / "model_loading.py", "runner.py": runner}
    return found | {name: own / name for name in _MORE.get(task, ()) if (own / name).is_file()}


def _plain(task: str) -> bool:
    return task.replace("-", "").isalnum()


def tolerance(engine: str, precision: str) -> float:
    """How far numbers may be from the recorded ones.

    Other processors add in another order. ONNX's eight-bit graphs scale each batch by its largest
    number, so that an answer depends a little on its neighbours.
    """
    if precision in _EXACT:
        return 1e-4
    return 2e-3 if precision in _HALF or engine == "llama" else 0.05


def carried(contestant: Contestant, pinned: Mapping[str, Any]) -> Carried:
    """The files of a pinned contestant, and how its engine opens them.

    Of a form that Petit made the form itself goes along, not what it was made from. Raises
    DecisionUnreadable for a path that leaves its folder, NotDownloaded for a file that is gone.
    """
    root = Path(contestant.folder)
    files = []
    for file in pinned["files"]:
        path = str(file["path"])
        if not safe_path(path):
            raise DecisionUnreadable(path=path, reason="unsafe_path")
        files.append((path, root / path, str(file["sha256"]), int(file["size"])))
    paths = [path for path, *_ in files]
    if contestant.engine == "onnx":
        return _onnx(contestant, files, paths)
    if contestant.engine == "llama":
        return Carried(tuple(files), {"llama": _llama(contestant, root, paths)})
    return Carried(tuple(files))


def _onnx(
    contestant: Contestant, files: list[tuple[str, Path, str, int]], paths: list[str]
) -> Carried:
    if not contestant.made:
        graph = onnx_variants(paths).get(contestant.precision)
        if graph is None:
            raise NotDownloaded(repo=contestant.repo, file="model.onnx")
        return Carried(tuple(files), {"graph": graph})
    graphs = onnx_variants(paths).values()
    source = {other for graph in graphs for other in (graph, *external_data(graph, paths))}
    small = [file for file in files if not is_weights(file[0]) and file[0] not in source]
    name = FILES[contestant.precision]
    made = sorted(Path(contestant.made).glob(f"{name}*"))
    if name not in {path.name for path in made}:
        raise NotDownloaded(repo=contestant.repo, file=name)
    own = [(path.name, path, file_sha256(path), path.stat().st_size) for path in made]
    return Carried((*small, *own), {"graph": name})


def _llama(contestant: Contestant, root: Path, paths: list[str]) -> dict[str, Any]:
    variant = gguf_variants(paths).get(contestant.precision)
    if variant is None:
        raise NotDownloaded(repo=contestant.repo, file="model.gguf")
    try:
        header = read_header(root / variant.paths[0])
    except (OSError, ValueError):
        raise NotDownloaded(repo=contestant.repo, file=variant.paths[0]) from None
    embeds = header.pooling is not None or header.architecture.startswith(("bert", "nomic-bert"))
    longest = LONGEST_EMBEDDED if embeds else LONGEST_CONTEXT
    return {
        "file": variant.paths[0],
        "context": header.context(FIRST_CONTEXT, FIRST_CONTEXT),
        "longest": header.context(FIRST_CONTEXT, longest),
        "template": header.template,
        "pooling": "mean" if header.pooling in {None, "none"} else None,
        "prompt": pooling_of(root, contestant.repo).prompt if embeds else "",
    }
