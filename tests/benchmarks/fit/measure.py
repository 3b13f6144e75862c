# SPDX-License-Identifier: Apache-2.0
"""Runs one form of one model at two input sizes, in a process of its own, and says what it took."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import psutil

from selector.engines.onnx_export import export_graph, quantise_graph
from selector.worker.client import WorkerClient
from selector.worker.spawn import MODEL_ENVIRONMENT
from tests.benchmarks.fit.models import SPECIAL, Load, Shape, make
from tests.benchmarks.fit.vocabularies import made_words

ROUNDS = 5


@dataclass(frozen=True)
class Row:
    """One measurement: seconds and processor seconds of one item, or of one new token of a writer."""

    shape: str
    form: str
    load: Load
    item_s: float
    item_cpu_s: float
    first_s: float
    peak_bytes: int
    load_s: float
    load_peak_bytes: int


class Running(Protocol):
    """A loaded model."""

    load_s: float
    load_peak_bytes: int

    def ask(self, load: Load) -> tuple[float, float, float, int]:
        """Wall and processor seconds, seconds to the first piece, peak bytes so far."""

    def close(self) -> None:
        """End the process."""


def texts(shape: Shape, load: Load) -> list[str]:
    """``load.items`` texts of ``load.tokens`` tokens each."""
    if shape.kind == "writer":
        return ["7" * load.tokens] * load.items
    special = len(SPECIAL)
    words = made_words(min(600, shape.config["vocab_size"] - special))
    return [
        " ".join(words[(i + j) % len(words)] for j in range(load.tokens - 2))
        for i in range(load.items)
    ]


class InWorker:
    """A worker of Petit."""

    def __init__(self, shape: Shape, folder: Path, form: str, threads: int) -> None:
        engine, _, precision = form.partition("-")
        self._shape = shape
        self._worker = WorkerClient("model")
        args = {"engine": engine, "precision": precision, "task": shape.task, "repo": shape.name}
        done = self._worker.call("load", {**args, "folder": str(folder), "threads": threads})
        self.load_s, self.load_peak_bytes = float(done["load_s"]), int(done["peak_bytes"])

    def ask(self, load: Load) -> tuple[float, float, float, int]:
        """See Running."""
        process = psutil.Process(self._worker.pid)
        first: list[float] = []
        import time

        started, before = time.perf_counter(), sum(process.cpu_times()[:2])

        def take(event: dict[str, Any]) -> None:
            if not first:
                first.append(time.perf_counter() - started)

        args: dict[str, Any] = {"inputs": texts(self._shape, load)}
        if load.new:
            args["parameters"] = {"max_new_tokens": load.new}
        done = self._worker.call("run", args, take)
        wall = time.perf_counter() - started
        cpu = sum(process.cpu_times()[:2]) - before
        if load.new:
            assert done["tokens"] == load.new * load.items, done["tokens"]
        return wall, cpu, first[0], int(done["peak_bytes"])

    def close(self) -> None:
        """See Running."""
        self._worker.close()


class Alone:
    """A process that loads as Petit would, for kinds of models that no task runs yet."""

    def __init__(self, shape: Shape, folder: Path, form: str, threads: int) -> None:
        dtype = {"fp32": "float32", "bf16": "bfloat16"}[form.partition("-")[2]]
        line = [sys.executable, "-m", "tests.benchmarks.fit.process", str(folder), shape.auto]
        pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self._process = subprocess.Popen(
            [*line, shape.kind, dtype, str(threads)],
            stderr=subprocess.DEVNULL,
            env={**os.environ, **MODEL_ENVIRONMENT},
            **pipes,
        )
        done = self._read()
        self.load_s, self.load_peak_bytes = done["load_s"], int(done["peak_bytes"])

    def _read(self) -> dict[str, float]:
        assert self._process.stdout is not None
        found: dict[str, float] = json.loads(self._process.stdout.readline())
        return found

    def ask(self, load: Load) -> tuple[float, float, float, int]:
        """See Running."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(asdict(load)) + "\n")
        self._process.stdin.flush()
        done = self._read()
        return done["wall_s"], done["cpu_s"], 0.0, int(done["peak_bytes"])

    def close(self) -> None:
        """See Running."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def prepare(shape: Shape, form: str, root: Path, threads: int) -> Path:
    """The folder of a form, made when it is not there yet."""
    folder = root / shape.name.replace("/", "-")
    if not (folder / "config.json").exists():
        make(shape, folder)
    engine, _, precision = form.partition("-")
    if engine == "onnx":
        graph = folder / "model.onnx"
        if not graph.exists():
            export_graph(folder, "classifier", graph, {"threads": threads})
        if precision == "int8" and not (folder / "model_int8.onnx").exists():
            quantise_graph(graph, folder / "model_int8.onnx")
    if engine == "llama":
        from tests.benchmarks.fit.gguf_models import make_gguf

        target = folder / "gguf" / f"model-{precision.upper()}.gguf"
        if not target.exists():
            make_gguf(shape, precision, target)
        return target.parent
    return folder


def open_form(shape: Shape, folder: Path, form: str, threads: int) -> Running:
    """In a worker where Petit has the task."""
    in_worker = shape.task in {"text-classification", "text-generation"}
    start: Callable[..., Running] = InWorker if in_worker else Alone
    return start(shape, folder, form, threads)


def measure(shape: Shape, form: str, root: Path, threads: int, rounds: int = ROUNDS) -> list[Row]:
    """Both input sizes, the small one first so that its peak is its own; medians of ``rounds``."""
    folder = prepare(shape, form, root, threads)
    rows = []
    for load in shape.loads:
        running = open_form(shape, folder, form, threads)
        try:
            running.ask(load)
            turns = [running.ask(load) for _ in range(rounds)]
        finally:
            running.close()
        wall, cpu, first = (statistics.median(turn[i] for turn in turns) for i in range(3))
        parts = load.items
        if shape.kind == "writer":
            # The rest after the first piece, one new token each.
            wall, cpu = (
                statistics.median((turn[0] - turn[2]) / (load.new - 1) for turn in turns),
                statistics.median(turn[1] for turn in turns) / load.new,
            )
        rows.append(
            Row(
                shape.name,
                form,
                load,
                wall / parts,
                cpu / parts,
                first,
                max(turn[3] for turn in turns),
                running.load_s,
                running.load_peak_bytes,
            )
        )
    return rows
