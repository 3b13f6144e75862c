# SPDX-License-Identifier: Apache-2.0
"""What a worker process costs beside the model, and what writing many texts at once saves.

    python -m tests.benchmarks.engine_overheads [--tiny]

Figures are medians with the smallest: on a busy machine the smallest says more.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from selector.trial.spare import SpareWorker
from selector.worker.client import WorkerClient
from tests.benchmarks.engine_targets import judged
from tests.tiny_models import make_classifier, make_rewriter
from tests.worker.odd_role import launcher


def requests_ms(worker: WorkerClient, n: int) -> list[float]:
    """Milliseconds from asking to the answer, of a worker that does nothing."""
    found = []
    for number in range(n):
        begun = time.perf_counter()
        worker.call("echo", {"number": number})
        found.append(1000 * (time.perf_counter() - begun))
    return found


def pieces_us(worker: WorkerClient, n: int, rounds: int) -> list[float]:
    """Microseconds a piece, from many small events in a row."""
    args: dict[str, Any] = {"inputs": ["word"] * n, "parameters": {"max_new_tokens": 1}}
    found = []
    for _ in range(rounds):
        begun = time.perf_counter()
        worker.call("run", args, lambda _: None)
        found.append(1e6 * (time.perf_counter() - begun) / n)
    return found


def first_results(folder: Path, rounds: int) -> Iterator[tuple[float, float]]:
    """Seconds to the first result of a model on PyTorch: started cold, and taken from a warm spare."""
    load = {
        "engine": "torch", "precision": "fp32", "task": "text-classification",
        "folder": str(folder), "threads": 1,
    }  # fmt: skip
    for _ in range(rounds):
        taken = []
        for warm in (False, True):
            spare = SpareWorker()
            if warm:
                spare.warm()
                assert spare._worker is not None
                spare._worker.call("modules", {"names": []})  # after the imports
            worker = spare.take() or WorkerClient("model")
            with worker:
                worker.call("load", load)
                worker.call("run", {"inputs": ["my card is lost"], "parameters": {}})
                taken.append(time.monotonic() - worker.started)
        yield taken[0], taken[1]


def summaries(folder: Path, texts: list[str], rounds: int) -> Iterator[float]:
    """Times as fast as one by one, within a round; the same texts and the same number of tokens."""
    load = {"engine": "torch", "task": "summarization", "folder": str(folder), "threads": 1}
    parameters = {"max_new_tokens": 24}
    with WorkerClient("model") as worker:
        worker.call("load", load)
        worker.call("run", {"inputs": texts[:1], "parameters": parameters})
        for _ in range(rounds):
            begun = time.perf_counter()
            for text in texts:
                worker.call("run", {"inputs": [text], "parameters": parameters})
            alone = time.perf_counter() - begun
            begun = time.perf_counter()
            worker.call("run", {"inputs": texts, "parameters": parameters})
            yield alone / (time.perf_counter() - begun)


def main(*, tiny: bool = False) -> None:
    """Print every figure with its target."""

    def say(name: str, values: list[float], smallest: float) -> None:
        line = f"{judged(name, statistics.median(values))}; smallest {smallest:.2f}"
        print(line, flush=True)  # noqa: T201

    with tempfile.TemporaryDirectory(prefix="petit-overheads-") as name:
        root = Path(name)
        with WorkerClient("odd", python=launcher(root)) as worker:
            worker.wait_ready()
            found = requests_ms(worker, 20 if tiny else 500)
            say("milliseconds a request", found, min(found))
            found = pieces_us(worker, 200 if tiny else 5000, 2 if tiny else 9)
            say("microseconds a streamed piece", found, min(found))
        width = 32 if tiny else 384
        texts = [f"my card is lost {'the refund ' * (5 + i % 7)}" for i in range(4 if tiny else 24)]
        folder = make_rewriter(root / "rewriter", hidden=width)
        found = list(summaries(folder, texts, 1 if tiny else 5))
        say("summaries in batches against one by one", found, min(found))
        pairs = [] if tiny else list(first_results(make_classifier(root / "one"), 5))
        if pairs:
            say("cold torch", [cold for cold, _ in pairs], min(cold for cold, _ in pairs))
            say("spare torch", [warm for _, warm in pairs], min(warm for _, warm in pairs))


if __name__ == "__main__":
    main(tiny="--tiny" in sys.argv)
