# SPDX-License-Identifier: Apache-2.0
"""ONNX forms that Petit makes itself, once, and keeps with the proof of what they are worth.

A form is kept in a folder of its own (see made.py) beside ``made.json``, which says from which files it
was made, with which libraries, and how its answers compare with the original's on a few dozen sentences.
A graph in fp32 whose answers are not the original's is thrown away.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

from selector.engines.json_files import read_object
from selector.engines.made import RECORD, VERSION, Fidelity, fidelity_of
from selector.engines.onnx_export import export_graph, quantise_graph
from selector.engines.onnx_model import load_classifier, load_embedder
from selector.errors import LoadFailed
from selector.tasks.base import Task
from selector.tasks.torch_encoder import load_torch_classifier, load_torch_embedder

FILES = {"fp32": "model.onnx", "int8": "model_int8.onnx"}
_TOLERANCE = 1e-3
"""Largest difference of a score, or of a cosine from 1, that an fp32 graph may show."""
_LIBRARIES = ("torch", "transformers", "onnx", "onnxscript", "onnxruntime")
_GRAPH_LOADERS: Mapping[str, Any] = {"classifier": load_classifier, "embedder": load_embedder}
_TORCH_LOADERS: Mapping[str, Any] = {
    "classifier": load_torch_classifier,
    "embedder": load_torch_embedder,
}
Tell = Callable[[str], None]
"""Called with the step that begins: ``export``, ``check``, ``quantise``, ``measure``."""


def make(
    folder: Path,
    graph: Path | None,
    task: Task,
    precision: str,
    options: Mapping[str, Any],
    sentences: Sequence[str],
    tell: Tell,
) -> Fidelity:
    """Make one form in ``options["made"]`` and say how good it is; at once when it is there already.

    ``graph`` is the repository's own fp32 graph, where it has one. Raises LoadFailed, UnsupportedModel,
    OutOfMemory.
    """
    made = Path(str(options["made"]))
    if (known := fidelity_of(made, precision)) is not None:
        return known
    head = str(task.head)
    made.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _workshop(made) as bench:
        source, kept = graph or made / FILES["fp32"], fidelity_of(made, "fp32")
        if graph is None and kept is None:
            source = bench / FILES["fp32"]
            tell("export")
            export_graph(folder, head, source, options)
            tell("check")
            original = _TORCH_LOADERS[head](folder, {**options, "precision": "fp32"})
            found = _compare(original, _GRAPH_LOADERS[head](source, folder, options), sentences)
            if found.equal_answers < 1 or not found.largest_difference <= _TOLERANCE:
                detail = f"its ONNX form answers differently, by {found.largest_difference:.3g}"
                raise LoadFailed(repo=str(options.get("repo", folder.name)), detail=detail)
            _keep(bench, made, "fp32", found, options)
            source = made / FILES["fp32"]
            if precision == "fp32":
                return found
        tell("quantise")
        quantise_graph(source, bench / FILES["int8"])
        tell("measure")
        found = _compare(
            _GRAPH_LOADERS[head](source, folder, options),
            _GRAPH_LOADERS[head](bench / FILES["int8"], folder, options),
            sentences,
        )
        _keep(bench, made, "int8", found, options)
        return found


@contextlib.contextmanager
def _workshop(made: Path) -> Iterator[Path]:
    """An empty folder beside ``made``; those of processes that died are cleared away."""
    for left in made.parent.glob(".making-*"):
        number = left.name.rpartition("-")[2]
        if not number.isdecimal() or not psutil.pid_exists(int(number)):
            shutil.rmtree(left, ignore_errors=True)
    bench = made.parent / f".making-{os.getpid()}"
    shutil.rmtree(bench, ignore_errors=True)
    bench.mkdir()
    try:
        yield bench
    finally:
        shutil.rmtree(bench, ignore_errors=True)


def _keep(
    bench: Path, made: Path, precision: str, found: Fidelity, options: Mapping[str, Any]
) -> None:
    """Move a form and its weights into ``made``; the record is written last and whole."""
    made.mkdir(exist_ok=True)
    name = FILES[precision]
    for path in sorted(bench.glob(f"{name}*"), reverse=True):
        path.replace(made / path.name)
    record = dict(read_object(made / RECORD))
    record |= {
        "version": VERSION,
        "repo": str(options.get("repo", "")),
        "engine": "onnx",
        "key": made.name,
        "libraries": {each: metadata.version(each) for each in _LIBRARIES},
        "checks": {**dict(record.get("checks") or {}), precision: {**asdict(found), "file": name}},
    }
    new = made / f"{RECORD}.new"
    new.write_text(json.dumps(record, indent=1), encoding="utf-8")
    new.replace(made / RECORD)


def _compare(original: Any, other: Any, sentences: Sequence[str]) -> Fidelity:
    """Run both on the same sentences."""
    import numpy as np

    first, second = (_answers(model, sentences) for model in (original, other))
    if hasattr(original, "logits"):
        differences = np.abs(first - second).max()
        equal = first.argmax(1) == second.argmax(1)
    else:
        differences = (1 - (first * second).sum(1)).max()
        equal = _nearest(first) == _nearest(second)
    # Rounding can make a cosine larger than one; what is no number must stay none.
    return Fidelity(len(sentences), float(equal.mean()), float(np.maximum(differences, 0.0)))


def _answers(model: Any, sentences: Sequence[str]) -> Any:
    """Scores or vectors (sentences, width)."""
    import numpy as np

    from selector.tasks.text_classification import probabilities

    classifies = hasattr(model, "logits")
    rows: dict[int, Any] = {}
    for batch in (model.logits if classifies else model.vectors)(sentences, lambda: False):
        values = probabilities(batch.values, model.several) if classifies else batch.values
        rows |= dict(zip(batch.indices, values, strict=True))
    return np.stack([rows[i] for i in range(len(sentences))]).astype(np.float64)


def _nearest(vectors: Any) -> Any:
    import numpy as np

    return (vectors @ vectors.T - 2 * np.eye(len(vectors))).argmax(1)
