# SPDX-License-Identifier: Apache-2.0
"""One model in several forms through the whole path: cache, choice, workers, results."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from selector.desk.desk import Desk
from selector.engines.onnx_export import export_graph, quantise_graph
from selector.errors import UnknownEngine
from selector.paths import hub_cache, locations
from selector.tasks.outputs import Labels
from selector.trial.measurement import Measurement
from tests.tiny_gguf import make_gguf, make_writer
from tests.tiny_models import make_classifier

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier as safetensors and ONNX, a writer as safetensors and GGUF, as snapshots."""
    root = tmp_path_factory.mktemp("forms")
    both = make_classifier(root / "both")
    (both / "onnx").mkdir()
    export_graph(both, "classifier", both / "onnx" / "model.onnx", {"threads": 1})
    quantise_graph(both / "onnx" / "model.onnx", both / "onnx" / "model_int8.onnx")
    writer = make_writer(root / "writer")
    make_gguf(writer, writer / "writer-Q8_0.gguf", "Q8_0")
    make_gguf(writer, writer / "writer-F32.gguf")
    return root


@pytest.fixture
def desk(forms: Path, tmp_path: Path) -> Desk:
    for folder in forms.iterdir():
        snapshots = hub_cache() / f"models--t--{folder.name}" / "snapshots"
        snapshots.mkdir(parents=True)
        for path in folder.rglob("*"):
            target = snapshots / COMMIT / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.is_file():
                target.hardlink_to(path)
    return Desk(locations(tmp_path / "data").create(), offline=True)


def run(desk: Desk, refs: list[str], task: str, inputs: list[str]) -> tuple[Measurement, ...]:
    rows = desk.try_models(refs, task, inputs, lambda _: None)
    assert [row.error for row in rows] == [None] * len(rows)
    return rows


def test_forms_of_one_model_compete_and_agree(desk: Desk) -> None:
    refs = ["t/both#torch-fp32", "t/both#onnx-fp32", "t/both#onnx-int8", "t/both"]
    texts = ["my card is lost", "refund", "please " * 100]
    rows = run(desk, refs, "text-classification", texts)
    # What Petit picks itself is one of those named, and takes part once.
    assert [row.ref.partition("#")[2] for row in rows] == ["torch-fp32", "onnx-fp32", "onnx-int8"]
    assert len({row.parameters for row in rows}) == 1
    assert [row.cut_inputs for row in rows] == [1, 1, 1]
    for outputs in zip(*(row.outputs for row in rows), strict=True):
        tops = [output.labels[0] for output in outputs if isinstance(output, Labels)]
        assert len(tops) == 3
        assert tops[0].score == pytest.approx(tops[1].score, abs=1e-5)
    torch, onnx = rows[0], rows[1]
    assert torch.memory_peak_bytes
    assert onnx.memory_peak_bytes
    assert onnx.memory_peak_bytes < torch.memory_peak_bytes / 2
    assert set(onnx.versions) == {"onnxruntime", "tokenizers", "numpy"}


def test_a_contestant_pins_the_files_of_its_own_form(desk: Desk) -> None:
    graph, weights = desk.contestants(
        ["t/both#onnx-int8", "t/both#torch-fp32"], "text-classification"
    )
    assert {path for path, _, _ in graph.files if path.endswith((".onnx", ".safetensors"))} == {
        "onnx/model_int8.onnx"
    }
    assert {path for path, _, _ in weights.files if path.endswith((".onnx", ".safetensors"))} == {
        "model.safetensors"
    }
    assert graph.download_bytes == sum(size for _, _, size in graph.files)
    with pytest.raises(UnknownEngine):
        desk.contestants(["t/both#onnx-fp16"], "text-classification")


def test_the_command_line_shows_engine_precision_and_why(desk: Desk, tmp_path: Path) -> None:
    data = str(desk.locations.data)

    def petit(*more: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "selector", "try", "t/writer", "--task", "text-generation"]
        return subprocess.run(
            [*line, "--input", "my card", "--data-dir", data, "--offline", *more],
            capture_output=True, encoding="utf-8", timeout=120, check=True,
        )  # fmt: skip

    row: dict[str, Any] = json.loads(petit("--json").stdout)["results"][0]
    assert (row["engine"], row["precision"]) == ("llama", "q8_0")
    assert row["ref"] == f"t/writer@{COMMIT}#llama-q8_0"
    assert row["choice"]["code"] == "choice.faster"
    assert row["outputs"][0]["tokens"] > 0
    shown = petit()
    assert "llama-q8_0" in shown.stdout
    assert "PyTorch" in shown.stderr
