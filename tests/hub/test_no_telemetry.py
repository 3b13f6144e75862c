# SPDX-License-Identifier: Apache-2.0
"""Whatever a whole session asks of the Hub is one of the kinds listed here, and nothing else is sent.

README.md tells users the same list.
"""

from __future__ import annotations

import getpass
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from selector.desk.desk import Desk
from selector.desk.requests import SearchRequest
from selector.hub.client import LIST_FIELDS
from selector.paths import Locations
from tests.loopback_hub import LoopbackHub
from tests.loopback_hub.delivery import RecordedRequest

TASK = "text-classification"
_NAME = r"[\w.-]+/[\w.-]+"
KINDS = {
    "list of models": (r"^/api/models$", {"search", "sort", "filter", "limit", "expand", "cursor"}),
    "one model": (
        rf"^/api/models/{_NAME}(/revision/[0-9a-f]{{40}})?$",
        {"blobs", "securityStatus"},
    ),
    "file of a model": (rf"^/{_NAME}/resolve/[0-9a-f]{{40}}/.+$", set()),
}
"""What Petit asks for by itself: path, and the keys its query may have."""
REDIRECTED = re.compile(r"^/api/resolve-cache/models/|^/xet-bridge/")
"""Where the Hub sends on who asks for a file; these addresses and their queries are the Hub's own."""
HEADERS = {"host", "accept", "accept-encoding", "connection", "user-agent", "range"}
AGENT = re.compile(r"^petit/\d[\w.+]*; hf_hub/[\w.]+; python/[\d.]+$")


@pytest.fixture
def desk(hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    made = Desk(Locations(tmp_path / "data").create())
    yield made
    made.close()


def kind_of(request: RecordedRequest) -> str:
    """The name of the kind; raises AssertionError for a request of no kind."""
    assert request.method == "GET", request
    if REDIRECTED.match(request.path):
        return "redirected"
    for name, (path, keys) in KINDS.items():
        if re.match(path, request.path) and request.origin == "api":
            sent = {key for key, _ in parse_qsl(request.query)}
            assert sent <= keys, request
            return name
    raise AssertionError(f"an undocumented request: {request}")


def test_a_whole_session_makes_documented_requests_only(
    desk: Desk, hub: LoopbackHub, tmp_path: Path
) -> None:
    machine = desk.machine()
    desk.match_tasks("sort the messages of customers")
    desk.library()
    assert hub.requests == [], "nothing is asked before the user asks"

    assert desk.search(SearchRequest(TASK, query="small", max_memory=10**9)).candidates
    desk.examine("org/small", TASK)
    desk.pull(["org/small"], TASK, lambda _: None)
    session = list(hub.requests)
    assert {kind_of(request) for request in session} == {*KINDS, "redirected"}
    _carries_nothing_else(session)
    secrets = [socket.gethostname(), machine.cpu.name, str(machine.memory.total_bytes)]
    secrets += [str(tmp_path), *(name for name in (getpass.getuser(),) if len(name) > 4)]
    for request in session:
        sent = " ".join((request.path, request.query, *request.headers.values()))
        assert not [secret for secret in secrets if secret in sent]

    hub.clear_requests()
    (model,) = [each for each in desk.library() if each.repo == "org/small"]
    desk.remove(model.ref)
    assert hub.requests == [], "what is here is looked at and removed without the Hub"


def _carries_nothing_else(session: list[RecordedRequest]) -> None:
    """Headers are those of any client, and of the search only its words and filters are sent."""
    for request in session:
        assert set(request.headers) <= HEADERS, request.headers
        assert AGENT.match(request.headers["user-agent"]), request.headers["user-agent"]
    lists = [request for request in session if request.path == "/api/models"]
    asked = [pair for each in lists for pair in parse_qsl(each.query)]
    assert {value for key, value in asked if key == "search"} == {"small"}
    assert {value for key, value in asked if key == "expand"} == set(LIST_FIELDS)


def test_offline_a_whole_session_asks_nothing(desk: Desk, hub: LoopbackHub) -> None:
    desk.search(SearchRequest(TASK))
    desk.pull(["org/small"], TASK, lambda _: None)
    hub.clear_requests()
    desk.offline = True
    result = desk.search(SearchRequest(TASK, query="small"))
    assert result.source == "cache"
    (model,) = [each for each in desk.library() if each.repo == "org/small"]
    desk.pull([model.ref], TASK, lambda _: None)
    assert hub.requests == []
