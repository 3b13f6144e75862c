# SPDX-License-Identifier: Apache-2.0
"""Classifiers and embedders on ONNX Runtime; no torch, no transformers.

Everything heavy is imported inside functions, which only workers call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.engines.json_files import read_object
from selector.engines.onnx_graph import read_weights
from selector.engines.plain_tokenizer import PlainTokenizer, read_tokenizer
from selector.errors import LoadFailed, OutOfMemory, RunFailed, UnsupportedModel
from selector.tasks.batching import run_batches
from selector.tasks.failures import first_line, is_out_of_memory
from selector.tasks.models import Rows, Stop, Texts, labels_of
from selector.tasks.pooling import pool, pooling_of

_INPUTS = frozenset({"input_ids", "attention_mask", "token_type_ids", "position_ids"})
_HIDDEN = ("last_hidden_state", "token_embeddings", "hidden_states", "encoder_last_hidden_state")


class OnnxGraph:
    """One open session: what it takes, what it gives, and padded batches through it."""

    def __init__(self, session: Any, tokenizer: PlainTokenizer, parameters: int) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self.parameters = parameters
        self.inputs = {item.name: item for item in session.get_inputs()}
        self.outputs = {item.name: item for item in session.get_outputs()}

    def rows(
        self,
        texts: Texts,
        output: str,
        stop: Stop,
        finish: Callable[[Any, Any], Any],
    ) -> Iterator[Rows]:
        """Tight batches; ``finish`` makes rows from the output's array and the attention mask."""
        import numpy as np

        tokens = self._tokenizer.encode(texts)

        def compute(indices: Sequence[int]) -> Any:
            longest = max(1, *(len(tokens[i].ids) for i in indices))
            shape = len(indices), longest
            ids = np.full(shape, self._tokenizer.padding, np.int64)
            mask, types = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
            for row, i in enumerate(indices):
                length = len(tokens[i].ids)
                ids[row, :length] = tokens[i].ids
                types[row, :length] = tokens[i].types
                mask[row, :length] = 1
            given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
            if "position_ids" in self.inputs:
                given["position_ids"] = np.maximum(mask.cumsum(1) - 1, 0)
            fed = {name: self._cast(name, given[name]) for name in self.inputs}
            try:
                (found,) = self._session.run([output], fed)
            except Exception as error:
                if is_out_of_memory(error):
                    raise
                # Which of several is to blame shows when fewer are run.
                named = {"index": indices[0]} if len(indices) == 1 else {}
                raise RunFailed(**named, detail=first_line(error)) from error
            return finish(found.astype(np.float32, copy=False), mask)

        lengths = [max(1, len(item.ids)) for item in tokens]
        for indices, values in run_batches(lengths, compute, is_out_of_memory, stop):
            yield Rows(indices, values, [tokens[i].cut for i in indices])

    def _cast(self, name: str, array: Any) -> Any:
        return array.astype("int32") if self.inputs[name].type == "tensor(int32)" else array


class OnnxClassifier:
    """See Classifier."""

    def __init__(
        self, graph: OnnxGraph, labels: tuple[str, ...], several: bool, number: bool = False
    ) -> None:
        self._graph = graph
        self.number = number
        self.labels = labels
        self.several = several
        self.parameters = graph.parameters

    def logits(self, texts: Texts, stop: Stop) -> Iterator[Rows]:
        """See Classifier."""
        width = len(self.labels)

        def finish(logits: Any, _: Any) -> Any:
            if logits.ndim != 2 or logits.shape[1] != width:
                raise RunFailed(detail=f"scores of shape {logits.shape} for {width} labels")
            return logits

        return self._graph.rows(texts, "logits", stop, finish)


class OnnxEmbedder:
    """See Embedder: hidden states pooled as the repository says."""

    def __init__(self, graph: OnnxGraph, output: str, modes: tuple[str, ...], prompt: str) -> None:
        self._graph = graph
        self._output = output
        self._modes = modes
        self._prompt = prompt
        self.parameters = graph.parameters

    def vectors(self, texts: Sequence[str], stop: Stop) -> Iterator[Rows]:
        """See Embedder."""
        prompted = [self._prompt + text for text in texts]

        def finish(hidden: Any, mask: Any) -> Any:
            if hidden.ndim != 3:
                raise RunFailed(detail=f"hidden states of shape {hidden.shape}")
            return pool(hidden, mask, self._modes)

        return self._graph.rows(prompted, self._output, stop, finish)


def _check_external(path: Path, repo: str, locations: Sequence[str]) -> None:
    """Weights outside the graph: in a file beside it, under a plain name. Raises LoadFailed."""
    for name in locations:
        if name != Path(name).name or name in {"", ".", ".."}:
            raise LoadFailed(
                repo=repo, detail=f"weights outside the model's folder: {name!r}"[:300]
            )
        if not (path.parent / name).is_file():
            raise LoadFailed(repo=repo, detail=f"its weights are missing: {name!r}"[:300])


def session_options(threads: int) -> Any:
    """How every session runs; 0 threads: as many as the runtime likes."""
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = threads
    settings.inter_op_num_threads = 1
    settings.log_severity_level = 3
    # Another model may have the turn: threads that wait must sleep, not spin.
    settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return settings


def open_graph(
    path: Path, folder: Path, options: Mapping[str, Any], max_length: int | None = None
) -> OnnxGraph:
    """Open one ONNX file on the processor.

    Options: ``threads``, ``repo``. Raises LoadFailed, UnsupportedModel, OutOfMemory.
    """
    import onnxruntime

    repo = str(options.get("repo", folder.name))
    try:
        weights = read_weights(path)
    except (OSError, ValueError) as error:
        raise LoadFailed(repo=repo, detail=first_line(error)) from error
    _check_external(path, repo, weights.locations)
    settings = session_options(int(options.get("threads") or 0))
    try:
        session = onnxruntime.InferenceSession(
            str(path), settings, providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        if is_out_of_memory(error):
            raise OutOfMemory(repo=repo) from error
        raise LoadFailed(repo=repo, detail=first_line(error)) from error
    tokenizer = read_tokenizer(folder, repo, read_object(folder / "config.json"), max_length)
    graph = OnnxGraph(session, tokenizer, int(options.get("parameters") or weights.parameters))
    if unknown := sorted(set(graph.inputs) - _INPUTS):
        raise UnsupportedModel(repo=repo, reason="risk.other_inputs", inputs=unknown[:5])
    return graph


def load_classifier(path: Path, folder: Path, options: Mapping[str, Any]) -> OnnxClassifier:
    """Raises as open_graph."""
    repo = str(options.get("repo", folder.name))
    graph = open_graph(path, folder, options)
    found = labels_of(read_object(folder / "config.json"))
    shape = graph.outputs["logits"].shape if "logits" in graph.outputs else None
    if shape is None or len(shape) != 2:
        raise UnsupportedModel(repo=repo, reason="risk.no_output", output="logits")
    if isinstance(shape[1], int) and shape[1] != len(found.names):
        if found.declared:
            raise UnsupportedModel(
                repo=repo, reason="risk.other_labels", declared=len(found.names), given=shape[1]
            )
        names = tuple(f"LABEL_{i}" for i in range(shape[1]))
        return OnnxClassifier(graph, names, found.several or shape[1] == 1)
    return OnnxClassifier(graph, found.names, found.several, found.number)


def load_embedder(path: Path, folder: Path, options: Mapping[str, Any]) -> OnnxEmbedder:
    """Raises as open_graph, and UnsupportedModel when the graph gives no hidden states."""
    repo = str(options.get("repo", folder.name))
    pooling = pooling_of(folder, repo)
    graph = open_graph(path, folder, options, pooling.max_length)
    output = next((name for name in _HIDDEN if name in graph.outputs), None)
    if output is None:
        raise UnsupportedModel(repo=repo, reason="risk.no_output", output=_HIDDEN[0])
    return OnnxEmbedder(graph, output, pooling.modes, pooling.prompt)
