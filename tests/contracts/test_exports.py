# SPDX-License-Identifier: Apache-2.0
"""Every export: nothing overwritten, nothing half-written, and exactly the predictions that were shown."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from dataclasses import replace
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
from selector.tasks.outputs import to_json
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


@pytest.mark.parametrize("task_id", sorted(TEXTS))
def test_the_exported_project_predicts_what_the_app_showed(task_id: str, tmp_path: Path) -> None:
    contestant = contestant_in(MAKERS[task_id](tmp_path / "model"))
    texts = TEXTS[task_id]
    runner = registry.task(task_id).load_torch(Path(contestant.folder), {"precision": "fp32"})
    shown: list[Any] = [None] * len(texts)
    for event in runner.run(texts, PARAMETERS.get(task_id, {}), lambda: False):
        if hasattr(event, "output"):
            shown[event.index] = to_json(event.output)
    folder = tmp_path / "out"
    samples = list(zip(texts, shown, strict=True))
    files = registry.export("python").write(request_for(contestant, folder, task_id, samples))
    assert {"predict.py", "runner.py", "README.md", "requirements.txt"} <= {str(x) for x in files}
    piped = task_id == "text-classification"
    arguments = ["predict.py"] if piped else ["predict.py", "--verify", *texts]
    done = run_python(folder, *arguments, stdin="\n\n".join(texts) + "\n" if piped else None)
    assert done.returncode == 0, done.stderr
    printed = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(printed) == len(shown)
    assert all(alike(a, b) for a, b in zip(printed, shown, strict=True))
    assert not list(tmp_path.rglob("hacked"))


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
