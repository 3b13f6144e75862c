# SPDX-License-Identifier: Apache-2.0
"""The whole main job from the command line, against a Hub on loopback, with real (tiny) models."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.loopback_hub import LoopbackHub, Repository
from tests.tiny_models import make_classifier, make_encoder

LABELS = ("lost_card", "refund", "other")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackHub]:
    root = tmp_path_factory.mktemp("hub")
    pickled = root / "pickled"
    pickled.mkdir()
    (pickled / "config.json").write_text('{"architectures": ["BertForSequenceClassification"]}')
    (pickled / "pytorch_model.bin").write_bytes(b"\x80\x04K\x01.")
    (pickled / "README.md").write_text("---\npipeline_tag: text-classification\n---\n")
    plain = make_encoder(root / "plain")
    (plain / "README.md").write_text("# An encoder that says nothing of itself\n")
    repositories = [
        Repository("bank/small", make_classifier(root / "small", LABELS, hidden=16)),
        Repository("bank/large", make_classifier(root / "large", LABELS, hidden=64, seed=3)),
        Repository("bank/encoder", make_encoder(root / "encoder")),
        Repository("bank/pickled", pickled),
        Repository("bank/plain", plain),
    ]
    with LoopbackHub(repositories) as server:
        yield server


class Petit:
    """Runs ``petit`` in processes of its own, all with one data folder and one cache."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "HF_ENDPOINT": endpoint,
            "HF_HOME": str(folder / "hf"),
            "HF_HUB_DISABLE_XET": "1",
        }

    def __call__(self, *arguments: str, expect: int = 0) -> dict[str, Any]:
        command = [
            sys.executable,
            "-m",
            "selector",
            *arguments,
            "--json",
            "--data-dir",
            str(self.folder / "data"),
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, env=self.environment, timeout=240, check=False
        )
        assert done.returncode == expect, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found


@pytest.fixture(scope="module")
def petit(tmp_path_factory: pytest.TempPathFactory, hub: LoopbackHub) -> Petit:
    return Petit(tmp_path_factory.mktemp("user"), hub.endpoint)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "messages.csv"
    rows = [f"my card is lost {i},{LABELS[i % 3]}" for i in range(40)]
    path.write_text("text,label\n" + "\n".join(rows) + "\n")
    return path


def test_a_search_accounts_for_every_model_and_marks_what_cannot_run(petit: Petit) -> None:
    found = petit("search", "--task", "text-classification")
    assert found["source"] == "hub"
    assert found["scanned"] == len(found["candidates"]) + sum(found["removed"].values())
    shown = {row["id"]: row for row in found["candidates"]}
    assert {"bank/small", "bank/large"} <= set(shown)
    assert shown["bank/small"]["parameters"] < shown["bank/large"]["parameters"]
    assert shown["bank/small"]["fit"]["verdict"] in {"fits", "tight", "no"}
    assert shown["bank/small"]["licence"] == {"id": "apache-2.0", "class": "permissive"}


def test_a_fit_is_predicted_without_downloading_weights(petit: Petit, hub: LoopbackHub) -> None:
    hub.clear_requests()
    found = petit("fit", "bank/large", "bank/small")
    model, small = found["models"]
    assert small["why"][1]["facts"]["other"] == "large"
    assert model["fit"]["memory_bytes"]["expected"] > 100_000_000
    assert model["fit"]["memory_parts"]["engine"] > 100_000_000
    assert model["fit"]["rates"] == "guess"  # nobody calibrated yet
    assert model["fit"]["would_take"] == []
    answers = {check["question"]: check["answer"] for check in model["preflight"]["checks"]}
    assert answers["loads"] == answers["safe"] == answers["allowed"] == "yes"
    assert answers["time"] == "unknown"  # nothing was downloaded yet
    assert model["variants"][0]["ref"].startswith("bank/large@")
    assert model["variants"][0]["ref"].endswith("#torch-fp32")
    assert model["about"]["parameters"]["source"] == "metadata"
    assert sum(request.bytes_sent for request in hub.requests) < 60_000


def test_models_are_pulled_tried_measured_decided_and_exported(
    petit: Petit, data: Path, tmp_path: Path
) -> None:
    pulled = petit("pull", "bank/small", "bank/large", "--task", "text-classification")
    assert [model["verified"] for model in pulled["models"]] == [True, True]
    refs = [model["ref"] for model in pulled["models"]]
    assert {model["ref"] for model in petit("library")["models"]} >= set(refs)

    tried = petit(
        "try", *refs, "--task", "text-classification", "--input", "my card is lost", "--offline"
    )
    assert [row["error"] for row in tried["results"]] == [None, None]
    assert tried["results"][0]["outputs"][0]["labels"][0]["label"] in LABELS
    # As many rounds as fair times take, or as patience allows where the machine is busy.
    assert 1 <= tried["results"][0]["latency_s"]["n"] <= 5

    evaluated = petit(
        "evaluate", *refs, "--task", "text-classification", "--data", str(data), "--offline"
    )
    assert evaluated["n"] == 40
    assert evaluated["metric"] == "accuracy"
    assert all(
        0 <= row["interval"][0] <= row["score"] <= row["interval"][1] <= 1
        for row in evaluated["models"]
    )
    assert evaluated["decision"]["status"] in {"decided", "undecided"}
    assert Path(evaluated["file"]).is_file()

    again = petit(
        "evaluate",
        *refs,
        "--task",
        "text-classification",
        "--data",
        str(data),
        "--offline",
        "--margin",
        "0.9",
    )
    assert [row["score"] for row in again["models"]] == [
        row["score"] for row in evaluated["models"]
    ]
    assert again["decision"]["status"] == "decided"

    out = tmp_path / "exported"
    files = petit("export", again["file"], "--format", "python", "--out", str(out), "--offline")[
        "files"
    ]
    assert files
    chosen = again["decision"]["choice"]
    shown = petit(
        "try", chosen, "--task", "text-classification", "--input", "refund please", "--offline"
    )
    top = shown["results"][0]["outputs"][0]["labels"][0]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("HF_")}
    done = subprocess.run(
        [sys.executable, str(out / "predict.py"), "refund please"],
        capture_output=True,
        text=True,
        cwd=out,
        env=environment,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert top["label"] in done.stdout


def test_a_model_taken_without_examples_is_exported_pinned_and_says_so(
    petit: Petit, tmp_path: Path
) -> None:
    ref = petit("pull", "bank/small", "--task", "text-classification")["models"][0]["ref"]
    out = tmp_path / "exported"
    petit("export", "bank/small", "--format", "python", "--out", str(out), "--offline")
    document = json.loads((out / "decision.petit.json").read_text())
    assert document["task"] == "text-classification"
    assert document["contestant"]["ref"].startswith(ref)
    assert document["chosen_by"] == "user"
    assert (document["metric"]["n"], document["metric"]["score"]) == (0, None)
    assert document["decision"]["status"] == "undecided"
    assert [x["code"] for x in document["decision"]["caveats"]] == ["caveat.not_measured"]
    assert "not measured" in (out / "README.md").read_text()
    command = [sys.executable, str(out / "predict.py"), "--verify"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def test_an_exported_model_that_states_no_task_needs_one_named(
    petit: Petit, tmp_path: Path
) -> None:
    petit("pull", "bank/plain")
    arguments = ["export", "bank/plain", "--format", "decision", "--out", str(tmp_path / "out")]
    error = petit(*arguments, expect=1)["error"]
    assert error["code"] == "task.needed"
    assert "feature-extraction" in error["facts"]["known"]
    assert not (tmp_path / "out").exists()
    assert petit(*arguments, "--task", "feature-extraction")["files"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["search", "--task", "no-such-task"], "task.unknown"),
        (["pull", "not a reference!"], "reference.bad"),
        (["pull", "bank/nothing"], "hub.not_found"),
        (["pull", "bank/pickled", "--task", "text-classification"], "model.no_weights"),
        (
            ["try", "bank/absent", "--task", "text-classification", "--input", "x"],
            "model.not_downloaded",
        ),
        (
            ["evaluate", "bank/small", "--task", "text-classification", "--data", "missing.csv"],
            "data.unreadable",
        ),
        (["export", "bank/absent", "--format", "python", "--out", "x"], "model.not_downloaded"),
        (
            ["export", "missing.petit.json", "--format", "python", "--out", "x"],
            "decision.unreadable",
        ),
        (["pull", "bank/never", "--offline"], "hub.offline"),
    ],
)
def test_bad_input_gets_its_sentence_its_code_and_exit_1(
    petit: Petit, arguments: list[str], code: str
) -> None:
    error = petit(*arguments, expect=1)["error"]
    assert error["code"] == code
    assert error["message"]
    assert "Traceback" not in json.dumps(error)


def test_wrong_columns_and_empty_data_are_named(petit: Petit, data: Path, tmp_path: Path) -> None:
    evaluate = ["evaluate", "bank/small", "--task", "text-classification", "--data"]
    error = petit(*evaluate, str(data), "--label-column", "intent", expect=1)["error"]
    assert error["code"] == "data.columns"
    empty = tmp_path / "empty.csv"
    empty.write_text("")
    assert petit(*evaluate, str(empty), expect=1)["error"]["code"] == "data.empty"


def test_bad_usage_exits_2(petit: Petit) -> None:
    assert petit("search", expect=2)["error"]["code"] == "usage"


def test_without_a_network_the_models_on_this_computer_are_searched(petit: Petit) -> None:
    away = Petit(petit.folder, "http://127.0.0.1:9")
    found = away("search", "--task", "text-classification")
    assert found["source"] == "cache"
    assert "petit-sample/bank-messages-nano" in {row["id"] for row in found["candidates"]}


def test_labels_are_asked_for_where_models_disagree_and_resume(
    petit: Petit, data: Path, tmp_path: Path
) -> None:
    pulled = petit("pull", "bank/small", "bank/large", "--task", "text-classification")
    refs = [model["ref"] for model in pulled["models"]]
    answers = tmp_path / "answers.csv"
    asked = ["--task", "text-classification", "--data", str(data), "--budget", "12", "--offline"]
    first = petit("label", *refs, *asked, "--answers", str(answers))
    assert first["labels"] == 0
    assert first["decision"]["status"] in {"decided", "undecided"}
    assert not answers.exists()
    assert first["file"] is None
    rows = [f"{x['index']},{x['choices'][0]}" for x in first["next"]]
    assert all(x["input"].startswith("my card is lost") for x in first["next"])
    answers.write_text("index,label\n" + "\n".join(rows) + "\n")
    second = petit("label", *refs, *asked, "--answers", str(answers))
    assert second["labels"] == len(rows)
    assert {x["index"] for x in first["next"]}.isdisjoint(x["index"] for x in second["next"])
    assert json.loads(Path(second["file"]).read_text())["metric"]["basis"] == "labels"
    answers.write_text("index,label\n4711,refund\n")
    error = petit("label", *refs, *asked, "--answers", str(answers), expect=1)["error"]
    assert error["code"] == "data.unreadable"
    assert "4711" in error["message"]


def test_votes_are_asked_for_and_go_on_where_they_stopped(petit: Petit, data: Path) -> None:
    pulled = petit("pull", "bank/small", "bank/large", "--task", "text-classification")
    refs = [model["ref"] for model in pulled["models"]]
    asked = ["--task", "text-classification", "--data", str(data), "--budget", "9", "--offline"]
    first = petit("vote", *refs, *asked)
    shown = first["next"][0]
    assert shown["left_answer"] != shown["right_answer"]
    assert first["votes"] == 0
    row = f"{shown['index']},{shown['left']},{shown['right']},left"
    kept = Path(first["answers"])
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(f"index,left,right,said\n{row}\n")
    second = petit("vote", *refs, *asked)
    assert second["votes"] == 1
    assert second["best"] == shown["left"]
    decision = json.loads(Path(second["file"]).read_text())
    assert decision["metric"] | {"interval": None} == {
        **decision["metric"],
        "id": "win_rate",
        "basis": "votes",
        "n": 1,
        "interval": None,
    }
    error = petit("vote", refs[0], *asked, expect=1)["error"]
    assert error["code"] == "setting.bad" or error["facts"]["setting"] == "models"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals here")
def test_a_person_labels_with_keys_on_a_terminal(petit: Petit, data: Path, tmp_path: Path) -> None:
    import pty

    petit("pull", "bank/small", "bank/large", "--task", "text-classification")
    answers = tmp_path / "answers.csv"
    command = [sys.executable, "-m", "selector", "label", "bank/small", "bank/large", "--offline"]
    command += ["--task", "text-classification", "--data", str(data), "--budget", "10"]
    command += ["--answers", str(answers), "--data-dir", str(petit.folder / "data")]
    ours, theirs = pty.openpty()
    os.write(ours, b"1\nu\nn\nx\ns\nq\n")
    done = subprocess.run(
        command,
        stdin=theirs,
        capture_output=True,
        text=True,
        env=petit.environment,
        timeout=240,
        check=False,
    )
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 0, done.stderr
    lines = answers.read_text().splitlines()
    assert lines[0] == "index,label,kind,margin"
    assert [line.split(",")[2] for line in lines[1:]] == ["none", "skip"]


def test_predictions_are_looked_into_as_asked(petit: Petit, tmp_path: Path) -> None:
    lines = ["example,label,model,prediction,probability,channel"]
    for i in range(120):
        truth, channel = "ab"[i % 2], ("mail", "chat")[i % 3 == 0]
        said = {"small": truth if i % 3 else "a", "large": f"LABEL_{i % 2}"}
        lines += [
            f"text {i * 7919 % 9973},{truth},{model},{word},{0.5 + i / 300},{channel}"
            for model, word in said.items()
            if (model, i) != ("large", 7)
        ]
    path = tmp_path / "predictions.csv"
    path.write_text("\n".join(lines) + "\n")
    options = ["--failed", "exclude", "--map", "LABEL_0=a", "--map", "LABEL_1=b", "--tests"]
    found = petit("decide", "--predictions", str(path), *options, "--target", "0.9")
    assert (found["n"], found["failed"]) == (119, "exclude")
    assert {x["ref"]: x["score"] for x in found["models"]}["large"] == 1
    assert {x["value"] for x in found["slices"]["parts"] if x["column"] == "channel"} == {
        "mail",
        "chat",
    }
    assert [x["ref"] for x in found["calibration"]] == ["small", "large"]
    assert {x["target"] for each in found["calibration"] for x in each["tuned"]} == {0.9}
    assert found["classical"]["test"] == "mcnemar"


def test_predictions_from_elsewhere_are_decided_on(petit: Petit, tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    rows = ["example,label,model,prediction,cost"]
    for i in range(200):
        rows += [f"{i},yes,small,{'no' if i % 10 == 0 else 'yes'},1"]
        rows += [f"{i},yes,large,{'no' if i % 11 == 0 else 'yes'},70"]
    path.write_text("\n".join(rows))
    found = petit("decide", "--predictions", str(path), "--margin", "0.1")
    assert found["decision"]["choice"] == "small"
    assert found["n"] == 200
    assert {row["ref"] for row in found["models"]} == {"small", "large"}
    path.write_text("\n".join([*rows, "0,no,small,yes,1"]))
    error = petit("decide", "--predictions", str(path), expect=1)["error"]
    assert error["code"] == "data.unreadable"
