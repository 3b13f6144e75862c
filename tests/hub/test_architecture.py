# SPDX-License-Identifier: Apache-2.0
"""A configuration is built in a worker, on no memory to speak of, and never trusted."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from selector.errors import Cancelled
from selector.hub.architecture import (
    Support,
    check,
    kept,
    key_of,
    support_from_json,
    version,
)
from selector.store.architectures import recall_architecture
from selector.store.database import Database
from selector.worker.client import WorkerClient

BERT: dict[str, Any] = {
    "architectures": ["BertForSequenceClassification"], "model_type": "bert", "hidden_size": 32,
    "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64, "vocab_size": 100,
    "max_position_embeddings": 64, "id2label": {"0": "a", "1": "b"},
}  # fmt: skip
LLAMA: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 4096,
    "num_hidden_layers": 4, "num_attention_heads": 32, "intermediate_size": 11008,
    "vocab_size": 32000, "tie_word_embeddings": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def worker() -> Iterator[WorkerClient]:
    with WorkerClient("architecture") as made:
        yield made


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database(tmp_path / "petit.db") as opened:
        yield opened


def asked(worker: WorkerClient, config: dict[str, Any]) -> Support:
    found = support_from_json(worker.call("check", {"config": config}, timeout_s=90))
    assert found is not None
    return found


def test_a_known_architecture_is_built_and_counted_without_its_numbers(
    worker: WorkerClient,
) -> None:
    assert asked(worker, BERT) == Support("runs", 23_586, "BertForSequenceClassification")
    # Four layers of a real width: gigabytes as numbers, nothing as shapes. Tied weights count once.
    llama = asked(worker, LLAMA)
    layer = 4 * 4096**2 + 3 * 4096 * 11008 + 2 * 4096
    assert llama.parameters == 4 * layer + 32000 * 4096 + 4096


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({"model_type": "never-heard-of"}, "unknown architecture"),
        ({"model_type": "never-heard-of", "auto_map": {"AutoModel": "x.Y"}}, "remote code"),
        ({"architectures": ["NoSuchModel"]}, "unknown architecture"),
        ({"architectures": ["os"]}, "unknown architecture"),
        ({"architectures": ["AutoModel"]}, "unknown architecture"),
        ({"hidden_size": "wide"}, "refused"),
        ({"hidden_size": 33}, "refused"),
        ({"hidden_size": 2**62, "num_attention_heads": 1}, "refused"),
        ({"model_type": ["bert"]}, "unknown architecture"),
    ],
)
def test_other_configurations_get_an_answer_too(
    worker: WorkerClient, change: dict[str, Any], answer: str
) -> None:
    assert asked(worker, {**BERT, **change}).answer == answer


def test_code_of_the_repository_is_never_run(worker: WorkerClient) -> None:
    mapped = {**BERT, "auto_map": {"AutoModelForSequenceClassification": "evil.Model"}}
    assert asked(worker, mapped).answer == "runs"  # by transformers' own class


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="limits and their traces are Linux's")
def test_the_worker_has_no_network_and_a_limit_on_its_memory(worker: WorkerClient) -> None:
    asked(worker, BERT)
    assert worker.isolation in {"namespace", "settings"}
    limits = Path(f"/proc/{worker.pid}/limits").read_text()
    (line,) = (line for line in limits.splitlines() if line.startswith("Max data size"))
    assert line.split()[3] == "4000000000"


def test_an_endless_configuration_is_ended_in_time(database: Database) -> None:
    start = time.monotonic()
    endless = {**BERT, "num_hidden_layers": 10**9}
    assert check(endless, database, timeout_s=6).answer in {"too slow", "too large"}
    assert time.monotonic() - start < 30
    assert kept(database, endless) is None  # the machine may have been busy: it is tried again


def test_an_answer_is_kept_until_configuration_or_version_change(
    database: Database,
) -> None:
    first = check(BERT, database)
    assert first.answer == "runs"
    start = time.monotonic()
    assert check(dict(reversed(BERT.items())), database) == first
    assert time.monotonic() - start < 0.5  # no process is started for it
    assert kept(database, {**BERT, "hidden_size": 64}) is None
    assert recall_architecture(database, key_of(BERT, version())) is not None
    assert recall_architecture(database, key_of(BERT, "99.0")) is None


def test_without_a_model_type_nothing_is_started(database: Database) -> None:
    assert check({}, database) == Support("no configuration")


def test_a_check_can_be_cancelled(database: Database) -> None:
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    start = time.monotonic()
    with pytest.raises(Cancelled):
        check({**BERT, "num_hidden_layers": 10**8}, database, stop.is_set)
    assert time.monotonic() - start < 5
