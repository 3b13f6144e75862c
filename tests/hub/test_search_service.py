# SPDX-License-Identifier: Apache-2.0
"""The worker's role: JSON in, JSON out."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from selector.errors import (
    Cancelled,
    HubOffline,
    NotDownloaded,
    PetitError,
    ProtocolProblem,
    UnknownEngine,
    UnknownTask,
)
from selector.hub.results import candidate_from_json, local_from_json, result_from_json
from selector.hub.service import HubRole, role
from selector.hub.why import why_text
from selector.machine.codec import machine_to_json
from selector.machine.facts import Machine
from selector.wording import Wording
from tests.hub.conftest import CLASSIFIER, folder
from tests.hub.gguf_files import model
from tests.loopback_hub import LoopbackHub, Repository

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch, hub: LoopbackHub, tmp_path: Path) -> Iterator[HubRole]:
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    made = role()
    yield made
    made.close()


@pytest.fixture
def ask(worker: HubRole, tmp_path: Path, machine: Machine) -> Ask:
    """Ask the role as a worker would: everything goes through JSON."""

    def run(op: str, emit: Callable[[dict[str, Any]], None] = print, **args: Any) -> dict[str, Any]:
        cancelled = args.pop("cancelled", lambda: False)
        base = {"data_dir": str(tmp_path / "data"), "machine": machine_to_json(machine)}
        request = json.loads(json.dumps({**base, **args}))
        result: dict[str, Any] = json.loads(json.dumps(worker.handle(op, request, emit, cancelled)))
        return result

    return run


def test_search_pull_library_remove(ask: Ask) -> None:
    found = result_from_json(ask("search", task="text-classification", filters={"limit": 3}))
    assert len(found.candidates) == 3
    events: list[dict[str, Any]] = []
    pulled = ask("pull", events.append, ref="org/small", task="text-classification")
    model = local_from_json(pulled["model"])
    assert model.verified
    assert events[-1]["done_bytes"] == events[-1]["total_bytes"] == model.bytes
    assert events[-1]["revision"] == model.revision
    again = result_from_json(ask("search", task="text-classification"))
    assert [c.repo for c in again.candidates if c.on_disk] == ["org/small"]
    (listed,) = ask("library", verify=True)["models"]
    assert local_from_json(listed) == model
    assert ask("remove", ref=model.ref)["freed_bytes"] >= model.bytes
    assert ask("library")["models"] == []


def test_info_reads_headers_and_configuration_only(ask: Ask, hub: LoopbackHub) -> None:
    info = candidate_from_json(ask("info", ref="org/large#torch-bf16")["candidate"])
    assert (info.engine, info.precision) == ("torch", "bf16")
    assert info.facts.config["hidden_size"] == 8
    assert info.download_bytes is not None
    assert info.download_bytes > 900_000
    assert not hub.requests_to(path="model.safetensors")


def test_a_search_knows_the_configurations_that_were_read_since_the_last(
    ask: Ask, hub: LoopbackHub, tmp_path: Path
) -> None:
    names = {"org/sorter-L6": 6, "org/sorter-L12": 12}
    for repo, layers in names.items():
        config = {**CLASSIFIER, "num_hidden_layers": layers}
        place = folder(tmp_path / repo, config=config, weights=20_000 * layers)
        hub.publish(Repository(repo, place, downloads=70))
    task = "text-classification"

    def sentences() -> dict[str, str]:
        found = result_from_json(ask("search", task=task, filters={"query": "sorter"})).candidates
        return {each.repo: why_text(each.why, Wording("en")) for each in found}

    assert "half the size of sorter-L12" in sentences()["org/sorter-L6"]
    for repo in names:
        ask("info", ref=repo, task=task)
    known = sentences()
    assert "half the layers of sorter-L12 (6 instead of 12)" in known["org/sorter-L6"]
    assert "12 layers where sorter-L6 has 6" in known["org/sorter-L12"]
    place = folder(tmp_path / "new", config={**CLASSIFIER, "num_hidden_layers": 3}, weights=120_000)
    hub.publish(Repository("org/sorter-L6", place, downloads=70))
    assert "half the size" in sentences()["org/sorter-L6"], "another commit is another model"


def test_a_closer_look_finds_forms_in_other_repositories_with_their_bytes(
    ask: Ask, hub: LoopbackHub, tmp_path: Path
) -> None:
    said = "license: mit\nbase_model: org/small\nbase_model_relation: "
    gguf = model("bert", weights=5000)
    for name, card, files in (
        ("who/small-GGUF", said + "quantized", {"small-Q8_0.gguf": gguf}),
        ("who/small-tuned", said + "finetune", {"small-Q8_0.gguf": gguf}),
        ("who/other-GGUF", said.replace("small", "large") + "quantized", {"l-Q8_0.gguf": gguf}),
    ):
        place = folder(tmp_path / name, dict(files), card=card, config={}, weights=0)
        hub.publish(Repository(name, place, hide_pipeline_tag=True))
    task = "feature-extraction"
    found = candidate_from_json(ask("info", ref="org/small", task=task)["candidate"])
    others = [each for each in found.variants if each.repo != "org/small"]
    assert {(each.repo, each.precision) for each in others} == {("who/small-GGUF", "q8_0")}
    assert all(0 <= (each.download_bytes or 0) - len(gguf) < 500 for each in others)
    hub.faults.answer_status(503, path="^/api/models$")
    alone = candidate_from_json(ask("info", ref="org/small", task=task)["candidate"])
    assert {each.repo for each in alone.variants} == {"org/small"}
    hub.faults.clear()
    form = candidate_from_json(ask("info", ref="who/small-GGUF", task=task)["candidate"])
    assert {each.repo for each in form.variants} == {"who/small-GGUF"}


def test_a_readme_is_fetched_once_for_a_commit(ask: Ask, hub: LoopbackHub, tmp_path: Path) -> None:
    task, ref = "text-classification", "org/told"
    words = "This model sorts the messages of a bank into seventy-seven piles, one for each wish."

    def publish(name: str, said: str) -> None:
        place = folder(tmp_path / name, weights=30_000)
        (place / "README.md").write_text(f"---\nlicense: mit\n---\n{said}\n", encoding="utf-8")
        hub.publish(Repository(ref, place, downloads=70))

    def summary() -> str | None:
        return candidate_from_json(ask("info", ref=ref, task=task)["candidate"]).about.summary.value

    publish("first", words)
    ask("search", task=task)
    assert summary() == words
    again = candidate_from_json(ask("info", ref=ref, task=task, recount=True)["candidate"])
    assert again.about.summary.value == words
    found = result_from_json(ask("search", task=task)).candidates
    assert {each.about.summary.value for each in found if each.repo == ref} == {words}
    assert summary() == words
    assert len([r for r in hub.requests if "told/resolve/" in r.path and "README" in r.path]) == 1
    publish("second", words.replace("seventy-seven", "five"))
    assert summary() == words.replace("seventy-seven", "five"), "another commit, another README"


def test_downloads_are_known_of_what_the_hub_listed_and_of_nothing_else(ask: Ask) -> None:
    task = "text-classification"
    ask("pull", ref="org/small", task=task)
    (here,) = result_from_json(ask("search", task=task, offline=True)).candidates
    assert (here.downloads, here.likes) == (None, None)
    listed = result_from_json(ask("search", task=task)).candidates
    told = {each.repo: each.downloads for each in listed}
    assert told["org/small"]
    ask("info", ref="org/small", task=task)
    again = result_from_json(ask("search", task=task, offline=True)).candidates
    assert {each.repo: each.downloads for each in again} == told


def test_a_look_at_a_model_that_no_search_has_listed_leaves_no_trace(
    ask: Ask, hub: LoopbackHub, tmp_path: Path
) -> None:
    task = "text-classification"
    ask("info", ref="org/small", task=task)
    with pytest.raises(HubOffline):
        ask("search", task=task, offline=True)


def test_offline_answers_come_from_here(ask: Ask, hub: LoopbackHub) -> None:
    online = ask("search", task="text-classification")
    pulled = ask("pull", ref="org/small", task="text-classification")
    hub.clear_requests()
    kept = ask("search", task="text-classification", offline=True)
    assert (kept["source"], kept["cause"]) == ("cache", "hub.offline")
    # What is on this disk by now is known better, and so may stand elsewhere.
    assert {c["id"] for c in kept["candidates"]} == {c["id"] for c in online["candidates"]}
    assert kept["removed"] == online["removed"]
    other = ask("search", task="text-classification", offline=True, filters={"query": "french"})
    assert [c["id"] for c in other["candidates"]] == ["org/french"]
    assert ask("pull", ref="org/small", task=None, offline=True) == pulled
    info = ask("info", ref="org/small", task="text-classification", offline=True)
    assert info["candidate"]["parameters"] == 10_000
    with pytest.raises(HubOffline):
        ask("pull", ref="org/large", offline=True)
    with pytest.raises(HubOffline):
        ask("info", ref="org/large", offline=True)
    assert not hub.requests


def test_a_shipped_model_needs_no_pull(ask: Ask, hub: LoopbackHub, tmp_path: Path) -> None:
    folder(tmp_path / "shipped" / "sample" / "tiny", seed=30)
    extra = [str(tmp_path / "shipped")]
    pulled = ask("pull", ref="sample/tiny", extra=extra)
    assert pulled["model"]["path"] == str(tmp_path / "shipped" / "sample" / "tiny")
    assert ask("library", extra=extra)["models"] == [pulled["model"]]
    assert not hub.requests


def test_problems_have_codes(ask: Ask) -> None:
    for op, args, kind in [
        ("search", {"task": "nonsense"}, UnknownTask),
        ("search", {"task": "text-classification", "machine": {}}, ProtocolProblem),
        ("search", {"task": "text-classification", "filters": {"x": 1}}, ProtocolProblem),
        ("search", {"task": "text-classification", "filters": {"sort": 3}}, PetitError),
        ("search", {"task": "text-classification", "filters": {"limit": "x"}}, PetitError),
        ("pull", {"ref": "not a reference"}, PetitError),
        ("pull", {"ref": "org/small#torch-int3"}, UnknownEngine),
        ("pull", {"ref": "org/small#magic"}, UnknownEngine),
        ("pull", {"ref": "endpoint:mine"}, PetitError),
        ("remove", {"ref": "org/small"}, NotDownloaded),
        ("dance", {}, ProtocolProblem),
    ]:
        with pytest.raises(kind):
            ask(op, **args)


def test_a_search_is_cancelled_at_once(ask: Ask, hub: LoopbackHub) -> None:
    hub.faults.hang(3)
    stop = threading.Event()
    timer = threading.Timer(0.3, stop.set)
    timer.start()
    began = time.monotonic()
    with pytest.raises(Cancelled):
        ask("search", task="text-classification", cancelled=stop.is_set)
    assert time.monotonic() - began < 1
    timer.join()


def test_a_store_that_cannot_be_used_does_not_stop_a_search(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "petit.db").write_bytes(b"not a database" * 100)
    assert ask("search", task="text-classification")["candidates"]
