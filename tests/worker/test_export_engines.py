# SPDX-License-Identifier: Apache-2.0
"""Python projects of models on ONNX Runtime and llama.cpp: the app's answers, in a process without torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from selector.desk.desk import Desk
from selector.desk.export_desk import Exported
from selector.paths import locations
from tests.tiny_gguf import make_gguf, make_writer
from tests.tiny_models import make_classifier, make_encoder
from tests.ui.cached_models import put_in_cache

LABELS = ("lost", "other", "refund")
LONG = "where is the card " * 20


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from selector.engines.onnx_export import export_graph

    root = tmp_path_factory.mktemp("models")
    make_classifier(root / "classifier", LABELS)
    encoder = make_encoder(root / "encoder")
    (encoder / "onnx").mkdir()
    export_graph(encoder, "embedder", encoder / "onnx" / "model.onnx", {"threads": 1})
    (encoder / "model.safetensors").unlink()
    make_gguf(make_writer(root / "source"), root / "writer" / "tiny-F32.gguf")
    make_gguf(make_encoder(root / "other"), root / "gguf-encoder" / "tiny-F32.gguf")
    return root


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(locations(tmp_path / "data").create())
    yield made
    made.close()


def project(desk: Desk, source: Path, form: str, task: str, folder: Path) -> Exported:
    put_in_cache(source, f"bank/{source.name}")
    document = desk.unmeasured(f"bank/{source.name}#{form}", task)
    return desk.export(document, "python", folder)


def run_there(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """In a process that can import neither torch nor transformers, nor Petit."""
    walls = folder.parent / "walls"
    walls.mkdir(exist_ok=True)
    for name in ("torch", "transformers", "selector"):
        (walls / f"{name}.py").write_text("raise ImportError('not here')\n")
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HF_")}
    environment |= {"PYTHONPATH": str(walls), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True,
        encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip


def answers(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


CASES = [
    ("classifier", "onnx-fp32", "text-classification"),
    ("encoder", "onnx-fp32", "feature-extraction"),
    ("writer", "llama-f32", "text-generation"),
    ("gguf-encoder", "llama-f32", "feature-extraction"),
]


@pytest.mark.parametrize(("name", "form", "task"), CASES)
def test_a_project_answers_as_the_app_did_without_torch(
    name: str, form: str, task: str, desk: Desk, models: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    done = project(desk, models / name, form, task, folder)
    assert done.notes == ()
    samples = json.loads((folder / "samples.json").read_text(encoding="utf-8"))
    assert samples
    checked = run_there(folder, "-m", "unittest")
    assert checked.returncode == 0, checked.stderr
    assert len(answers(run_there(folder, "predict.py", "--verify", LONG))) == 1
    needed = (folder / "requirements.txt").read_text()
    assert ("onnxruntime==" if form.startswith("onnx") else "xllamacpp==") in needed
    assert "torch" not in needed
    # The recorded answers are what is compared: other ones are noticed.
    samples[0]["output"] = samples[-1]["output"] | {"kind": "other"}
    (folder / "samples.json").write_text(json.dumps(samples), encoding="utf-8")
    if name == "classifier":
        assert run_there(folder, "-m", "unittest").returncode != 0


def test_an_eight_bit_form_that_petit_made_goes_along_and_not_what_it_was_made_from(
    desk: Desk, models: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    project(desk, models / "classifier", "onnx-int8", "text-classification", folder)
    inside = {path.name for path in (folder / "model").rglob("*")}
    assert "model_int8.onnx" in inside
    assert "model.safetensors" not in inside
    settings = json.loads((folder / "settings.json").read_text())
    assert (settings["graph"], settings["tolerance"]) == ("model_int8.onnx", 0.05)
    checked = run_there(folder, "-m", "unittest")
    assert checked.returncode == 0, checked.stderr
    assert "made by Petit: the same answer as the original to" in (folder / "README.md").read_text()
    graph = folder / "model" / "model_int8.onnx"
    graph.write_bytes(graph.read_bytes()[:-1] + b"?")
    assert run_there(folder, "predict.py", "--verify").returncode == 1
