# SPDX-License-Identifier: Apache-2.0
"""One model in several forms through the whole path: cache, choice, workers, results."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from selector import registry
from selector.desk.desk import Desk
from selector.engines.onnx_export import export_graph, quantise_graph
from selector.errors import LoadFailed, UnknownEngine
from selector.paths import hub_cache, locations
from selector.tasks.outputs import Labels
from selector.trial.check_sentences import check_sentences
from selector.trial.measurement import Measurement, TrialEvent
from tests.tiny_gguf import make_gguf, make_writer
from tests.tiny_models import make_classifier, make_encoder

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier as safetensors and ONNX, a writer as safetensors and GGUF, as snapshots."""
    root = tmp_path_factory.mktemp("forms")
    both = make_classifier(root / "both")
    (both / "onnx").mkdir()
    export_graph(both, "classifier", both / "onnx" / "model.onnx", {"threads": 1})
    quantise_graph(both / "onnx" / "model.onnx", both / "onnx" / "model_int8.onnx")
    make_classifier(root / "plain", seed=5)
    make_encoder(root / "encoder")
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
    torch, onnx, small = rows
    assert torch.agreement is None
    for row in (onnx, small):
        assert row.agreement is not None
        assert (row.agreement.reference, row.agreement.n) == (torch.ref, 3)
        assert row.to_json()["agreement"]["equal_answers"] == row.agreement.equal_answers
    assert onnx.agreement is not None
    assert onnx.agreement.equal_answers == 1
    assert onnx.agreement.largest_difference is not None
    assert onnx.agreement.largest_difference < 1e-5
    assert small.agreement is not None
    assert small.agreement.largest_difference is not None
    assert small.agreement.largest_difference > onnx.agreement.largest_difference
    assert torch.memory_peak_bytes
    assert onnx.memory_peak_bytes
    assert onnx.memory_peak_bytes < torch.memory_peak_bytes / 2
    assert set(onnx.versions) == {"onnxruntime", "tokenizers", "numpy"}


def test_runs_teach_the_desk_what_its_predictions_miss(desk: Desk) -> None:
    assert desk.machine().experience == ()
    run(desk, ["t/both#torch-fp32"], "text-classification", ["my card is lost", "refund", "help"])
    taught = {(each.quantity, each.engine, each.runs) for each in desk.machine().experience}
    assert taught == {("memory", "torch", 1), ("speed", "torch", 1)}
    run(desk, ["t/both#torch-fp32"], "text-classification", ["only", "two"])
    again = {(each.quantity, each.engine, each.runs) for each in desk.machine().experience}
    assert again == {("memory", "torch", 2), ("speed", "torch", 2)}  # two inputs, many rounds


def test_a_form_that_is_not_there_is_made_once_and_says_what_it_is_worth(desk: Desk) -> None:
    texts = ["my card is lost", "refund", "how do i get a refund please"]
    steps: list[str] = []

    def listen(event: TrialEvent) -> None:
        if event.kind == "making":
            steps.append(event.facts["step"])

    def rows(*refs: str) -> tuple[Measurement, ...]:
        found = desk.try_models(refs, "text-classification", texts, listen)
        assert [row.error for row in found] == [None] * len(refs)
        return found

    (small,) = rows("t/plain#onnx-int8")
    assert steps == ["export", "check", "quantise", "measure"]
    assert small.fidelity is not None
    assert small.fidelity["n"] > 20
    assert 0.5 < small.fidelity["equal_answers"] <= 1
    assert 0 < small.fidelity["largest_difference"] < 0.2
    torch, graph, again = rows("t/plain#torch-fp32", "t/plain#onnx-fp32", "t/plain#onnx-int8")
    assert len(steps) == 4  # both forms are kept
    assert again.fidelity == small.fidelity
    assert again.outputs == small.outputs
    assert graph.fidelity is not None
    assert graph.fidelity["equal_answers"] == 1
    assert graph.fidelity["largest_difference"] < 1e-4
    assert torch.fidelity is None
    for one, other in zip(torch.outputs, graph.outputs, strict=True):
        assert isinstance(one, Labels)
        assert isinstance(other, Labels)
        assert other.labels[0].score == pytest.approx(one.labels[0].score, abs=1e-5)
    (folder,) = desk.locations.made.iterdir()
    record = json.loads((folder / "made.json").read_text())
    assert set(record["libraries"]) >= {"torch", "onnxruntime"}
    assert record["repo"] == "t/plain"
    sizes = [(folder / name).stat().st_size for name in ("model.onnx", "model_int8.onnx")]
    assert sizes[1] < sizes[0]
    forms = {form.ref: form for form in desk.shelf().made}
    assert set(forms) == {"t/plain#onnx-fp32", "t/plain#onnx-int8"}
    assert forms["t/plain#onnx-int8"].bytes == sizes[1]
    # What lost its record is not trusted: only the missing part is made anew.
    (folder / "model_int8.onnx").unlink()
    assert rows("t/plain#onnx-int8")[0].fidelity == small.fidelity
    assert steps[4:] == ["quantise", "measure"]
    assert desk.remove("t/plain#onnx-int8") == sizes[1]
    assert [form.ref for form in desk.shelf().made] == ["t/plain#onnx-fp32"]
    assert desk.remove("T/plain#onnx-fp32") >= sizes[0]
    assert list(desk.locations.made.iterdir()) == []
    assert any(entry.repo == "t/plain" for entry in desk.shelf().entries)


def test_an_encoder_is_made_too_and_unlike_sources_are_kept_apart(desk: Desk) -> None:
    pair = ["my card\tmy card is lost", "refund\tplease"]
    torch, graph = run(
        desk, ["t/encoder#torch-fp32", "t/encoder#onnx-fp32"], "sentence-similarity", pair
    )
    for one, other in zip(torch.outputs, graph.outputs, strict=True):
        assert other.score == pytest.approx(one.score, abs=1e-5)  # type: ignore[union-attr]
    refs = ["t/encoder#onnx-int8", "t/plain#onnx-int8"]
    folders = {
        desk.contestants([ref], task)[0].made
        for ref, task in zip(refs, ["feature-extraction", "text-classification"], strict=True)
    }
    assert len(folders) == 2


def test_a_form_whose_answers_differ_is_thrown_away(
    forms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("selector.engines.onnx_made._TOLERANCE", -1.0)
    options = {"precision": "fp32", "made": str(tmp_path / "made" / "key"), "threads": 1}
    with pytest.raises(LoadFailed) as caught:
        registry.engine("onnx").make(
            forms / "plain",
            registry.task("text-classification"),
            options,
            check_sentences(),
            lambda _: None,
        )
    assert "differently" in caught.value.facts["detail"]
    assert list((tmp_path / "made").iterdir()) == []


def test_a_form_that_makes_its_engine_abort_fails_alone(desk: Desk, tmp_path: Path) -> None:
    snapshot = hub_cache() / "models--t--writer" / "snapshots" / COMMIT
    data = (snapshot / "writer-F32.gguf").read_bytes()
    broken = data.replace(b"\x01\0\0\0\0\0\0\0A", b"\x01\0\0\0\0\0\0\0B", 1)
    (snapshot / "writer-F32.gguf").unlink()  # a link to the one that the other tests use
    (snapshot / "writer-F32.gguf").write_bytes(broken)
    events: list[TrialEvent] = []
    rows = desk.try_models(
        ["t/writer#llama-f32", "t/writer#llama-q8_0"], "text-generation", ["my card"], events.append
    )
    assert rows[0].error is not None
    assert rows[0].error["code"] == "worker.crashed"
    assert rows[0].error["facts"]["outcome"] == "SIGABRT"
    assert "GGML_ASSERT" in rows[0].error["facts"]["stderr_tail"]
    assert rows[1].error is None
    assert rows[1].outputs[0] is not None
    assert {(e.kind, e.ref[-4:]) for e in events} >= {("failed", "-f32"), ("finished", "q8_0")}


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
