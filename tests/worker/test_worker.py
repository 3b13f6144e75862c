# SPDX-License-Identifier: Apache-2.0
"""Real workers with real, tiny models: streaming, cancelling, refusing, dying."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from selector.errors import Cancelled, LoadFailed, NotDownloaded, UnsupportedModel, WorkerCrashed
from selector.worker.client import WorkerClient
from tests.tiny_models import make_classifier, make_decoder, make_encoder


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("models")
    make_classifier(root / "classifier")
    make_encoder(root / "encoder")
    make_decoder(root / "decoder")
    return root


@pytest.fixture(scope="module")
def worker() -> Iterator[WorkerClient]:
    """One worker for the tests that leave it alive: importing torch is what takes time."""
    with WorkerClient("model") as client:
        yield client


def load(client: WorkerClient, folder: Path, task: str) -> dict[str, object]:
    return client.call(
        "load", {"engine": "torch", "task": task, "folder": str(folder), "threads": 1}
    )


def test_a_classifier_answers_every_input_with_its_own_labels(
    worker: WorkerClient, models: Path
) -> None:
    loaded = load(worker, models / "classifier", "text-classification")
    events: list[dict[str, object]] = []
    result = worker.call("run", {"inputs": ["my card is lost", "refund", "?"]}, events.append)
    assert loaded["labels"] == ["lost_card", "refund", "other"]
    assert result["n"] == 3
    assert sorted(event["output"]["index"] for event in events) == [0, 1, 2]  # type: ignore[index]


def test_an_input_that_is_no_text_fails_alone_on_the_wire_too(
    worker: WorkerClient, models: Path
) -> None:
    load(worker, models / "classifier", "text-classification")
    events: list[dict[str, dict[str, object]]] = []
    given = ["my card", "a\0", "lost \ud83d", "refund"]
    result = worker.call("run", {"inputs": given}, events.append)  # type: ignore[arg-type]
    failed = {x["item_error"]["index"]: x["item_error"] for x in events if "item_error" in x}
    assert {i: x["facts"]["reason"] for i, x in failed.items()} == {  # type: ignore[index]
        1: "input.nul",
        2: "input.half_character",
    }
    assert result["n"] == 2


def test_an_encoder_without_a_head_is_refused_instead_of_guessing(
    worker: WorkerClient, models: Path
) -> None:
    with pytest.raises(UnsupportedModel) as caught:
        load(worker, models / "encoder", "text-classification")
    assert "classifier.weight" in caught.value.facts["missing"]


def test_a_folder_with_only_pickles_is_refused(
    worker: WorkerClient, models: Path, tmp_path: Path
) -> None:
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        (tmp_path / name).write_bytes((models / "classifier" / name).read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04K\x01.")
    with pytest.raises((LoadFailed, UnsupportedModel)):
        load(worker, tmp_path, "text-classification")


def test_a_missing_folder_says_that_the_model_is_not_downloaded(
    worker: WorkerClient, tmp_path: Path
) -> None:
    with pytest.raises(NotDownloaded):
        load(worker, tmp_path / "nothing", "text-classification")


def test_vectors_have_length_one_and_a_pair_of_equal_texts_is_most_similar(
    worker: WorkerClient, models: Path
) -> None:
    load(worker, models / "encoder", "sentence-similarity")
    scores = {}

    def keep(event: dict[str, dict[str, object]]) -> None:
        scores[event["output"]["index"]] = event["output"]["output"]["score"]  # type: ignore[index]

    worker.call("run", {"inputs": ["my card\tmy card", "my card\trefund please"]}, keep)  # type: ignore[arg-type]
    assert scores[0] == pytest.approx(1.0, abs=1e-5)
    assert scores[1] < scores[0]


def test_generation_streams_and_a_cancelled_one_leaves_the_worker_usable(
    worker: WorkerClient, models: Path
) -> None:
    load(worker, models / "decoder", "text-generation")
    pieces: list[dict[str, object]] = []
    started = time.monotonic()
    with pytest.raises(Cancelled):
        worker.call(
            "run",
            {"inputs": ["my card"], "parameters": {"max_new_tokens": 1900}},
            pieces.append,
            cancelled=lambda: len(pieces) > 3,
        )
    took = time.monotonic() - started
    result = worker.call("run", {"inputs": ["my card"], "parameters": {"max_new_tokens": 5}})
    assert len(pieces) > 3
    assert took < 20
    assert result["tokens"] == 5


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="network namespaces are Linux's")
def test_a_model_worker_has_no_network_where_linux_allows_it() -> None:
    with WorkerClient("model") as client:
        client.submit("memory", {}).wait(30)
        if client.isolation != "namespace":
            # Where the system forbids it, the worker must say that only its settings hold.
            assert client.isolation == "settings"
            return
        devices = Path(f"/proc/{client.pid}/net/dev").read_text().splitlines()[2:]
    assert [line.split(":")[0].strip() for line in devices] in ([], ["lo"])


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_killed_worker_is_an_error_that_names_its_end() -> None:
    with WorkerClient("model") as client:
        pending = client.submit("memory", {})
        pending.wait(30)
        os.kill(client.pid, signal.SIGKILL)
        with pytest.raises(WorkerCrashed) as caught:
            client.submit("memory", {}).wait(10)
    assert caught.value.facts["outcome"] == "killed"


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_a_worker_dies_with_its_killed_parent() -> None:
    code = (
        "from selector.worker.client import WorkerClient\nimport time\n"
        "c = WorkerClient('model'); c.submit('memory', {}).wait(30); print(c.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
        parent.wait()
    for _ in range(100):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.1)
    pytest.fail("the worker outlived its parent")
