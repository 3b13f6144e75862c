# SPDX-License-Identifier: Apache-2.0
"""The server export, started on loopback and loaded by many callers: the project's answers, and no others."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml  # type: ignore[import-untyped,unused-ignore]

from selector.desk.desk import Desk
from selector.paths import locations
from tests.tiny_gguf import make_gguf, make_writer
from tests.tiny_models import make_masked
from tests.ui.cached_models import put_in_cache


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a model that refuses some texts: one without a gap."""
    root = tmp_path_factory.mktemp("server")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HOME", str(root / "hf"))
        put_in_cache(make_masked(root / "tiny"), "bank/tiny")
        desk = Desk(locations(root / "data").create())
        desk.export(desk.unmeasured("bank/tiny", "fill-mask"), "server", root / "out")
        desk.close()
    return root / "out"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[httpx2.Client]:
    port, log = free_port(), folder.parent / "server.log"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HF_")}
    written = log.open("w")
    process = subprocess.Popen(
        [sys.executable, "server.py", "--port", str(port)],
        cwd=folder, env=environment | {"PYTHONDONTWRITEBYTECODE": "1", "BATCH_WAIT_MS": "50"},
        stderr=written,
    )  # fmt: skip
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        try:
            for _ in range(1200):
                assert process.poll() is None, log.read_text()
                try:
                    if client.get("/health").status_code == 200:
                        break
                except httpx2.TransportError:
                    pass
                time.sleep(0.1)
            yield client
        finally:
            process.terminate()
            process.wait(timeout=20)
            written.close()


def ask(server: httpx2.Client, texts: list[str]) -> Any:
    return server.post("/predict", json={"texts": texts})


def test_many_callers_get_the_recorded_answers_in_shared_batches(
    server: httpx2.Client, folder: Path
) -> None:
    samples = json.loads((folder / "samples.json").read_text(encoding="utf-8"))
    wanted = [samples[i % len(samples)] for i in range(48)]
    with ThreadPoolExecutor(16) as callers:
        answers = list(callers.map(lambda x: ask(server, [x["input"]]), wanted))
    for answer, sample in zip(answers, wanted, strict=True):
        assert answer.status_code == 200
        (found,) = answer.json()["answers"]
        names = {x["label"]: x["score"] for x in found["labels"]}
        assert names == pytest.approx({x["label"]: x["score"] for x in sample["output"]["labels"]}, abs=1e-4)  # fmt: skip
    metrics = server.get("/metrics").text
    assert 'petit_requests_total{status="ok"} 48.0' in metrics
    assert "petit_texts_total 48.0" in metrics
    batches = next(x for x in metrics.splitlines() if x.startswith("petit_batch_texts_count"))
    assert float(batches.split()[1]) < 48


def test_one_callers_bad_text_does_not_fail_the_others(server: httpx2.Client, folder: Path) -> None:
    good = json.loads((folder / "samples.json").read_text(encoding="utf-8"))[0]["input"]
    with ThreadPoolExecutor(8) as callers:
        codes = list(
            callers.map(lambda text: ask(server, [text]).status_code, [good, "no gap"] * 4)
        )
    assert codes == [200, 422] * 4


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"texts": []}', b'{"texts": [1]}', b'{"texts": "x"}',
             json.dumps({"texts": ["x"] * 65}).encode(), json.dumps({"texts": ["x" * 20_001]}).encode()],
)  # fmt: skip
def test_what_is_no_request_is_refused(server: httpx2.Client, body: bytes) -> None:
    answer = server.post("/predict", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422


def test_it_describes_itself(server: httpx2.Client) -> None:
    paths = server.get("/openapi.json").json()["paths"]
    assert set(paths) == {"/predict", "/health"}


def test_the_container_runs_without_root_and_without_a_place_to_write(folder: Path) -> None:
    compose = yaml.safe_load((folder / "compose.yaml").read_text())["services"]["model"]
    assert compose["read_only"] is True
    assert compose["cap_drop"] == ["ALL"]
    assert compose["ports"] == ["127.0.0.1:8000:8000"]
    lines = (folder / "Dockerfile").read_text().splitlines()
    assert sum(line.startswith("FROM ") for line in lines) == 2
    assert "USER 10001" in lines
    assert "fastapi==" in (folder / "requirements.txt").read_text()


def test_a_gguf_file_also_gets_the_commands_of_llama_cpp_and_ollama(tmp_path: Path) -> None:
    make_gguf(make_writer(tmp_path / "source"), tmp_path / "writer" / "tiny-F32.gguf")
    put_in_cache(tmp_path / "writer", "bank/writer")
    desk = Desk(locations(tmp_path / "data").create())
    document = desk.unmeasured("bank/writer#llama-f32", "text-generation")
    out = tmp_path / "out"
    desk.export(
        {**document, "samples": [{"input": "x", "output": {"kind": "text"}}]}, "server", out
    )
    desk.close()
    assert "FROM ./model/tiny-F32.gguf\n" in (out / "Modelfile").read_text()
    script = (out / "llama-server.sh").read_text()
    assert "--model model/tiny-F32.gguf" in script
    assert "--host 127.0.0.1" in script
    assert "ollama create" in (out / "README.md").read_text()
