# SPDX-License-Identifier: Apache-2.0
"""What a Hub out of its senses, or an enemy of ours, answers to a search."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from selector import registry
from selector.engines.torch_engine import ENGINE
from selector.errors import HubAnswerBad, HubBusy, HubProblem, HubUnreachable
from selector.fit.predict import predict
from selector.hub.candidate import SearchResult
from selector.hub.client import HubClient
from selector.hub.remembered import Remembered
from selector.hub.results import result_from_json, result_to_json
from selector.hub.search import SCAN, search
from selector.machine.facts import Machine
from tests.loopback_hub import LoopbackHub

Find = Callable[..., SearchResult]
Entry = dict[str, Any]
LIST = "^/api/models$"
ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**30,
    1e308,
    "",
    "x" * 5000,
    "\x00\u202e<b>",
    [],
    [[]],
    [None],
    {},
    {"a": {}},
)


@pytest.fixture
def find(hub: LoopbackHub, connect: Callable[..., HubClient], machine: Machine) -> Find:
    """Search for classifiers with short patience."""
    client = connect(hub.endpoint, timeout_s=0.7)

    def run(**options: Any) -> SearchResult:
        task = registry.task("text-classification")
        found = search(client, task, machine, predict=predict, engines={"torch": ENGINE}, **options)
        assert found.scanned == len(found.candidates) + sum(found.removed.values())
        return found

    return run


def serve(hub: LoopbackHub, change: Callable[[Entry], list[Entry]]) -> None:
    """Answer every list with what ``change`` makes of a sound entry."""

    def page(items: list[Entry]) -> list[Entry]:
        return change(next(item for item in items if item["id"] == "org/small"))

    hub.faults.edit_json(page, path=LIST)


def paths(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of everything within a value."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        yield (*here, key)
        if isinstance(inner, dict | list):
            yield from paths(inner, (*here, key))


def changed(entry: Entry, path: tuple[Any, ...], value: Any) -> Entry:
    """A copy with another value in one place."""
    made = copy.deepcopy(entry)
    inner: Any = made
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return made


def test_json_of_the_wrong_type_anywhere_in_an_entry_never_ends_a_search(
    find: Find, hub: LoopbackHub, connect: Callable[..., HubClient]
) -> None:
    (entry,) = [item for item in connect(hub.endpoint).list_models() if item["id"] == "org/small"]
    made = [
        changed({**entry, "id": f"org/m{place}-{number}"}, path, value)
        for place, path in enumerate(paths(entry))
        for number, value in enumerate(ODD)
    ]
    total = 0
    for start in range(0, len(made), SCAN):
        part = made[start : start + SCAN]
        hub.faults.clear()
        hub.faults.replace_body(json.dumps(part).encode(), path=LIST)
        result = find(limit=1000, show_all=True)
        json.dumps(result_to_json(result), allow_nan=False)
        total += result.scanned
    same = len(made) - len({str(item["id"]) for item in made})
    assert total >= len(made) - same, "each is shown or counted; those of one name count once"


@pytest.mark.parametrize("page", [None, 7, "text", {}, {"models": []}, [[]], ["a"], [None, 3]])
def test_a_list_that_is_none_is_told(find: Find, hub: LoopbackHub, page: Any) -> None:
    hub.faults.replace_body(json.dumps(page).encode(), path=LIST)
    with pytest.raises(HubAnswerBad):
        find()


@pytest.mark.parametrize(
    "name",
    ["../x", "a/../../x", "/etc/passwd", "C:\\x", "c:x", "\\\\host\\x", "a\\..\\x", "a\x00b", ".."],
)
def test_an_entry_with_a_file_that_leaves_its_folder_is_counted_and_never_asked_for(
    find: Find, hub: LoopbackHub, name: str
) -> None:
    def hostile(entry: Entry) -> list[Entry]:
        files = [*entry["siblings"], {"rfilename": name}]
        return [entry, {**entry, "id": "evil/x", "siblings": files}]

    serve(hub, hostile)
    result = find(show_all=True)
    assert [candidate.repo for candidate in result.candidates] == ["org/small"]
    assert result.removed == {"removed.unsafe_path": 1}
    assert hub.requests_to(path="evil") == []


def test_twenty_thousand_files_are_read_and_not_carried_along(find: Find, hub: LoopbackHub) -> None:
    files = [{"rfilename": f"checkpoint-{n}/part-{n}.safetensors"} for n in range(20_000)]
    serve(
        hub,
        lambda entry: [entry, {**entry, "id": "org/many", "siblings": entry["siblings"] + files}],
    )
    began = time.monotonic()
    result = find(show_all=True)
    assert time.monotonic() - began < 20
    assert {candidate.repo for candidate in result.candidates} == {"org/small", "org/many"}
    written = json.dumps(result_to_json(result))
    assert len(written) < 2_000_000
    assert result_from_json(json.loads(written)).scanned == 2


def test_a_redirect_loop_ends(find: Find, hub: LoopbackHub) -> None:
    loop = {"Location": f"{hub.endpoint}/api/models?again=1"}
    fault = hub.faults.answer_status(302, headers=loop, path=LIST)
    with pytest.raises(HubAnswerBad) as caught:
        find()
    assert caught.value.facts["reason"] == "TooManyRedirects"
    assert fault.strikes <= 12


@pytest.mark.parametrize(("status", "told"), [(429, HubBusy), (503, HubProblem)])
def test_a_storm_of_refusals_is_given_up_after_a_few_requests(
    find: Find, hub: LoopbackHub, status: int, told: type[HubProblem]
) -> None:
    fault = hub.faults.answer_status(status, retry_after=0)
    began = time.monotonic()
    with pytest.raises(told):
        find()
    assert fault.strikes <= 8
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("status", [429, 503])
def test_a_storm_that_passes_is_sat_out(find: Find, hub: LoopbackHub, status: int) -> None:
    hub.faults.answer_status(status, retry_after=0, times=2)
    assert find().source == "hub"


def test_a_stalled_connection_is_given_up(find: Find, hub: LoopbackHub) -> None:
    hub.faults.stall(60, at=500, path=LIST)
    began = time.monotonic()
    with pytest.raises(HubUnreachable):
        find()
    assert time.monotonic() - began < 10


def test_a_body_cut_short_is_never_taken_for_the_whole(find: Find, hub: LoopbackHub) -> None:
    hub.faults.truncate(900, path=LIST)
    with pytest.raises(HubAnswerBad):
        find()
    hub.faults.clear()
    hub.faults.drop_after(900, path=LIST)
    with pytest.raises(HubUnreachable):
        find()


@pytest.mark.parametrize("fault", ["redirects", "stall", "cut", "html"])
def test_what_was_seen_before_is_shown_with_the_cause(
    find: Find, hub: LoopbackHub, tmp_path: Any, fault: str
) -> None:
    memory = Remembered(tmp_path / "models.db")
    before = {candidate.repo for candidate in find(memory=memory).candidates}
    if fault == "redirects":
        hub.faults.answer_status(302, headers={"Location": "/api/models"}, path=LIST)
    elif fault == "stall":
        hub.faults.stall(60, at=10, path=LIST)
    elif fault == "cut":
        hub.faults.truncate(900, path=LIST)
    else:
        hub.faults.replace_body(b"<html>Log in</html>", "text/html", path=LIST)
    result = find(memory=memory)
    assert result.source == "cache"
    assert result.cause == ("hub.unreachable" if fault == "stall" else "hub.bad_answer")
    assert {candidate.repo for candidate in result.candidates} == before


def test_pages_on_another_origin_get_neither_our_words_nor_our_token(
    hub: LoopbackHub, connect: Callable[..., HubClient]
) -> None:
    with LoopbackHub([]) as other:
        link = {"Link": f'<{other.endpoint}/api/models?search=secret>; rel="next"'}
        hub.faults.with_headers(link, path=LIST)
        client = connect(hub.endpoint, token="good", timeout_s=2)
        assert client.list_models(search="small", limit=100)
        assert other.requests == []


def test_a_page_that_names_itself_as_the_next_is_read_once(find: Find, hub: LoopbackHub) -> None:
    link = {"Link": f'<{hub.endpoint}/api/models?limit=200>; rel="next"'}
    hub.faults.with_headers(link, path=LIST)
    assert find(show_all=True).scanned == 8
    assert len(hub.requests_to(path="/api/models", origin="api")) < 12


def test_pages_without_an_end_are_followed_a_bounded_number_of_times(
    hub: LoopbackHub, connect: Callable[..., HubClient]
) -> None:
    pages = iter(range(10**6))
    link = {"Link": f'<{hub.endpoint}/api/models?limit=1>; rel="next"'}
    hub.faults.with_headers(link, path=LIST)
    hub.faults.edit_json(lambda _: [{"id": f"org/m{next(pages)}"}], path=LIST)
    found = connect(hub.endpoint, timeout_s=2).list_models(limit=10**6)
    assert len(found) == len(hub.requests) == 20
