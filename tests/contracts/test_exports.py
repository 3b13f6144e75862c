# SPDX-License-Identifier: Apache-2.0
"""Every export: nothing overwritten, nothing half-written, and exactly the predictions that were shown."""

from __future__ import annotations

import csv
import json
import math
import os
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from selector import registry
from selector.decide.document import build, load
from selector.decide.pinned import file_sha256
from selector.decide.verdict_facts import Decision, Evaluation, Score
from selector.errors import (
    DamagedFile,
    FormatUnsuited,
    NotDownloaded,
    TargetExists,
    TargetNotWritable,
)
from selector.exports.base import ExportRequest
from selector.hub.candidate import Reason
from selector.tasks.outputs import Finished, to_json
from selector.trial.measurement import Contestant, Measurement
from tests.tiny_tasks import HOSTILE, MAKERS, PARAMETERS, TEXTS


def contestant_in(folder: Path) -> Contestant:
    files = tuple(
        (path.relative_to(folder).as_posix(), file_sha256(path), path.stat().st_size)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    )
    ref = f"org/tiny@{'a' * 40}#torch-fp32"
    return Contestant(
        ref, "org/tiny", "a" * 40, "torch", "fp32", str(folder), 1000, 1000, files, licence="mit"
    )


def request_for(
    contestant: Contestant, folder: Path, task: str, samples: list[tuple[str, dict[str, Any]]]
) -> ExportRequest:
    ref = contestant.ref
    score = Score(ref, 0.9, (0.8, 0.95), (0.0, 0.0, 0.0), 1.0, 1000, 0.01, 1000, 1000)
    decision = Decision(ref, "decided", (Reason("reason.only_one", {"ref": ref}),), (), None)
    evaluation = Evaluation(
        task, "accuracy", 50, 0.05, 0.975, (score,), decision, "0" * 64, HOSTILE[:40]
    )
    document = build(
        evaluation,
        [Measurement(ref, "torch", "fp32", ())],
        [contestant],
        machine={"os": HOSTILE},
        versions={"torch": "2.13.0+cpu", "transformers": HOSTILE[:80]},
        licence={"id": HOSTILE[:100], "class": "permissive"},
        now=datetime(2026, 1, 2, tzinfo=UTC),
        parameters=PARAMETERS.get(task, {}),
        samples=samples,
    )
    return ExportRequest(document, contestant, folder)


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Contestant:
    return contestant_in(MAKERS["text-classification"](tmp_path_factory.mktemp("model") / "tiny"))


def run_python(folder: Path, *arguments: str, stdin: str | None = None) -> Any:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HF_")}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment | {"PYTHONDONTWRITEBYTECODE": "1"},
        input=stdin,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def alike(one: Any, other: Any) -> bool:
    """The same data; numbers up to rounding: the app's last steps are numpy's, the export's torch's."""
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, abs_tol=1e-6)
    return bool(one == other)


DRIVER = """
import contextlib, io, json, os, runpy, sys, traceback
for line in sys.stdin:
    folder, arguments = json.loads(line)
    sys.path.insert(0, folder)
    sys.argv = ["predict.py", *arguments]
    said = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    code, problem = 0, ""
    try:
        with contextlib.redirect_stdout(said):
            runpy.run_path(os.path.join(folder, "predict.py"), run_name="__main__")
    except SystemExit as end:
        code = end.code
    except BaseException:
        code, problem = -1, traceback.format_exc()
    said.seek(0)
    print(json.dumps({"code": code, "problem": problem, "out": said.read()}))
    sys.path.remove(folder)
    for name in [n for n, m in sys.modules.items() if str(getattr(m, "__file__", "")).startswith(folder)]:
        del sys.modules[name]
"""
"""Runs many exported projects in one process, each with modules of its own: torch is imported once."""


@dataclass(frozen=True)
class Exported:
    """What the app showed for each text, the files of the export, and what it printed."""

    shown: list[Any]
    files: set[str]
    code: int
    problem: str
    printed: list[Any]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Exported]:
    root = tmp_path_factory.mktemp("exported")
    shown: dict[str, list[Any]] = {}
    files: dict[str, set[str]] = {}
    lines = []
    for task_id, texts in TEXTS.items():
        contestant = contestant_in(MAKERS[task_id](root / task_id / "model"))
        runner = registry.task(task_id).load_torch(Path(contestant.folder), {"precision": "fp32"})
        answers: list[Any] = [None] * len(texts)
        for event in runner.run(texts, PARAMETERS.get(task_id, {}), lambda: False):
            if isinstance(event, Finished):
                answers[event.index] = to_json(event.output)
        folder = root / task_id / "out"
        samples = list(zip(texts, answers, strict=True))
        request = request_for(contestant, folder, task_id, samples)
        files[task_id] = {str(x) for x in registry.export("python").write(request)}
        shown[task_id] = answers
        lines.append(json.dumps([str(folder), ["--verify", *texts]]))
    done = run_python(root, "-c", DRIVER, stdin="\n".join(lines) + "\n")
    assert done.returncode == 0, done.stderr
    assert not list(root.rglob("hacked"))
    found = {}
    for task_id, line in zip(TEXTS, done.stdout.splitlines(), strict=True):
        said = json.loads(line)
        printed = [json.loads(x) for x in said["out"].splitlines()]
        found[task_id] = Exported(
            shown[task_id], files[task_id], said["code"], said["problem"], printed
        )
    return found


@pytest.mark.parametrize("task_id", sorted(TEXTS))
def test_the_exported_project_predicts_what_the_app_showed(
    task_id: str, exported: dict[str, Exported]
) -> None:
    found = exported[task_id]
    assert found.code == 0, found.problem
    assert {"predict.py", "runner.py", "README.md", "requirements.txt"} <= found.files
    assert len(found.printed) == len(found.shown)
    assert all(alike(a, b) for a, b in zip(found.printed, found.shown, strict=True))


def test_texts_are_read_from_standard_input(classifier: Contestant, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    registry.export("python").write(request_for(classifier, folder, "text-classification", []))
    done = run_python(folder, "predict.py", stdin="my card is lost\n\nrefund, étiquette\n")
    assert done.returncode == 0, done.stderr
    assert [json.loads(x)["kind"] for x in done.stdout.splitlines()] == ["labels", "labels"]


def test_the_exported_test_passes_and_notices_a_changed_file(
    classifier: Contestant, tmp_path: Path
) -> None:
    runner = registry.task("text-classification").load_torch(Path(classifier.folder), {})
    texts = TEXTS["text-classification"]
    answers = {e.index: to_json(e.output) for e in runner.run(texts, {}, lambda: False)}  # type: ignore[union-attr]
    folder = tmp_path / "out"
    samples = [(text, answers[i]) for i, text in enumerate(texts)]
    registry.export("python").write(request_for(classifier, folder, "text-classification", samples))
    assert load(folder / "decision.petit.json")["samples"]
    passed = run_python(folder, "-m", "unittest")
    assert passed.returncode == 0, passed.stderr
    with (folder / "model" / "config.json").open("a") as file:
        file.write("\n")
    assert run_python(folder, "predict.py", "--verify").returncode == 1
    assert run_python(folder, "predict.py", "a").returncode != 0


def test_the_notebooks_cells_check_the_files_and_make_the_answers_again(
    classifier: Contestant, tmp_path: Path
) -> None:
    runner = registry.task("text-classification").load_torch(Path(classifier.folder), {})
    texts = TEXTS["text-classification"]
    answers = {e.index: to_json(e.output) for e in runner.run(texts, {}, lambda: False)}  # type: ignore[union-attr]
    folder = tmp_path / "out"
    samples = [(text, answers[i]) for i, text in enumerate(texts)]
    registry.export("notebook").write(
        request_for(classifier, folder, "text-classification", samples)
    )
    notebook = json.loads((folder / "decision.ipynb").read_text(encoding="utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    cells = ["".join(x["source"]) for x in notebook["cells"] if x["cell_type"] == "code"]
    assert "evil" not in "".join(cells)
    best = answers[0]["labels"][0]["label"]
    with (tmp_path / "mine.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["text", "label"], [texts[0], best], [texts[0], "another"]])
    code = "\n".join(cells).replace("DATA = None", "DATA = '../mine.csv'")
    (folder / "cells.py").write_text(code, encoding="utf-8")
    done = run_python(folder, "cells.py")
    assert done.returncode == 0, done.stderr
    assert "3 recorded answers" in done.stdout
    assert "another file than the one" in done.stdout
    assert "1 of 2 right: 0.5000" in done.stdout


def test_hostile_names_reach_no_generated_code(classifier: Contestant, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    files = registry.export("python").write(
        request_for(classifier, folder, "text-classification", [(HOSTILE, {"kind": "labels"})])
    )
    for path in (x for x in files if x.parts[0] != "model"):
        text = (folder / path).read_text(encoding="utf-8")
        if path.suffix in {".py", ".txt"}:
            assert "evil" not in text
        if path.suffix == ".md":
            assert not set(text) & set("<>$[]()!*") - set("()[]")
            assert 'os.system("' not in text
    assert "torch==2.13.0\n" in (folder / "requirements.txt").read_text()
    assert "transformers" not in (folder / "requirements.txt").read_text()


@pytest.mark.parametrize("export_id", sorted(registry.exports()))
class TestEveryExport:
    def test_describes_itself(self, export_id: str) -> None:
        export = registry.export(export_id)
        assert export.id == export_id
        assert set(export.title) == set(export.purpose) == {"en", "fr"}

    def test_lists_what_it_wrote(
        self, export_id: str, classifier: Contestant, tmp_path: Path
    ) -> None:
        folder = tmp_path / "new" / "out"
        files = registry.export(export_id).write(
            request_for(classifier, folder, "text-classification", [])
        )
        found = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
        assert set(files) == found != set()
        assert [path.name for path in folder.parent.iterdir()] == ["out"]

    def test_takes_an_empty_folder_and_refuses_a_full_one(
        self, export_id: str, classifier: Contestant, tmp_path: Path
    ) -> None:
        folder = tmp_path / "out"
        folder.mkdir()
        request = request_for(classifier, folder, "text-classification", [])
        registry.export(export_id).write(request)
        before = sorted(folder.rglob("*"))
        with pytest.raises(TargetExists):
            registry.export(export_id).write(request)
        assert sorted(folder.rglob("*")) == before
        with pytest.raises(TargetExists):
            registry.export(export_id).write(replace(request, folder=before[-1]))

    def test_says_so_when_it_may_not_write(
        self, export_id: str, classifier: Contestant, tmp_path: Path
    ) -> None:
        (tmp_path / "file").write_text("")
        folder = tmp_path / "file" / "out"
        with pytest.raises(TargetNotWritable):
            registry.export(export_id).write(
                request_for(classifier, folder, "text-classification", [])
            )


def test_a_changed_or_missing_model_file_leaves_nothing_behind(
    classifier: Contestant, tmp_path: Path
) -> None:
    request = request_for(classifier, tmp_path / "out", "text-classification", [])
    export = registry.export("python")
    copy = tmp_path / "copy"
    copy.mkdir()
    moved = replace(request, contestant=replace(classifier, folder=str(copy)))
    with pytest.raises(NotDownloaded):
        export.write(moved)
    for name, _, size in classifier.files:
        (copy / name).write_bytes(b"x" * size)
    with pytest.raises(DamagedFile):
        export.write(moved)
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


def test_only_what_python_can_run_is_exported(classifier: Contestant, tmp_path: Path) -> None:
    other = replace(classifier, engine="endpoint")
    with pytest.raises(FormatUnsuited):
        registry.export("python").write(
            request_for(other, tmp_path / "out", "text-classification", [])
        )
    with pytest.raises(FormatUnsuited):
        registry.export("python").write(
            request_for(classifier, tmp_path / "out", "../tasks/text-classification", [])
        )
    assert not (tmp_path / "out").exists()
