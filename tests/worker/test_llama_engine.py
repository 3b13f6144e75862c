# SPDX-License-Identifier: Apache-2.0
"""The engine llama on real GGUF files: the same answers as torch, streaming, cancelling, refusing, dying."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from selector import registry
from selector.engines.gguf_header import read_header
from selector.errors import Cancelled, LoadFailed, PetitError, UnsupportedModel, WorkerCrashed
from selector.tasks.outputs import Finished, Partial, Text, Vector
from selector.worker.client import WorkerClient
from tests.tiny_gguf import make_gguf, make_writer
from tests.tiny_models import make_encoder

PROMPTS = ["my card", "Où est ma carte ?", "<end> is not the end", ""]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("gguf")
    source = make_writer(root / "writer-source")
    for precision in ("F32", "F16", "Q8_0"):
        make_gguf(source, root / "writer" / f"tiny-{precision}.gguf", precision)
    make_gguf(source, root / "plain" / "tiny-F32.gguf", template=None)
    make_gguf(make_encoder(root / "encoder-source"), root / "encoder" / "tiny-F32.gguf")
    long = make_writer(root / "long-source", hidden=256, context=8192, seed=3)
    make_gguf(long, root / "long" / "tiny-F32.gguf")
    return root


@pytest.fixture(scope="module")
def worker() -> Iterator[WorkerClient]:
    with WorkerClient("model") as client:
        yield client


def load(client: WorkerClient, folder: Path, task: str = "text-generation", **more: Any) -> Any:
    args = {"engine": "llama", "precision": "f32", "task": task, "folder": str(folder)}
    return client.call("load", {**args, "repo": "t/m", "threads": 1, **more})


def run(client: WorkerClient, inputs: Sequence[str], **parameters: Any) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    client.call("run", {"inputs": list(inputs), "parameters": parameters}, events.append)
    return events


def outputs(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event["output"] for event in events if "output" in event]


def here(folder: Path, task: str, engine: str, inputs: Sequence[str], **parameters: Any) -> Any:
    precision = "f32" if engine == "llama" else "fp32"
    options = {"repo": "t/m", "threads": 1, "precision": precision}
    loaded = registry.engine(engine).load(folder, registry.task(task), options)
    return list(loaded.run(inputs, parameters, lambda: False))


# -- the same answers -----------------------------------------------------------------------------


def test_it_writes_what_torch_writes_from_the_same_weights_and_template(models: Path) -> None:
    def texts(folder: Path, engine: str) -> list[Any]:
        events = here(folder, "text-generation", engine, PROMPTS, max_new_tokens=16)
        return [event for event in events if isinstance(event, Finished)]

    assert texts(models / "writer", "llama") == texts(models / "writer-source", "torch")


def test_it_ends_where_the_model_ends_and_counts_alike(models: Path, tmp_path: Path) -> None:
    before = here(models / "writer-source", "text-generation", "torch", PROMPTS, max_new_tokens=32)
    sign = before[-1].output.text[8]
    source = make_writer(tmp_path / "source", end_instead_of=sign)
    make_gguf(source, tmp_path / "gguf" / "tiny-F32.gguf")
    found, wanted = (
        [
            event
            for event in here(folder, "text-generation", engine, PROMPTS, max_new_tokens=32)
            if isinstance(event, Finished)
        ]
        for folder, engine in ((tmp_path / "gguf", "llama"), (source, "torch"))
    )
    assert found == wanted
    assert wanted[-1].output.tokens < 32


def test_without_a_template_the_prompt_is_continued_as_it_is(models: Path, tmp_path: Path) -> None:
    source = Path(shutil.copytree(models / "writer-source", tmp_path / "source"))
    settings = source / "tokenizer_config.json"
    settings.write_text(settings.read_text().replace('"chat_template"', '"not_used"'))
    for name in ("chat_template.jinja", "chat_template.json"):
        (source / name).unlink(missing_ok=True)
    found = here(models / "plain", "text-generation", "llama", ["my card"], max_new_tokens=8)
    wanted = here(source, "text-generation", "torch", ["my card"], max_new_tokens=8)
    assert found[-1] == wanted[-1]


def test_it_embeds_as_torch_does(models: Path) -> None:
    texts = ["my card is lost", "refund", "", "how do i get a refund", "?", *["please"] * 20]
    found = here(models / "encoder", "feature-extraction", "llama", texts)
    wanted = here(models / "encoder-source", "feature-extraction", "torch", texts)
    reference = {event.index: event.output for event in wanted}
    assert sorted(event.index for event in found) == list(range(len(texts)))
    for event in found:
        assert isinstance(event.output, Vector)
        assert event.output.values == pytest.approx(reference[event.index].values, abs=2e-3)
    pair = here(models / "encoder", "sentence-similarity", "llama", ["my card\tmy card"])
    assert pair[0].output.score == pytest.approx(1.0, abs=1e-5)


def test_pieces_make_the_text_and_greedy_repeats_itself(models: Path) -> None:
    events = here(models / "writer", "text-generation", "llama", ["my card"], max_new_tokens=12)
    final = events[-1]
    assert isinstance(final.output, Text)
    assert final.output.tokens == 12
    pieces = [event.text for event in events if isinstance(event, Partial)]
    assert len(pieces) > 3
    assert "".join(pieces).strip() == final.output.text
    again = here(models / "writer", "text-generation", "llama", ["my card"], max_new_tokens=12)
    assert again[-1] == final


def test_a_seed_repeats_what_temperature_makes_random(worker: WorkerClient, models: Path) -> None:
    load(worker, models / "writer")

    def text(seed: int) -> str:
        options = {"max_new_tokens": 12, "temperature": 1.5, "seed": seed}
        return str(outputs(run(worker, ["my"], **options))[0]["output"]["text"])

    assert text(1) == text(1)
    assert text(1) != text(2)


@pytest.mark.parametrize("precision", ["f16", "q8_0"])
def test_smaller_forms_load_from_their_own_file(
    worker: WorkerClient, models: Path, precision: str
) -> None:
    loaded = load(worker, models / "writer", precision=precision)
    assert loaded["parameters"] == read_header(models / "writer" / "tiny-F32.gguf").parameters
    assert outputs(run(worker, ["my card"], max_new_tokens=4))[0]["output"]["tokens"] == 4


def test_a_model_in_parts_is_loaded_whole(models: Path, tmp_path: Path) -> None:
    import gguf

    reader = gguf.GGUFReader(models / "writer" / "tiny-F32.gguf")
    writer = gguf.GGUFWriter(tmp_path / "tiny-F32.gguf", "llama", split_max_tensors=10)
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name == "general.architecture":
            continue
        inner = field.types[-1] if len(field.types) > 1 else None
        writer.add_key_value(field.name, field.contents(), field.types[0], sub_type=inner)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    assert len(list(tmp_path.glob("*-of-00003.gguf"))) == 3
    found = here(tmp_path, "text-generation", "llama", ["my card"], max_new_tokens=8)
    wanted = here(models / "writer", "text-generation", "llama", ["my card"], max_new_tokens=8)
    assert found == wanted


# -- long inputs ----------------------------------------------------------------------------------


def test_the_context_grows_for_a_long_prompt_up_to_what_the_model_was_made_for(
    worker: WorkerClient, models: Path
) -> None:
    load(worker, models / "long")
    before = worker.call("memory", {})["now_bytes"]
    (found,) = outputs(run(worker, ["word " * 600], max_new_tokens=4))
    assert found.get("cut", 0) == 0  # 3000 tokens: more than the room at first, all of them read
    assert worker.call("memory", {})["now_bytes"] > before
    (found,) = outputs(run(worker, ["word " * 2000], max_new_tokens=4))
    assert 1800 < found["cut"] < 2400
    assert found["output"]["text"]


def test_a_prompt_that_just_fits_still_gets_its_whole_answer(
    worker: WorkerClient, models: Path
) -> None:
    load(worker, models / "long")
    (found,) = outputs(run(worker, ["word " * 405], max_new_tokens=100))
    assert found.get("cut", 0) == 0  # 2027 tokens of prompt in a first room of 2048
    assert found["output"]["tokens"] == 100


def test_more_asked_for_than_there_is_room_leaves_room_for_the_prompt(
    worker: WorkerClient, models: Path
) -> None:
    load(worker, models / "writer")  # made for 256 tokens
    short, long = outputs(run(worker, ["my card", "word " * 400], max_new_tokens=4000))
    assert 100 < short["output"]["tokens"] < 256
    assert long["output"]["tokens"] > 100
    assert long["cut"] > 1700


def test_a_megabyte_is_cut_and_told(worker: WorkerClient, models: Path) -> None:
    load(worker, models / "writer")
    huge = "word " * 200_000
    (found,) = outputs(run(worker, [huge], max_new_tokens=4))
    assert found["cut"] > 990_000
    load(worker, models / "encoder", "feature-extraction")
    events = outputs(run(worker, ["my card", huge[:500_000], ""]))
    assert {event["index"]: event.get("cut", 0) > 0 for event in events} == {
        0: False,
        1: True,
        2: False,
    }


# -- cancelling, idling ---------------------------------------------------------------------------


@pytest.mark.parametrize("phase", ["prefill", "decode"])
def test_a_cancelled_run_ends_and_leaves_the_worker_usable(
    worker: WorkerClient, models: Path, phase: str
) -> None:
    load(worker, models / "long")
    seen: list[Any] = []
    started = time.monotonic()
    text = "word " * 1500 if phase == "prefill" else "my"

    def cancelled() -> bool:
        return time.monotonic() - started > 0.2 if phase == "prefill" else len(seen) > 3

    with pytest.raises(Cancelled):
        worker.call(
            "run",
            {"inputs": [text] * 200, "parameters": {"max_new_tokens": 1500}},
            seen.append,
            cancelled=cancelled,
        )
    assert time.monotonic() - started < 20
    (found,) = outputs(run(worker, ["my"], max_new_tokens=5))
    assert found["output"]["tokens"] == 5


def test_a_loaded_model_that_waits_uses_no_processor(worker: WorkerClient, models: Path) -> None:
    load(worker, models / "writer", threads=2)
    run(worker, ["my card"], max_new_tokens=8)
    process = psutil.Process(worker.pid)
    before = sum(process.cpu_times()[:2])
    time.sleep(1.0)
    assert sum(process.cpu_times()[:2]) - before < 0.1


def test_the_worker_has_neither_torch_nor_numpy_when_it_writes(models: Path) -> None:
    with WorkerClient("model") as client:
        load(client, models / "writer")
        run(client, ["my card"], max_new_tokens=4)
        names = ["torch", "transformers", "numpy", "xllamacpp"]
        assert client.call("modules", {"names": names})["loaded"] == ["xllamacpp"]


# -- refusals and deaths --------------------------------------------------------------------------


def test_the_wrong_kind_of_model_is_refused(worker: WorkerClient, models: Path) -> None:
    with pytest.raises(UnsupportedModel) as caught:
        load(worker, models / "encoder", "text-generation")
    assert caught.value.facts["architecture"] == "bert"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"architecture": "nonsense"}, "nonsense"),
        ({"cut": 300}, "ends within its header"),
        ({"cut": 200_000}, ""),
        ({"cut": 0}, "not a GGUF file"),
        ({"magic": b"MZ\x90\x00"}, "not a GGUF file"),
        ({"length": 1 << 62}, "claims the impossible"),
    ],
)
def test_a_broken_file_is_a_reason_and_the_worker_lives(
    worker: WorkerClient, models: Path, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    path = tmp_path / "tiny-F32.gguf"
    if "architecture" in change:
        make_gguf(models / "writer-source", path, architecture=change["architecture"])
    else:
        data = bytearray((models / "writer" / "tiny-F32.gguf").read_bytes())
        data = data[: change.get("cut", len(data))]
        if "magic" in change:
            data[:4] = change["magic"]
        if "length" in change:
            data[24:32] = change["length"].to_bytes(8, "little")
        path.write_bytes(data)
    with pytest.raises(LoadFailed) as caught:
        load(worker, tmp_path)
    assert said in caught.value.facts["detail"]
    assert str(tmp_path) not in caught.value.facts["detail"]
    load(worker, models / "writer")
    assert outputs(run(worker, ["my card"], max_new_tokens=2))


def test_a_file_that_makes_llama_cpp_abort_is_an_event_with_its_last_words(
    models: Path, tmp_path: Path
) -> None:
    data = (models / "writer" / "tiny-F32.gguf").read_bytes()
    # Two equal tokens: llama.cpp asserts that there are none, and aborts.
    broken = data.replace(b"\x01\0\0\0\0\0\0\0A", b"\x01\0\0\0\0\0\0\0B", 1)
    assert broken != data
    (tmp_path / "tiny-F32.gguf").write_bytes(broken)
    started = time.monotonic()
    with WorkerClient("model") as client, pytest.raises(WorkerCrashed) as caught:
        load(client, tmp_path)
    assert caught.value.facts["outcome"] == "SIGABRT"
    assert "GGML_ASSERT" in caught.value.facts["stderr_tail"]
    assert time.monotonic() - started < 20  # no debugger is started on it


def test_what_llama_cpp_prints_never_reaches_the_protocol(models: Path, tmp_path: Path) -> None:
    make_gguf(models / "writer-source", tmp_path / "tiny-F32.gguf", architecture="nonsense")
    with WorkerClient("model") as client:
        for _ in range(3):
            with pytest.raises(PetitError):
                load(client, tmp_path)
        assert client.call("memory", {})["now_bytes"] > 0
