# SPDX-License-Identifier: Apache-2.0
"""How long a search takes without the Hub, among many models seen before.

    python -m tests.benchmarks.hub_search [--models 1000000] [--repeat 9] [--keep FILE]

Builds an index of generated models whose popularity, sizes, licences, languages, tasks and words are
spread as on the Hub, then asks varied questions in turns. Two times of each: of the index alone, and
of the whole search, judging, counting and ranking included. Prints median and 95th percentile.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from selector import registry
from selector.engines.facts import FileFact, ModelFacts
from selector.fit.predict import predict
from selector.hub.client import HubClient
from selector.hub.filters import Filters
from selector.hub.judge import Row
from selector.hub.known import Known
from selector.hub.licences import classify
from selector.hub.remembered import Remembered, entry_of, query_of
from selector.hub.repository_facts import NOTHING_KNOWN, BaseModel, RepositoryFacts
from selector.hub.search import search
from selector.machine.facts import Cpu, Disk, Machine, Memory
from selector.store.model_index import ModelIndex

MACHINE = Machine("Linux", Cpu("cpu", 4, 8), Memory(16 * 10**9, 8 * 10**9), (), Disk("/", 10**11))
BATCH = 20_000
_TASKS = (
    ("text-generation", 30), ("text-classification", 14), ("feature-extraction", 5),
    ("sentence-similarity", 4), ("token-classification", 5), ("text2text-generation", 6),
    ("fill-mask", 4), ("image-classification", 9), ("automatic-speech-recognition", 8),
    ("text-to-image", 10), ("translation", 3), ("summarization", 2),
)  # fmt: skip
_LICENCES = (
    ("apache-2.0", 38), ("mit", 17), (None, 25), ("cc-by-nc-4.0", 4), ("llama3.1", 4), ("gemma", 3),
    ("openrail", 4), ("other", 3), ("cc-by-4.0", 1), ("gpl-3.0", 1),
)  # fmt: skip
_SIZES = (4.4e6, 22.7e6, 66e6, 110e6, 125e6, 355e6, 0.5e9, 1.1e9, 1.7e9, 3e9, 7e9, 8e9, 13e9, 70e9)
_BASES = (
    "bert", "distilbert", "roberta", "deberta-v3", "minilm", "t5", "gpt2", "llama-3", "qwen3",
    "mistral", "gemma", "phi", "electra", "xlm-roberta", "camembert", "albert", "bge", "e5",
)  # fmt: skip
_TOPICS = (
    "sentiment", "banking", "intents", "emotion", "toxic", "finance", "medical", "legal", "news",
    "tweets", "chat", "instruct", "code", "math", "french", "german", "multilingual", "finetuned",
    "base", "small", "large", "uncased", "v1", "v2", "merged", "lora", "dpo", "sft", "test",
)  # fmt: skip
_CONFIGS = {
    "text-generation": ("LlamaForCausalLM", "llama"),
    "text-classification": ("BertForSequenceClassification", "bert"),
    "token-classification": ("BertForTokenClassification", "bert"),
}
QUERIES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("text-classification", {}),
    ("text-generation", {}),
    ("text-generation", {"sort": "recent"}),
    ("text-generation", {"sort": "size"}),
    ("text-classification", {"query": "banking"}),
    ("text-generation", {"query": "llama"}),
    ("text-generation", {"query": "finetuned merged", "sort": "likes"}),
    ("text-classification", {"language": "fr", "licence": "permissive"}),
    ("text-generation", {"language": "mt", "licence": "gpl-3.0"}),
    ("text-generation", {"max_params": 30e6, "licence": "permissive", "language": "fr"}),
    ("feature-extraction", {"query": "bge multi", "max_params": 150e6, "sort": "downloads"}),
    ("text-generation", {"query": "llama", "licence": "gpl-3.0", "max_params": 5e6}),
    ("text-classification", {"updated_since": "2026-06-01", "gated": "no", "sort": "likes"}),
    ("sentence-similarity", {"licence": "permissive", "show": ["licence", "language"]}),
)


@dataclass(frozen=True)
class Measured:
    """Seconds of one question."""

    name: str
    index_s: tuple[float, ...]
    whole_s: tuple[float, ...]
    shown: int
    scanned: int


def _picker(pairs: Sequence[tuple[Any, int]]) -> tuple[list[Any], list[int]]:
    return [value for value, _ in pairs], [weight for _, weight in pairs]


def about(languages: tuple[str, ...], number: int) -> RepositoryFacts:
    """What a page tells of a model; every third one names the model it was made from."""
    base = BaseModel(f"org/base-{number % 1000}", "finetune")
    return replace(
        NOTHING_KNOWN,
        library=Known("transformers", "metadata"),
        languages=Known(languages or None, "card"),
        base_models=Known((base,) if number % 3 == 0 else None, "card"),
        created=Known("2024-05-01T00:00:00.000Z", "metadata"),
        documented=Known(("card", "licence"), "card"),
    )


def rows(n: int, seed: int = 7) -> Iterator[Row]:
    """Generated models; downloads follow a power law, as on the Hub."""
    chance = random.Random(seed)
    tasks, licences = _picker(_TASKS), _picker(_LICENCES)
    for number in range(n):
        task = chance.choices(*tasks)[0]
        licence = chance.choices(*licences)[0]
        name = "-".join([chance.choice(_BASES), *chance.sample(_TOPICS, chance.randint(1, 4))])
        size = round(chance.choice(_SIZES) * chance.uniform(0.9, 1.1))
        pickle = chance.random() < 0.25
        weights = "pytorch_model.bin" if pickle else "model.safetensors"
        head, kind = _CONFIGS.get(task, ("BertModel", "bert"))
        language = chance.choices((("en",), (), ("fr",), ("multilingual",), ("mt",)), (40, 45, 8, 6, 1))[0]  # fmt: skip
        day = 1 + chance.randrange(28)
        names = ("config.json", "README.md", "tokenizer.json", "tokenizer_config.json", weights)
        yield Row(
            facts=ModelFacts(
                repo=f"user{chance.randrange(n // 4 + 1)}/{name}-{number}",
                revision=f"{chance.getrandbits(160):040x}",
                files=tuple(FileFact(path, 0) for path in names),
                config={"architectures": [head], "model_type": kind},
                parameters=None if pickle else size,
                parameters_by_dtype={} if pickle else {"F32": size},
                weight_format="pickle" if pickle else "safetensors",
                basis="unknown" if pickle else "hub",
            ),
            licence=classify(licence),
            gated=chance.random() < 0.03,
            languages=language,
            downloads=round(min(5e7, chance.paretovariate(0.55))) - 1,
            likes=round(min(1e4, chance.paretovariate(0.8))) - 1,
            last_modified=f"{chance.choice((2023, 2024, 2025, 2026))}-{chance.randint(1, 9):02}-{day:02}T00:00:00.000Z",
            task_tag=task,
            tags=("transformers", kind, task, *language, "region:us"),
            about=about(language, number),
        )


def build(path: Path, n: int) -> float:
    """Fill an index with ``n`` models; seconds it took, generation excluded."""
    task = registry.task("text-classification")
    spent = 0.0
    batch: list[Any] = []

    def flush() -> None:
        nonlocal spent
        began = time.perf_counter()
        with ModelIndex(path) as index:
            index.remember(batch)
        spent += time.perf_counter() - began
        batch.clear()

    for row in rows(n):
        batch.append(entry_of(row, task))
        if len(batch) == BATCH:
            flush()
    flush()
    return spent


def measure(path: Path, repeat: int) -> list[Measured]:
    """Ask every question ``repeat`` times, in turns."""
    client = HubClient("http://127.0.0.1:9", offline=True)
    engines = registry.engines()
    times: list[tuple[list[float], list[float], list[int]]] = [([], [], []) for _ in QUERIES]
    for _ in range(repeat):
        for (task_id, filters), (alone, whole, sizes) in zip(QUERIES, times, strict=True):
            task = registry.task(task_id)
            began = time.perf_counter()
            # As in a worker: the file is opened for each search.
            with ModelIndex(path) as index:
                index.find(query_of(task, Filters(**filters)))
            alone.append(time.perf_counter() - began)
            began = time.perf_counter()
            found = search(
                client, task, MACHINE, predict=predict, engines=engines, memory=Remembered(path), **filters
            )  # fmt: skip
            whole.append(time.perf_counter() - began)
            sizes[:] = [len(found.candidates), found.scanned]
    return [
        Measured(f"{task} {filters or ''}", tuple(alone), tuple(whole), *sizes)
        for (task, filters), (alone, whole, sizes) in zip(QUERIES, times, strict=True)
    ]


def p95(values: Sequence[float]) -> float:
    """The 95th percentile, or the largest of a few."""
    return sorted(values)[min(len(values) - 1, round(0.95 * len(values)))]


def size_on_disk(path: Path) -> int:
    """Bytes of the database and of what lies beside it."""
    return sum(file.stat().st_size for file in path.parent.glob(path.name + "*"))


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=1_000_000)
    parser.add_argument("--repeat", type=int, default=9)
    parser.add_argument("--keep", type=Path, help="build here, or use what was built here before")
    options = parser.parse_args()
    say = sys.stdout.write
    with tempfile.TemporaryDirectory() as folder:
        path = options.keep or Path(folder) / "models.db"
        if not path.exists():
            spent = build(path, options.models)
            say(f"build: {spent:.1f} s, {options.models / spent:.0f} models a second\n")
        with ModelIndex(path) as index:
            n = index.count()
        size = size_on_disk(path)
        say(f"{n} models, {size / 1e6:.0f} MB on disk, {size / n:.0f} bytes each\n")
        say(f"{'index p50':>10} {'p95':>7} {'whole p50':>10} {'p95':>7}  shown/scanned  question\n")
        results = measure(path, options.repeat)
        for one in results:
            numbers = (
                statistics.median(one.index_s), p95(one.index_s),
                statistics.median(one.whole_s), p95(one.whole_s),
            )  # fmt: skip
            a, b, c, d = (1000 * value for value in numbers)
            say(
                f"{a:8.1f}ms {b:5.1f}ms {c:8.1f}ms {d:5.1f}ms  {one.shown:4}/{one.scanned:<7}  {one.name}\n"
            )
        every = [value for one in results for value in one.whole_s]
        alone = [value for one in results for value in one.index_s]
        say(
            f"all questions: index p50 {1000 * statistics.median(alone):.1f} ms, p95 {1000 * p95(alone):.1f} ms; "
            f"whole p50 {1000 * statistics.median(every):.1f} ms, p95 {1000 * p95(every):.1f} ms\n"
        )


if __name__ == "__main__":
    main()
