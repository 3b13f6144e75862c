# SPDX-License-Identifier: Apache-2.0
"""A decision carried from one machine to another: the same files, the same answers, and what differs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from selector import registry
from selector.cli.command import run
from selector.decide.document import load, save
from selector.desk.desk import Desk
from selector.errors import (
    DataEmpty,
    LoadFailed,
    NotDownloaded,
    TargetExists,
)
from selector.export_errors import PinnedFileDiffers
from selector.paths import locations
from tests.tiny_models import make_classifier
from tests.ui.cached_models import put_in_cache

TASK = "text-classification"
LABELS = ("lost", "other", "refund")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_classifier(tmp_path_factory.mktemp("model") / "tiny", LABELS)


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Path:
    """A decision file as another machine's Petit wrote it."""
    away = tmp_path_factory.mktemp("away")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HOME", str(away / "hf"))
        put_in_cache(model, "bank/tiny")
        desk = Desk(locations(away / "data").create())
        document = desk.unmeasured("bank/tiny#torch-fp32", TASK)
        document["machine"]["cpu"]["name"] = "Other 9000"
        done = desk.export(document, "decision", away / "out")
        desk.close()
    assert done.notes == ()
    return done.files[0]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(locations(tmp_path / "data").create())
    yield made
    made.close()


def cached(name: str) -> Path:
    from selector.paths import hub_cache

    return next(hub_cache().rglob(f"snapshots/*/{name}"))


def test_it_is_made_again_elsewhere_and_says_what_differs(
    desk: Desk, carried: Path, model: Path
) -> None:
    document = desk.open_decision(carried)
    assert document["samples"]
    with pytest.raises(NotDownloaded):
        desk.reproduced(document)
    put_in_cache(model, "bank/tiny")
    found, row = desk.reproduced(document)
    assert row.error is None
    assert found.files == len(document["contestant"]["files"])
    assert found.same == found.samples == len(document["samples"])
    assert found.largest_difference is not None
    assert found.largest_difference < 1e-6
    assert [x.code for x in found.differs] == ["differs.cpu"]
    assert found.differs[0].facts["there"] == "Other 9000"


def test_a_file_that_is_not_the_pinned_one_stops_every_use(
    desk: Desk, carried: Path, model: Path, tmp_path: Path
) -> None:
    put_in_cache(model, "bank/tiny")
    document = desk.open_decision(carried)
    weights = cached("model.safetensors")
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.unlink()
    weights.write_bytes(content)
    for use in (
        lambda: desk.reproduced(document),
        lambda: desk.export(document, "decision", tmp_path / "out"),
        lambda: desk.export(document, "python", tmp_path / "out"),
    ):
        with pytest.raises(PinnedFileDiffers) as caught:
            use()
        assert caught.value.facts["file"] == "model.safetensors"
    weights.unlink()
    with pytest.raises(NotDownloaded):
        desk.reproduced(document)
    assert not (tmp_path / "out").exists()


def test_a_model_that_cannot_run_here_is_said_and_not_passed_over(
    desk: Desk, model: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(model, broken)
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4])
    put_in_cache(broken, "bank/broken")
    document = desk.unmeasured("bank/broken#torch-fp32", TASK)
    done = desk.export(document, "decision", tmp_path / "out")
    assert load(done.files[0])["samples"] == []
    assert [note.code for note in done.notes] == ["export.no_samples"]
    assert done.notes[0].facts["error"] == "engine.load_failed"
    with pytest.raises(DataEmpty):
        desk.reproduced(load(done.files[0]))
    with pytest.raises(LoadFailed):
        desk.export(document, "python", tmp_path / "project")
    assert not (tmp_path / "project").exists()


def test_a_task_without_inputs_of_its_own_is_said_to_carry_no_answers(
    desk: Desk, model: Path
) -> None:
    put_in_cache(model, "bank/tiny")
    document = desk.unmeasured("bank/tiny#torch-fp32", TASK)
    chosen = desk.pinned_here(document)
    for task in registry.tasks().values():
        if not any(task.sample_inputs.values()):
            other = {**document, "task": task.id}
            same, notes = desk.with_samples(other, chosen, needed=False, on_event=lambda _: None)
            assert same == other
            assert [note.code for note in notes] == ["export.no_sample_inputs"]


def test_a_target_that_is_taken_is_refused_before_a_model_is_loaded(
    desk: Desk, model: Path, tmp_path: Path
) -> None:
    put_in_cache(model, "bank/tiny")
    document = desk.unmeasured("bank/tiny#torch-fp32", TASK)
    (tmp_path / "file").write_text("")
    events: list[Any] = []
    with pytest.raises(TargetExists):
        desk.export(document, "python", tmp_path / "file", events.append)
    assert events == []


def said(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    code = run([*arguments, "--json", "--offline"])
    document: dict[str, Any] = json.loads(capfd.readouterr().out)
    return code, document


def test_the_command_line_takes_the_file_where_it_takes_a_model(
    carried: Path, model: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    put_in_cache(model, "bank/tiny")
    data = ["--data-dir", str(tmp_path / "data")]
    code, found = said(["try", str(carried), *data], capfd)
    assert code == 0
    (again,) = found["reproduced"]
    assert again["same"] == again["samples"] > 0
    assert [x["code"] for x in again["differs"]] == ["differs.cpu"]

    code, found = said(["try", str(carried), "--input", "my card is lost", *data], capfd)
    assert (code, len(found["results"])) == (0, 1)
    assert found["reproduced"][0]["samples"] == 0

    examples = tmp_path / "d.csv"
    rows = [f"text number {i},{LABELS[i % 3]}" for i in range(30)]
    examples.write_text("text,label\n" + "\n".join(rows) + "\n")
    code, found = said(["evaluate", str(carried), "--data", str(examples), *data], capfd)
    assert (code, found["task"], found["n"]) == (0, TASK, 30)
    code, again = said(["evaluate", found["file"], "--data", str(examples), *data], capfd)
    assert code == 0
    assert again["reproduced"][0]["differs"] == []
    assert all(x["there"] == x["here"] for x in again["reproduced"][0]["scores"])

    out = tmp_path / "out"
    code, found = said(
        ["export", str(carried), "--format", "decision", "--out", str(out), *data], capfd
    )
    assert (code, found["notes"]) == (0, [])
    assert load(out / "tiny.petit.json") == load(carried)


def test_the_command_line_refuses_what_it_cannot_trust(
    carried: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    data = ["--data-dir", str(tmp_path / "data")]
    edited = tmp_path / "edited.petit.json"
    edited.write_text(carried.read_text(encoding="utf-8").replace("Other 9000", "Mine"))
    for command in (
        ["try"],
        ["evaluate", "--data", "x.csv"],
        ["export", "--format", "python", "--out", "x"],
    ):
        code, found = said([command[0], str(edited), *command[1:], *data], capfd)
        assert (code, found["error"]["code"]) == (1, "decision.unreadable")
        assert "changed after" in found["error"]["message"]
    code, found = said(["try", str(carried), "--task", "summarization", *data], capfd)
    assert (code, found["error"]["code"]) == (1, "setting.bad")
    code, found = said(["try", "bank/tiny", "--input", "x", *data], capfd)
    assert (code, found["error"]["code"]) == (1, "task.needed")
    nothing = tmp_path / "nothing.petit.json"
    save({**load(carried), "contestant": None, "chosen_by": None}, nothing)
    code, found = said(["try", str(nothing), *data], capfd)
    assert (code, found["error"]["code"]) == (1, "data.empty")


def test_a_bundle_takes_a_model_to_a_machine_without_a_network(
    carried: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    put_in_cache(model, "bank/tiny")
    out = tmp_path / "stick" / "tiny.petit-bundle"
    data = ["--data-dir", str(tmp_path / "data")]
    code, found = said(["bundle", str(carried), "--out", str(out), *data], capfd)
    assert (code, found["notes"]) == (0, [])
    assert found["bytes"] == out.stat().st_size
    assert said(["bundle", str(carried), "--out", str(out), *data], capfd)[0] == 1

    monkeypatch.setenv("HF_HOME", str(tmp_path / "elsewhere"))
    there = ["--data-dir", str(tmp_path / "there")]
    code, found = said(["import", str(out), *there], capfd)
    assert (code, found["verified"]) == (0, True)
    code, again = said(["try", found["decisions"][0], *there], capfd)
    assert code == 0
    assert again["reproduced"][0]["same"] == again["reproduced"][0]["samples"] > 0
