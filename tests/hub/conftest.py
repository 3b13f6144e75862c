# SPDX-License-Identifier: Apache-2.0
"""Small repositories with real weight files, a Hub on loopback, and a machine."""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from selector import registry
from selector.engines.torch_engine import ENGINE
from selector.hub.candidate import LocalModel
from selector.hub.client import HubClient
from selector.hub.download import Places, pull
from selector.machine.facts import Cpu, Disk, Machine, Memory
from selector.reference import parse_reference
from tests.loopback_hub import LoopbackHub, Repository

CLASSIFIER = {
    "architectures": ["BertForSequenceClassification"],
    "model_type": "bert",
    "hidden_size": 8,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "vocab_size": 100,
    "id2label": {"0": "good", "1": "bad"},
}


def safetensors(size: int, dtype: str = "F32", seed: int = 0) -> bytes:
    """A file with one tensor of about ``size`` bytes of noise."""
    width = {"F32": 4, "F16": 2, "BF16": 2}[dtype]
    count = max(1, size // width)
    data = random.Random(seed).randbytes(count * width)
    header = {"weight": {"dtype": dtype, "shape": [count], "data_offsets": [0, len(data)]}}
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def folder(
    place: Path,
    files: dict[str, bytes | str] | None = None,
    *,
    card: str = "license: apache-2.0\nlanguage: en",
    config: dict[str, object] | None = None,
    weights: int = 40_000,
    seed: int = 0,
) -> Path:
    """A repository of a classifier; ``weights`` 0 leaves the safetensors out."""
    place.mkdir(parents=True)
    (place / "README.md").write_text(f"---\n{card}\n---\n# A model\n", encoding="utf-8")
    (place / "config.json").write_text(json.dumps(CLASSIFIER if config is None else config))
    (place / "tokenizer.json").write_text("{}")
    if weights:
        (place / "model.safetensors").write_bytes(safetensors(weights, seed=seed))
    for name, content in (files or {}).items():
        target = place / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return place


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[LoopbackHub]:
    """Two classifiers of different size, and one of every kind that must not be loaded."""
    root = tmp_path / "repos"
    gated = folder(root / "gated", seed=3)
    remote = {**CLASSIFIER, "auto_map": {"AutoModel": "code.Model"}}
    repositories = [
        Repository("org/small", folder(root / "small"), downloads=5000),
        Repository("org/large", folder(root / "large", weights=900_000, seed=1), downloads=9000),
        Repository(
            "org/french",
            folder(root / "french", card="license: cc-by-nc-4.0\nlanguage: fr", seed=2),
            downloads=50,
        ),
        Repository("org/gated", gated, gated="manual", downloads=10),
        Repository(
            "org/pickle", folder(root / "pickle", {"pytorch_model.bin": b"x" * 400}, weights=0)
        ),
        Repository("org/remote", folder(root / "remote", config=remote, seed=4)),
        Repository("org/empty", folder(root / "empty", weights=0)),
        Repository("org/hidden", folder(root / "hidden", seed=5), hide_safetensors=True),
    ]
    with LoopbackHub(repositories, tokens={"good": {"org/gated"}}) as running:
        yield running


@pytest.fixture
def connect() -> Iterator[Callable[..., HubClient]]:
    """Makes clients, and closes them at the end."""
    with ExitStack() as stack:

        def make(endpoint: str, **options: Any) -> HubClient:
            made = HubClient(endpoint, **options)
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def client(hub: LoopbackHub, connect: Callable[..., HubClient]) -> HubClient:
    """Talks to ``hub`` with short patience."""
    return connect(hub.endpoint, timeout_s=2)


@pytest.fixture
def fetch(client: HubClient, tmp_path: Path) -> Callable[..., LocalModel]:
    """Pull a reference into ``tmp_path``."""

    def run(ref: str, task: str | None = "text-classification", **options: Any) -> LocalModel:
        chosen: dict[str, Any] = {
            "places": Places(tmp_path / "cache", tmp_path / "downloads"),
            "progress": lambda _: None,
            "cancelled": lambda: False,
        }
        made = registry.task(task) if task else None
        return pull(
            client, parse_reference(ref), made, ENGINE, "fp32", **{**chosen, **options}
        ).model

    return run


@pytest.fixture
def machine() -> Machine:
    """A laptop with eight gigabytes."""
    return Machine(
        os="Linux",
        cpu=Cpu("cpu", 4, 8),
        memory=Memory(16 * 10**9, 8 * 10**9),
        accelerators=(),
        disk=Disk("/", 10**11),
    )
