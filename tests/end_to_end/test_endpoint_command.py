# SPDX-License-Identifier: Apache-2.0
"""Chat endpoints from the command line: set up, asked only with consent, compared, and never a key in sight."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from selector.decide.tables import read_table
from selector.paths import resources_root
from tests.loopback_llm import Fault, LoopbackLlm, completion

KEY = "canary-key-7c1f"
SAMPLE = "petit-sample/bank-messages-nano"
TASK = "text-classification"


class Petit:
    """Runs ``petit`` in processes of its own, with one data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "data"
        self.environment = {**os.environ, "HF_HUB_OFFLINE": "1", "SERVICE_KEY": KEY}
        self.said = ""

    def __call__(self, *arguments: str, expect: int = 0) -> dict[str, Any]:
        command = [sys.executable, "-m", "selector", *arguments]
        command += ["--json", "--data-dir", str(self.folder)]
        done = subprocess.run(
            command, capture_output=True, text=True, env=self.environment, timeout=240, check=False
        )
        assert done.returncode == expect, done.stderr
        self.said += done.stdout + done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def text(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "selector", *arguments, "--data-dir", str(self.folder)]
        done = subprocess.run(
            command, capture_output=True, text=True, env=self.environment, timeout=240, check=False
        )
        assert done.returncode == 0, done.stderr
        self.said += done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def petit(tmp_path: Path) -> Petit:
    return Petit(tmp_path)


@pytest.fixture
def llm() -> Iterator[LoopbackLlm]:
    with LoopbackLlm(key=KEY) as server:
        yield server


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rows = read_table(resources_root() / "sample" / "test.csv")
    path = tmp_path / "mine.csv"
    lines = [",".join(f'"{cell}"' for cell in row) for row in rows.rows[::11][:40]]
    path.write_text("\n".join([",".join(rows.columns), *lines]) + "\n", encoding="utf-8")
    return path


def set_up(petit: Petit, llm: LoopbackLlm) -> dict[str, Any]:
    words = ("endpoint", "add", "big", "--address", llm.address, "--model", "m-1")
    return petit(*words, "--key-variable", "SERVICE_KEY")["endpoint"]


def test_from_setting_up_to_the_answer(petit: Petit, llm: LoopbackLlm, data: Path) -> None:
    made = set_up(petit, llm)
    assert (made["ref"], made["place"], made["price"]) == ("endpoint:big", "here", None)
    assert [x["name"] for x in petit("endpoint", "list")["endpoints"]] == ["big"]
    words = ("endpoint", "prices", "big", "--input", "1", "--output", "2", "--currency", "EUR")
    table = petit(
        *words, "--source", "contract", "--watts", "20", "--kwh", "0.25", "--fixed", "100"
    )
    assert table["endpoints"]["big"]["source"] == "contract"
    assert (table["own"]["watts"], table["own"]["currency"]) == (20, "EUR")

    ask = ("evaluate", SAMPLE, "endpoint:big", "--task", TASK, "--data", str(data))
    refused = petit(*ask, expect=1)["error"]
    assert refused["code"] == "endpoint.consent"
    assert refused["facts"]["to_send"] == 40
    assert refused["facts"]["cost"] > 0
    assert "40" in refused["message"]
    assert llm.requests == []

    llm.faults.append(Fault(body=completion(None, message={"refusal": "no"})))
    done = petit(*ask, "--send")
    (need,) = done["need_llm"]
    assert need["local"]["ref"].startswith(SAMPLE)
    assert need["llm"]["cost_per_1000"] == pytest.approx(0.11)
    assert need["local"]["energy_wh_per_1000"] > 0
    assert need["llm"]["why_unanswered"] == {"endpoint.answer_refused": 1}
    assert [x["code"] for x in done["unanswered"]] == ["endpoint.answer_refused"]
    decision = json.loads(Path(done["file"]).read_text(encoding="utf-8"))
    assert decision["need_llm"] == [need]
    said = petit.text(*ask)  # nothing is new, so nothing needs consent
    assert "Do you need an LLM?" in said
    assert "0.11 EUR" in said.replace("\u00a0", " ")
    assert "1 refused" in said

    assert {x["authorization"] for x in llm.requests} == {f"Bearer {KEY}"}
    written = [x.read_bytes() for x in petit.folder.rglob("*") if x.is_file()]
    assert KEY.encode() not in b"".join(written)
    assert KEY not in petit.said


def test_categories_can_be_named_where_no_example_says_them(petit: Petit, llm: LoopbackLlm) -> None:
    set_up(petit, llm)
    ask = ("try", "endpoint:big", "--task", TASK, "--input", "Where is my card?")
    assert petit(*ask, "--send", expect=1)["error"]["code"] == "endpoint.labels_needed"
    done = petit(*ask, "--labels", "card, other", "--send")
    assert done["results"][0]["outputs"][0]["labels"][0]["label"] == "card"
    assert done["results"][0]["memory_peak_bytes"] is None


def test_the_prompt_is_shown_changed_and_put_back(petit: Petit, tmp_path: Path) -> None:
    shipped = petit("endpoint", "prompt", "--task", TASK)
    assert "{labels}" in shipped["user"]
    mine = tmp_path / "mine.toml"
    mine.write_text('system = ""\nuser = "One of {labels} for {input}"\n', encoding="utf-8")
    assert petit("endpoint", "prompt", "--task", TASK, "--set", str(mine))["own"]
    mine.write_text('user = "no gaps"\n', encoding="utf-8")
    wrong = petit("endpoint", "prompt", "--task", TASK, "--set", str(mine), expect=1)
    assert wrong["error"]["code"] == "endpoint.bad"
    assert petit("endpoint", "prompt", "--task", TASK, "--reset") == {**shipped}


@pytest.mark.parametrize(
    "words",
    [
        ("endpoint", "add", "a b", "--address", "https://x.org", "--model", "m"),
        ("endpoint", "add", "a", "--address", "https://u:p@x.org", "--model", "m"),
        ("endpoint", "remove", "nobody"),
        ("endpoint", "prices", "nobody", "--input", "1"),
        ("endpoint", "prices", "--watts", "-3"),
        ("endpoint", "prompt", "--task", "feature-extraction"),
        ("evaluate", "endpoint:nobody", "--task", TASK, "--data", "x.csv"),
        ("fit", "endpoint:big"),
        ("pull", "endpoint:big"),
    ],
)
def test_what_cannot_be_is_a_plain_error(petit: Petit, words: tuple[str, ...]) -> None:
    error = petit(*words, expect=1)["error"]
    assert error["message"]
    assert "…" not in error["message"]
