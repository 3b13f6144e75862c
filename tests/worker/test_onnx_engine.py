# SPDX-License-Identifier: Apache-2.0
"""The engine onnx on real graphs: the same answers as torch, without torch, and clear refusals."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import onnx
import pytest

from selector import registry
from selector.engines.onnx_export import export_graph, quantise_graph
from selector.engines.onnx_graph import read_weights
from selector.engines.plain_tokenizer import read_tokenizer
from selector.errors import LoadFailed, PetitError, UnsupportedModel
from selector.tasks.batching import MAX_WASTE, run_batches
from selector.tasks.items import Items
from selector.tasks.outputs import Failed, Finished, Labels, Output, Similarity, Vector
from selector.worker.client import WorkerClient
from tests.tiny_models import make_classifier, make_encoder

TEXTS = [
    "my card is lost",
    "refund",
    "please " * 100,
    "",
    "?",
    "Où est ma carte, s’il vous plaît ?",
]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier and an encoder, each as safetensors and as ONNX in fp32 and int8."""
    root = tmp_path_factory.mktemp("onnx")
    for folder, head in (
        (make_classifier(root / "classifier"), "classifier"),
        (make_encoder(root / "encoder"), "embedder"),
    ):
        (folder / "onnx").mkdir()
        export_graph(folder, head, folder / "onnx" / "model.onnx", {"threads": 1})
        quantise_graph(folder / "onnx" / "model.onnx", folder / "onnx" / "model_quantized.onnx")
    return root


@pytest.fixture
def copy(models: Path, tmp_path: Path) -> Any:
    """A tiny model to be changed, without its safetensors."""

    def made(name: str) -> Path:
        folder = Path(shutil.copytree(models / name, tmp_path / name))
        (folder / "model.safetensors").unlink()
        return folder

    return made


@pytest.fixture(scope="module")
def worker() -> Iterator[WorkerClient]:
    with WorkerClient("model") as client:
        yield client


def call(
    client: WorkerClient, folder: Path, task: str, inputs: Sequence[str], engine: str, **more: Any
) -> dict[int, dict[str, Any]]:
    args = {"engine": engine, "task": task, "folder": str(folder), "repo": "t/m", "threads": 1}
    client.call("load", {**args, **more})
    events: list[dict[str, Any]] = []
    client.call("run", {"inputs": list(inputs)}, events.append)
    found = {event["output"]["index"]: event["output"] for event in events}
    assert sorted(found) == list(range(len(inputs)))
    return found


def here(folder: Path, task: str, inputs: Sequence[str], engine: str) -> dict[int, Finished]:
    loaded = registry.engine(engine).load(
        folder, registry.task(task), {"repo": "t/m", "threads": 1, "precision": "fp32"}
    )
    events = loaded.run(inputs, {}, lambda: False)
    return {event.index: event for event in events if isinstance(event, Finished)}


def values(output: Output) -> dict[str, float]:
    match output:
        case Labels(labels):
            return {item.label: item.score for item in labels}
        case Vector(numbers):
            return {str(i): number for i, number in enumerate(numbers)}
        case Similarity(score):
            return {"score": score}
    raise AssertionError(output)


@pytest.mark.parametrize(
    ("task", "folder", "inputs"),
    [
        ("text-classification", "classifier", TEXTS),
        ("feature-extraction", "encoder", TEXTS),
        ("sentence-similarity", "encoder", [f"{text}\tmy card" for text in TEXTS]),
    ],
)
def test_a_graph_answers_as_torch_does(
    models: Path, task: str, folder: str, inputs: list[str]
) -> None:
    graph = here(models / folder, task, inputs, "onnx")
    reference = here(models / folder, task, inputs, "torch")
    assert sorted(graph) == sorted(reference) == list(range(len(inputs)))
    for index in range(len(inputs)):
        found, wanted = values(graph[index].output), values(reference[index].output)
        assert list(found) == list(wanted)  # the same order of labels
        assert found == pytest.approx(wanted, abs=1e-5)
        assert graph[index].cut == reference[index].cut
    assert graph[2].cut > 0  # longer than the model reads


def test_a_word_that_the_repository_calls_special_is_one_token_for_both_engines(
    models: Path, copy: Any
) -> None:
    text = "my [MASK] is lost"  # [MASK] is named beside tokenizer.json, not in it
    (graph,) = here(models / "classifier", "text-classification", [text], "onnx").values()
    (torch,) = here(models / "classifier", "text-classification", [text], "torch").values()
    assert values(graph.output) == pytest.approx(values(torch.output), abs=1e-5)
    folder = copy("classifier")
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    # As other exporters write it, beside one that the vocabulary lacks and one that is no token.
    settings |= {"mask_token": {"content": "[MASK]"}, "bos_token": "<nowhere>", "eos_token": 7}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    tokens = read_tokenizer(folder, "t/m", {}, None).encode(["[MASK] <nowhere>"])
    assert list(tokens[0].ids[:2]) == [2, 4]
    assert max(tokens[0].ids) < json.loads((folder / "config.json").read_text())["vocab_size"]


@pytest.mark.parametrize("mode", ["cls", "mean", "max", "lasttoken"])
def test_a_graph_is_pooled_as_its_repository_says(models: Path, copy: Any, mode: str) -> None:
    folder = copy("encoder")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode": mode}))
    graph = here(folder, "feature-extraction", TEXTS, "onnx")
    os.link(models / "encoder" / "model.safetensors", folder / "model.safetensors")
    reference = here(folder, "feature-extraction", TEXTS, "torch")
    for index in range(len(TEXTS)):
        wanted = values(reference[index].output)
        assert values(graph[index].output) == pytest.approx(wanted, abs=1e-5)


def test_a_worker_runs_a_graph_without_torch_or_transformers(
    worker: WorkerClient, models: Path
) -> None:
    found = call(worker, models / "classifier", "text-classification", TEXTS, "onnx")
    loaded = worker.call("modules", {"names": ["torch", "transformers", "onnxruntime"]})
    assert [label["label"] for label in found[0]["output"]["labels"]]
    assert loaded["loaded"] == ["onnxruntime"]


def test_int8_is_another_file_and_gives_nearly_the_same(worker: WorkerClient, models: Path) -> None:
    folder, task = models / "classifier", "text-classification"
    full = call(worker, folder, task, TEXTS, "onnx", precision="fp32")
    small = call(worker, folder, task, TEXTS, "onnx", precision="int8")
    pairs = [
        (
            {x["label"]: x["score"] for x in full[i]["output"]["labels"]},
            {x["label"]: x["score"] for x in small[i]["output"]["labels"]},
        )
        for i in full
    ]
    assert all(a == pytest.approx(b, abs=0.1) for a, b in pairs)
    assert any(a != b for a, b in pairs)
    sizes = [(folder / "onnx" / f"model{e}.onnx").stat().st_size for e in ("", "_quantized")]
    assert sizes[1] < sizes[0]


def test_half_precision_graphs_run(worker: WorkerClient, copy: Any) -> None:
    folder = copy("classifier")
    graph = onnx.load(folder / "onnx" / "model.onnx")
    from onnxruntime.transformers.float16 import convert_float_to_float16

    onnx.save(
        convert_float_to_float16(graph, keep_io_types=True), folder / "onnx" / "model_fp16.onnx"
    )
    full = call(worker, folder, "text-classification", TEXTS[:2], "onnx", precision="fp32")
    half = call(worker, folder, "text-classification", TEXTS[:2], "onnx", precision="fp16")
    scores = [x["score"] for x in full[0]["output"]["labels"]]
    assert [x["score"] for x in half[0]["output"]["labels"]] == pytest.approx(scores, abs=0.02)


def test_weights_outside_the_graph_are_found_through_the_links_of_the_cache(
    models: Path, tmp_path: Path
) -> None:
    snapshot, blobs = tmp_path / "snapshots" / "abc", tmp_path / "blobs"
    (snapshot / "onnx").mkdir(parents=True)
    blobs.mkdir()
    graph = onnx.load(models / "classifier" / "onnx" / "model.onnx")
    onnx.save_model(
        graph, str(blobs / "graph"), save_as_external_data=True, location="model.onnx_data",
        size_threshold=100,
    )  # fmt: skip
    (blobs / "model.onnx_data").rename(blobs / "data")
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(models / "classifier" / name, snapshot / name)
    (snapshot / "onnx" / "model.onnx").symlink_to("../../../blobs/graph")
    (snapshot / "onnx" / "model.onnx_data").symlink_to("../../../blobs/data")
    found = here(snapshot, "text-classification", TEXTS, "onnx")
    wanted = here(models / "classifier", "text-classification", TEXTS, "onnx")
    assert found == wanted
    whole = read_weights(models / "classifier" / "onnx" / "model.onnx")
    split = read_weights(snapshot / "onnx" / "model.onnx")
    assert split.parameters == whole.parameters > 20_000
    assert (split.locations, whole.locations) == (("model.onnx_data",), ())
    (snapshot / "onnx" / "model.onnx_data").unlink()
    with pytest.raises(LoadFailed) as caught:
        here(snapshot, "text-classification", TEXTS, "onnx")
    assert "model.onnx_data" in caught.value.facts["detail"]


def test_weights_that_lie_outside_the_folder_are_refused(copy: Any, tmp_path: Path) -> None:
    folder = copy("classifier")
    graph = onnx.load(folder / "onnx" / "model.onnx")
    onnx.external_data_helper.convert_model_to_external_data(
        graph, location="data", size_threshold=100
    )
    onnx.save(graph, folder / "onnx" / "model.onnx")
    graph = onnx.load(folder / "onnx" / "model.onnx", load_external_data=False)
    for tensor in graph.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = "../../secret"
    (tmp_path / "secret").write_bytes(bytes(1_000_000))
    (folder / "onnx" / "model.onnx").write_bytes(graph.SerializeToString())
    with pytest.raises(LoadFailed) as caught:
        here(folder, "text-classification", TEXTS, "onnx")
    assert "outside" in caught.value.facts["detail"]


def lose_weights(folder: Path) -> None:
    """Weights beside the graph, as large models have them, and then not."""
    path = folder / "onnx" / "model.onnx"
    graph = onnx.load(path)
    onnx.save(
        graph, path, save_as_external_data=True, location="model.onnx_data", size_threshold=100
    )
    (path.parent / "model.onnx_data").unlink()


def edit(folder: Path, name: str, **changes: Any) -> None:
    path = folder / name
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def cut(folder: Path) -> None:
    path = folder / "onnx" / "model.onnx"
    path.write_bytes(path.read_bytes()[:5000])


def rename_input(folder: Path) -> None:
    path = folder / "onnx" / "model.onnx"
    graph = onnx.load(path)
    graph.graph.input.append(
        onnx.helper.make_tensor_value_info("past_key_values", onnx.TensorProto.FLOAT, ["n"])
    )
    onnx.save(graph, path)


@pytest.mark.parametrize(
    ("break_it", "problem", "said"),
    [
        (cut, LoadFailed, "ValueError"),
        (lambda f: (f / "onnx" / "model.onnx").write_bytes(b""), LoadFailed, "ValueError"),
        (lambda f: (f / "onnx" / "model.onnx").write_bytes(b"\xff" * 99), LoadFailed, ""),
        (lambda f: (f / "tokenizer.json").unlink(), UnsupportedModel, "risk.no_tokenizer"),
        (lambda f: (f / "tokenizer.json").write_text("{"), LoadFailed, "tokenizer.json"),
        (lambda f: edit(f, "config.json", id2label={"0": "a"}), UnsupportedModel, "other_labels"),
        (rename_input, UnsupportedModel, "risk.other_inputs"),
        (lose_weights, LoadFailed, "its weights are missing: 'model.onnx_data'"),
    ],
)
def test_a_broken_repository_is_refused_in_plain_words(
    copy: Any, break_it: Any, problem: type[PetitError], said: str
) -> None:
    folder = copy("classifier")
    break_it(folder)
    with pytest.raises(problem) as caught:
        here(folder, "text-classification", TEXTS, "onnx")
    assert caught.value.facts["repo"] == "t/m"
    assert said in str(caught.value.facts)
    assert "\n" not in caught.value.facts.get("detail", "")


def test_a_graph_without_the_head_of_the_task_is_refused(models: Path) -> None:
    for folder, task in (
        ("encoder", "text-classification"),
        ("classifier", "feature-extraction"),
    ):
        with pytest.raises(UnsupportedModel) as caught:
            here(models / folder, task, TEXTS, "onnx")
        assert caught.value.facts["reason"] == "risk.no_output"


def test_a_token_that_the_graph_does_not_know_fails_its_own_input(copy: Any) -> None:
    folder = copy("classifier")
    data = json.loads((folder / "tokenizer.json").read_text())
    data["model"]["vocab"] = {**data["model"]["vocab"], "elsewhere": 30_000}
    (folder / "tokenizer.json").write_text(json.dumps(data))
    task = registry.task("text-classification")
    runner = registry.engine("onnx").load(folder, task, {"threads": 1, "precision": "fp32"})
    texts = ["my card", "elsewhere", "my card"]
    found = {x.index: x for x in Items(runner, "text").run(texts, {}, lambda: False)}
    assert [type(found[i]) for i in range(3)] == [Finished, Failed, Finished]
    assert found[1].error.facts["detail"]  # type: ignore[union-attr]


def test_a_megabyte_of_text_is_cut_and_told(worker: WorkerClient, models: Path) -> None:
    huge = "my card is lost " * 65_536
    found = call(worker, models / "classifier", "text-classification", ["", huge], "onnx")
    assert found[0].get("cut", 0) == 0
    assert found[1]["cut"] == 4 * 65_536 - 62


def test_a_batch_that_does_not_fit_is_halved_and_nothing_is_lost() -> None:
    tried: list[int] = []

    def compute(indices: Sequence[int]) -> list[int]:
        tried.append(len(indices))
        if len(indices) > 3:
            raise MemoryError
        return list(indices)

    lengths = [8] * 40
    batches = run_batches(lengths, compute, lambda e: isinstance(e, MemoryError), lambda: False)
    done = [(indices, given) for indices, given in batches]
    assert all(indices == given for indices, given in done)
    assert sorted(i for indices, _ in done for i in indices) == list(range(40))
    assert max(tried) == 40
    assert MAX_WASTE <= 0.15
