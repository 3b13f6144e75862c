# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from selector import registry
from selector.engines.torch_engine import ENGINE
from selector.errors import BadSetting, HubAnswerBad, HubBusy, HubUnreachable
from selector.fit.predict import predict
from selector.hub.candidate import Candidate, SearchResult
from selector.hub.client import HubClient
from selector.hub.results import result_from_json, result_to_json
from selector.hub.search import search
from selector.machine.facts import Machine
from tests.hub.conftest import CLASSIFIER, folder
from tests.loopback_hub import LoopbackHub, Repository

Connect = Callable[..., HubClient]
Search = Callable[..., SearchResult]


@pytest.fixture
def find(client: HubClient, machine: Machine) -> Search:
    """Search for classifiers."""

    def run(**options: Any) -> SearchResult:
        given = {"client": client, "machine": machine, "predict": predict} | options
        given.setdefault("engines", {"torch": ENGINE})
        found = search(
            given.pop("client"),
            registry.task("text-classification"),
            given.pop("machine"),
            **given,
        )
        assert found.scanned == len(found.candidates) + sum(found.removed.values())
        return found

    return run


def ids(result: SearchResult) -> list[str]:
    return [candidate.repo for candidate in result.candidates]


def risks(candidate: Candidate) -> set[str]:
    return {risk.code for risk in candidate.risks}


def of(result: SearchResult, repo: str) -> Candidate:
    return next(candidate for candidate in result.candidates if candidate.repo == repo)


def test_what_can_be_used_is_shown_and_the_rest_is_counted(find: Search, hub: LoopbackHub) -> None:
    result = find()
    assert result.source == "hub"
    assert set(ids(result)) == {"org/small", "org/large", "org/french", "org/gated", "org/hidden"}
    assert result.removed == {
        "removed.no_weights": 1,
        "removed.pickle_only": 1,
        "removed.remote_code": 1,
    }
    small = of(result, "org/small")
    assert (small.engine, small.precision, small.fit.verdict) == ("torch", "fp32", "fits")
    assert small.revision == hub.sha("org/small")
    assert small.download_bytes == 40_000
    assert small.licence.kind == "permissive"
    assert "risk.gated" in risks(of(result, "org/gated"))


def test_one_list_request_and_few_more(find: Search, hub: LoopbackHub) -> None:
    find()
    assert len([r for r in hub.requests if r.path == "/api/models"]) == 1
    assert len(hub.requests) <= 6


def test_a_model_of_unknown_size_does_not_vanish(find: Search, hub: LoopbackHub) -> None:
    assert of(find(max_params=10**9), "org/hidden").facts.basis == "header"
    hub.faults.answer_status(404, path="/api/models/")
    hidden = of(find(max_params=100, max_memory=10**12), "org/hidden")
    assert hidden.facts.parameters is None
    assert "risk.unknown_size" in risks(hidden)


@pytest.mark.parametrize(
    ("options", "key", "left"),
    [
        ({"max_params": 50_000}, "removed.parameters", 4),
        ({"max_memory": 10**6}, "removed.memory", 0),
        ({"licence": "permissive"}, "removed.licence", 4),
        ({"licence": "cc-by-nc-4.0"}, "removed.licence", 1),
        ({"language": "fr"}, "removed.language", 1),
        ({"language": "en"}, "removed.language", 4),
        ({"limit": 2}, "removed.limit", 2),
        ({"engines": {}}, "removed.engine", 0),
    ],
)
def test_filters_remove_and_count(
    find: Search, options: dict[str, Any], key: str, left: int
) -> None:
    result = find(**options)
    assert len(result.candidates) == left
    assert result.removed[key] > 0


def test_show_all_shows_all_with_their_risks(find: Search) -> None:
    result = find(show_all=True, licence="permissive", max_params=50_000)
    assert not result.removed
    assert len(result.candidates) == result.scanned == 8
    assert "risk.pickle_only" in risks(of(result, "org/pickle"))
    assert "risk.remote_code" in risks(of(result, "org/remote"))
    assert "risk.no_weights" in risks(of(result, "org/empty"))
    assert "risk.other_licence" in risks(of(result, "org/french"))
    assert "risk.too_many_parameters" in risks(of(result, "org/large"))
    assert of(result, "org/pickle").engine is None
    assert ids(result)[-1] in {"org/pickle", "org/remote", "org/empty"}


def test_a_language_is_asked_for_on_its_own(find: Search, hub: LoopbackHub) -> None:
    find(language="fr")
    queries = [r.query for r in hub.requests if r.path == "/api/models"]
    assert any("filter=fr" in str(query) or "fr" in str(query) for query in queries)
    assert len(queries) == 2


def test_a_query_narrows(find: Search) -> None:
    assert ids(find(query="small")) == ["org/small"]


def test_a_machine_without_memory_gets_nothing(find: Search, machine: Machine) -> None:
    from dataclasses import replace

    poor = replace(machine, memory=replace(machine.memory, available_bytes=10**8))
    assert find(machine=poor).removed["removed.memory"] == 5


def test_bad_options_are_told(find: Search) -> None:
    with pytest.raises(BadSetting):
        find(sort="fame")
    with pytest.raises(BadSetting):
        find(limit=0)


def test_hostile_rows_are_counted_and_the_others_shown(find: Search, hub: LoopbackHub) -> None:
    rows = [
        {"id": "<script>alert(1)</script>", "sha": "a" * 40},
        {"id": "a/b", "sha": "short"},
        {"id": "a/c", "sha": "a" * 40, "siblings": [{"rfilename": "../../x"}]},
        {"id": 7},
    ]
    hub.faults.edit_json(lambda page: [*page, *rows], path="/api/models$")
    result = find()
    assert result.removed["removed.unreadable"] == 3
    assert result.removed["removed.unsafe_path"] == 1
    assert len(result.candidates) == 5


def test_wrong_types_in_a_row_are_survived(find: Search, hub: LoopbackHub) -> None:
    nonsense = {
        "cardData": [],
        "tags": {"a": 1},
        "downloads": "many",
        "likes": -4,
        "gated": 3,
        "gguf": 1,
        "lastModified": 0,
        "safetensors": {"parameters": {"F32": "x"}, "total": -1},
        "config": "none",
    }
    hub.faults.edit_json(lambda page: [{**raw, **nonsense} for raw in page], path="/api/models$")
    assert find(show_all=True).scanned == 8


def test_markup_in_a_card_stays_text(find: Search, hub: LoopbackHub, tmp_path: Path) -> None:
    made = folder(tmp_path / "html", card='license: "<b>mit</b>"\nlanguage: "<i>en"', seed=8)
    hub.publish(Repository("org/html", made))
    candidate = of(find(), "org/html")
    assert candidate.licence.id == "<b>mit</b>"
    assert candidate.licence.kind == "unknown"


def test_a_result_survives_being_json(find: Search) -> None:
    result = find(show_all=True)
    written = json.loads(json.dumps(result_to_json(result)))
    assert json.loads(json.dumps(result_to_json(result_from_json(written)))) == written
    short = result_from_json(json.loads(json.dumps(result.to_json())))
    assert ids(short) == ids(result)
    assert short.candidates[0].facts.parameters == result.candidates[0].facts.parameters


@pytest.mark.parametrize("data", [{}, {"source": "x"}, {"source": "hub", "candidates": [1]}])
def test_what_is_no_result_is_told(data: dict[str, Any]) -> None:
    with pytest.raises(HubAnswerBad):
        result_from_json({"scanned": 0, "removed": {}, "candidates": [], **data} if data else data)


def test_troubles_of_the_hub(find: Search, hub: LoopbackHub) -> None:
    hub.faults.answer_status(429, retry_after=60)
    with pytest.raises(HubBusy):
        find()
    hub.faults.clear()
    hub.faults.broken_json()
    with pytest.raises(HubAnswerBad):
        find()
    hub.faults.clear()
    hub.faults.hang(20)
    began = time.monotonic()
    with pytest.raises(HubUnreachable):
        find()
    assert time.monotonic() - began < 6


def test_many_models_are_quick(find: Search, hub: LoopbackHub) -> None:
    def many(page: list[dict[str, Any]]) -> list[dict[str, Any]]:
        small = next(raw for raw in page if raw["id"] == "org/small")
        return [{**small, "id": f"org/model{i}", "config": CLASSIFIER} for i in range(200)]

    hub.faults.edit_json(many, path="/api/models$")
    began = time.monotonic()
    result = find(limit=50)
    assert (result.scanned, result.removed["removed.limit"]) == (200, 150)
    assert time.monotonic() - began < 3
