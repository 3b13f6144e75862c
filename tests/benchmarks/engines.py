# SPDX-License-Identifier: Apache-2.0
"""Compares Petit's engines with what people would use instead, in interleaved rounds, equal outputs checked.

    python -m tests.benchmarks.engines [--rounds 5] [--threads 1] [--sentences 64] [--tiny]

Every contestant has a process of its own and one turn in each round, in rotating order. Wall and processor
seconds are medians; ratios are taken within a round and shown as median with the smallest and largest, so
that a machine that is busy for a while spoils a round and not a comparison.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from selector.engines.onnx_export import export_graph, quantise_graph
from selector.worker.client import WorkerClient
from selector.worker.spawn import MODEL_ENVIRONMENT
from tests.benchmarks import engine_shapes as shapes
from tests.benchmarks.engine_targets import judged


@dataclass
class Turn:
    """One turn: wall and processor seconds, and what was answered."""

    wall_s: float
    cpu_s: float
    answer: dict[str, Any]


@dataclass
class Contestant:
    """Somebody who takes turns; ``run`` gives an answer."""

    name: str
    pid: int
    run: Callable[[], dict[str, Any]]
    turns: list[Turn] = field(default_factory=list)

    def take_turn(self) -> None:
        process = psutil.Process(self.pid)
        before, started = sum(process.cpu_times()[:2]), time.perf_counter()
        answer = self.run()
        wall = time.perf_counter() - started
        self.turns.append(Turn(wall, sum(process.cpu_times()[:2]) - before, answer))

    def median(self, what: Callable[[Turn], float]) -> float:
        return statistics.median(map(what, self.turns))


class Baseline:
    """A process of engine_baselines."""

    def __init__(self, kind: str, folder: Path, threads: int) -> None:
        import os

        line = [sys.executable, "-m", "tests.benchmarks.engine_baselines", kind, str(folder)]
        pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        # The same settings of the libraries as Petit's workers have.
        environment = {**os.environ, **MODEL_ENVIRONMENT}
        self._process = subprocess.Popen(
            [*line, str(threads)], stderr=subprocess.DEVNULL, env=environment, **pipes
        )
        self.pid = self._process.pid

    def wait_ready(self) -> None:
        """Wait for its imports and its model; until then it may start beside others."""
        self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found

    def ask(self, **request: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._read()

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def start(engine: str, precision: str, folder: Path, task: str, threads: int) -> WorkerClient:
    """A worker of Petit with a model."""
    worker = WorkerClient("model")
    args = {"engine": engine, "precision": precision, "task": task, "folder": str(folder)}
    worker.call("load", {**args, "repo": folder.name, "threads": threads})
    return worker


def ask(worker: WorkerClient, inputs: Sequence[str], tokens: int = 0) -> dict[str, Any]:
    """Run inputs; scores by label, or the text with the time of its first piece."""
    started, first, found = time.perf_counter(), 0.0, {}

    def take(event: dict[str, Any]) -> None:
        nonlocal first
        first = first or time.perf_counter() - started
        if "output" in event:
            found[event["output"]["index"]] = event["output"]["output"]

    args = {"inputs": list(inputs), "parameters": {"max_new_tokens": tokens} if tokens else {}}
    result = worker.call("run", args, take)
    if tokens:
        return {"first_s": first, "tokens": result["tokens"], "text": found[0]["text"]}
    labels = [found[i]["labels"] for i in range(len(inputs))]
    return {"scores": [{x["label"]: x["score"] for x in row} for row in labels]}


def rounds(contestants: list[Contestant], n: int) -> None:
    """One turn each that does not count, then ``n`` rounds in rotating order."""
    for number in range(n + 1):
        shift = number % len(contestants)
        for contestant in [*contestants[shift:], *contestants[:shift]]:
            contestant.take_turn()
        if number == 0:
            for contestant in contestants:
                contestant.turns.clear()


def paired(slow: Contestant, fast: Contestant, what: Callable[[Turn], float]) -> list[float]:
    """How many times as much ``slow`` needs as ``fast``, in each round."""
    return [what(a) / what(b) for a, b in zip(slow.turns, fast.turns, strict=True)]


def ratio(slow: Contestant, fast: Contestant, what: Callable[[Turn], float]) -> str:
    """How many times as much ``slow`` needs as ``fast``: median (smallest to largest)."""
    values = paired(slow, fast, what)
    return f"{statistics.median(values):5.2f} ({min(values):.2f} to {max(values):.2f})"


def largest_difference(one: Contestant, other: Contestant) -> tuple[float, float]:
    """Of any score, and the share of equal best labels."""
    pairs = list(zip(one.turns[-1].answer["scores"], other.turns[-1].answer["scores"], strict=True))
    largest = max(abs(a[label] - b[label]) for a, b in pairs for label in a)
    return largest, sum(max(a, key=a.get) == max(b, key=b.get) for a, b in pairs) / len(pairs)


def say(text: str = "") -> None:
    print(text, flush=True)  # noqa: T201


def wall(turn: Turn) -> float:
    return turn.wall_s


def cpu(turn: Turn) -> float:
    return max(turn.cpu_s, 1e-3)


def encoders(
    shape: shapes.EncoderShape, root: Path, texts: list[str], n: int, threads: int
) -> None:
    folder = shapes.make_encoder_model(shape, root / shape.name)
    baseline = Baseline("pipelines", folder, threads)
    export_graph(folder, "classifier", folder / "model.onnx", {"threads": threads})
    quantise_graph(folder / "model.onnx", folder / "model_int8.onnx")
    forms = [("torch", "fp32"), ("onnx", "fp32"), ("onnx", "int8")]
    workers = [start(*form, folder, "text-classification", threads) for form in forms]
    try:
        baseline.wait_ready()
        known = [
            Contestant(
                f"pipeline(batch_size={batch})",
                baseline.pid,
                partial(baseline.ask, inputs=texts, batch=batch),
            )
            for batch in (1, 16)
        ]
        ours = [
            Contestant("-".join(form), worker.pid, partial(ask, worker, texts))
            for form, worker in zip(forms, workers, strict=True)
        ]
        rounds([*known, *ours], n)
    finally:
        baseline.close()
        for worker in workers:
            worker.close()
    say(f"\n{shape.name}: {len(texts)} sentences, {threads} thread(s), {n} rounds")
    say(
        f"{'':26}{'wall s':>8}{'cpu s':>8}   times as fast as batch 1, wall | cpu; as batch 16, wall | cpu"
    )
    for one in [*known, *ours]:
        against = " | ".join(ratio(base, one, what) for base in known for what in (wall, cpu))
        say(f"{one.name:26}{one.median(wall):8.2f}{one.median(cpu):8.2f}   {against}")
    for one in ours:
        for base, batch in zip(known, (1, 16), strict=True):
            value = statistics.median(paired(base, one, cpu))
            say(f"  {judged(f'{one.name} against batch {batch}', value)}")
    for one in ours:
        difference, equal = largest_difference(one, known[0])
        say(f"  {one.name}: largest difference {difference:.1e}, same answer {equal:.0%}")
        if one.name.endswith("fp32"):
            assert difference < 1e-4, "outputs differ"


def decoders(shape: shapes.DecoderShape, root: Path, tokens: int, n: int, threads: int) -> None:
    source, gguf = shapes.make_decoder_model(shape, root / shape.name)
    prompt = "word " * 24
    plain, bare = Baseline("generate", source, threads), Baseline("llama", gguf, threads)
    workers = [start("llama", name, gguf, "text-generation", threads) for name in ("q8_0", "f16")]
    try:
        plain.wait_ready()
        bare.wait_ready()
        given: dict[str, Any] = {"inputs": [prompt], "tokens": tokens}
        theirs = [
            Contestant(f"{name} {form}", base.pid, partial(base.ask, precision=form, **given))
            for name, base, forms in (
                ("transformers", plain, ("fp32", "bf16")),
                ("llama.cpp", bare, ("q8_0", "f16")),
            )
            for form in forms
        ]
        ours = [
            Contestant(f"Petit llama-{name}", worker.pid, partial(ask, worker, [prompt], tokens))
            for name, worker in zip(("q8_0", "f16"), workers, strict=True)
        ]
        rounds([*theirs, *ours], n)
    finally:
        plain.close()
        bare.close()
        for worker in workers:
            worker.close()

    def speed(turn: Turn) -> float:
        """Seconds a token, the first excepted."""
        return (turn.wall_s - turn.answer["first_s"]) / max(1, turn.answer["tokens"] - 1)

    def first(turn: Turn) -> float:
        return float(turn.answer["first_s"])

    say(
        f"\n{shape.name}: {len(prompt)} prompt tokens, {tokens} new, {threads} thread(s), {n} rounds"
    )
    say(f"{'':24}{'tokens/s':>9}{'first s':>9}{'cpu s':>8}")
    for one in [*theirs, *ours]:
        say(
            f"{one.name:24}{1 / one.median(speed):9.1f}{one.median(first):9.3f}{one.median(cpu):8.2f}"
        )
    compared = [*zip(ours, theirs[2:], strict=True), *((ours[0], base) for base in theirs[:2])]
    for mine, base in compared:
        fast, soon = ratio(base, mine, speed), ratio(base, mine, first)
        say(f"  {mine.name} against {base.name}: tokens/s {fast}, first {soon}")
    for base, other in zip((theirs[2], *theirs[:2]), ("llama.cpp", "fp32", "bf16"), strict=True):
        value = statistics.median(paired(base, ours[0], speed))
        say(f"  {judged(f'q8_0 against {other}', value)}")
    for mine, base in compared[:2]:
        assert mine.turns[-1].answer["text"] == base.turns[-1].answer["text"], "outputs differ"


def cold_starts(encoder: Path, gguf: Path, n: int, threads: int) -> None:
    """From the start of a worker's process to its first result; torch, the slowest, where n is above 1."""
    say(f"\ncold start to first result, median of {n}, smallest to largest")
    for engine, precision, folder, task in (
        ("onnx", "fp32", encoder, "text-classification"),
        ("onnx", "int8", encoder, "text-classification"),
        ("llama", "q8_0", gguf, "text-generation"),
        *([("torch", "fp32", encoder, "text-classification")] if n > 1 else []),
    ):
        taken = []
        for _ in range(n):
            started = time.perf_counter()
            worker = start(engine, precision, folder, task, threads)
            before = time.perf_counter() - started
            answer = ask(worker, ["my card is lost"], 1 if task == "text-generation" else 0)
            first = answer.get("first_s")
            taken.append(before + first if first else time.perf_counter() - started)
            worker.close()
        say(
            f"  {engine}-{precision:6} {statistics.median(taken):5.2f} s ({min(taken):.2f} to {max(taken):.2f})"
        )
        say(f"  {judged(f'cold {engine}', statistics.median(taken))}")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--sentences", type=int, default=64)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--tiny", action="store_true", help="tiny shapes: only to see that it runs")
    given = parser.parse_args(arguments)
    encoder_shapes = [shapes.TINY_ENCODER] if given.tiny else [shapes.DISTILBERT, shapes.MINILM]
    decoder = shapes.TINY_DECODER if given.tiny else shapes.SMOLLM2
    with tempfile.TemporaryDirectory(prefix="petit-engines-") as name:
        root = Path(name)
        texts = shapes.sentences(given.sentences)
        load = psutil.getloadavg()[0]
        say(f"{psutil.cpu_count(logical=False)} cores, load {load:.1f} before")
        for shape in encoder_shapes:
            encoders(shape, root, texts, given.rounds, given.threads)
        decoders(decoder, root, given.tokens, given.rounds, given.threads)
        first = root / encoder_shapes[0].name
        cold_starts(first, root / decoder.name / "gguf", min(3, given.rounds), given.threads)
        say(f"load {psutil.getloadavg()[0]:.1f} after")


if __name__ == "__main__":
    main()
