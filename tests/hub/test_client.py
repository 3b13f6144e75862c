# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from selector.errors import (
    BadSetting,
    HubAnswerBad,
    HubBusy,
    HubOffline,
    HubProblem,
    HubUnreachable,
    LoginNeeded,
    RepositoryNotFound,
    UnsafePath,
)
from selector.hub import answers, checked, environment
from selector.hub.client import HubClient
from selector.hub.transport import Transport
from tests.loopback_hub import LoopbackHub

Connect = Callable[..., HubClient]


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_list_has_every_field_that_a_search_needs(client: HubClient, hub: LoopbackHub) -> None:
    found = client.list_models(pipeline_tag="text-classification", sort="downloads")
    assert [raw["id"] for raw in found][:2] == ["org/large", "org/small"]
    assert {"sha", "siblings", "tags", "cardData", "downloads", "config"} <= set(found[0])
    assert len(hub.requests) == 1


def test_pages_are_followed_up_to_the_limit(client: HubClient, hub: LoopbackHub) -> None:
    hub.settings.page_size = 3
    assert len(client.list_models(limit=100)) == 8
    assert len(client.list_models(limit=4)) == 4


def test_a_page_on_another_origin_is_not_followed(client: HubClient, hub: LoopbackHub) -> None:
    link = {"Link": '<http://127.0.0.1:9/api/models?cursor=x>; rel="next"'}
    hub.faults.with_headers(link, path="/api/models")
    assert len(client.list_models(limit=100)) == 8


def test_a_refused_connection_fails_within_three_seconds(connect: Connect) -> None:
    client = connect(f"http://127.0.0.1:{_closed_port()}")
    began = time.monotonic()
    with pytest.raises(HubUnreachable):
        client.list_models()
    assert time.monotonic() - began < 3


def test_a_hanging_server_is_given_up(connect: Connect, hub: LoopbackHub) -> None:
    hub.faults.hang(30)
    began = time.monotonic()
    with pytest.raises(HubUnreachable) as caught:
        connect(hub.endpoint, timeout_s=0.5).list_models()
    assert caught.value.facts["reason"] == "time-out"
    assert time.monotonic() - began < 3


def test_a_trickling_answer_is_given_up(connect: Connect, hub: LoopbackHub) -> None:
    hub.faults.slow(300)
    with pytest.raises(HubUnreachable):
        connect(hub.endpoint, timeout_s=0.5).list_models()


def test_a_short_wait_is_waited(client: HubClient, hub: LoopbackHub) -> None:
    fault = hub.faults.answer_status(429, retry_after=1, times=1)
    assert client.list_models()
    assert fault.strikes == 1


def test_a_long_wait_is_told(client: HubClient, hub: LoopbackHub) -> None:
    fault = hub.faults.answer_status(429, retry_after=90)
    with pytest.raises(HubBusy) as caught:
        client.model_info("org/small")
    assert caught.value.facts["retry_after_s"] == 90
    assert fault.strikes == 1


def test_the_rate_limit_window_is_read(client: HubClient, hub: LoopbackHub) -> None:
    hub.faults.answer_status(429, ratelimit='"api";r=0;t=55')
    with pytest.raises(HubBusy) as caught:
        client.list_models()
    assert caught.value.facts["retry_after_s"] == 55


def test_an_answer_that_breaks_off_is_asked_for_again(client: HubClient, hub: LoopbackHub) -> None:
    hub.faults.drop_after(100, times=1)
    assert len(client.list_models()) == 8


def test_a_hub_over_tls_may_not_step_down(monkeypatch: pytest.MonkeyPatch) -> None:
    import httpx2

    transport = Transport("https://hub.example", dict, False, 1)
    with pytest.raises(HubAnswerBad):
        transport._check(httpx2.Request("GET", "http://cdn.example/x"))
    transport._check(httpx2.Request("GET", "https://cdn.example/x"))


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_passing_server_error_is_retried(
    client: HubClient, hub: LoopbackHub, status: int
) -> None:
    hub.faults.answer_status(status, times=1)
    assert client.model_info("org/small")["id"] == "org/small"


@pytest.mark.parametrize(
    "body", [b'[{"id": "half', b"<html>log in</html>", b"{}", b'["text"]', b"[" * 100_000, b"\xff"]
)
def test_an_answer_that_is_no_list_of_models(
    client: HubClient, hub: LoopbackHub, body: bytes
) -> None:
    hub.faults.replace_body(body)
    with pytest.raises(HubAnswerBad):
        client.list_models()


def test_missing_gated_and_unknown_revision(client: HubClient) -> None:
    with pytest.raises(RepositoryNotFound) as caught:
        client.model_info("org/nothing")
    assert caught.value.facts["repo"] == "org/nothing"
    with pytest.raises(RepositoryNotFound):
        client.model_info("org/small", "no-such-branch")
    assert client.model_info("org/gated")["gated"] == "manual"
    with pytest.raises(LoginNeeded) as denied:
        client.small_file("org/gated", "main", "config.json")
    assert denied.value.facts["page"].endswith("/org/gated")
    assert denied.value.facts["url"].endswith("/settings/tokens")


def test_a_token_that_the_user_set_opens_the_gate(
    connect: Connect, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "good")
    assert connect(hub.endpoint).small_file("org/gated", "main", "config.json")
    with pytest.raises(LoginNeeded):
        connect(hub.endpoint, token=False).small_file("org/gated", "main", "config.json")


def test_a_stored_token_never_reaches_another_server(
    connect: Connect, hub: LoopbackHub, empty_home: Path
) -> None:
    stored = empty_home / "huggingface" / "token"
    stored.parent.mkdir(parents=True)
    stored.write_text("secret")
    connect(hub.endpoint).model_info("org/small")
    assert all("authorization" not in request.headers for request in hub.requests)


def test_an_expired_token_does_not_hide_public_models(connect: Connect, hub: LoopbackHub) -> None:
    hub.faults.answer_status(401, times=1)
    client = connect(hub.endpoint, token="expired")
    assert client.list_models()
    assert ["authorization" in request.headers for request in hub.requests] == [True, False]


def test_offline_makes_no_request(
    connect: Connect, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(HubOffline):
        connect(hub.endpoint, offline=True).list_models()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(HubOffline):
        connect(hub.endpoint).model_info("org/small")
    assert not hub.requests


def test_no_more_of_a_file_is_read_than_was_asked_for(client: HubClient, hub: LoopbackHub) -> None:
    assert len(client.part("org/large", "main", "model.safetensors", 8, 100)) == 100
    fault = hub.faults.ignore_range()
    whole = client.part("org/large", "main", "model.safetensors", 8, 100)
    assert fault.strikes
    hub.faults.clear()
    assert whole == client.part("org/large", "main", "model.safetensors", 8, 100)


def test_a_small_file_that_is_not_small(client: HubClient) -> None:
    with pytest.raises(HubAnswerBad):
        client.small_file("org/large", "main", "model.safetensors", 1000)


def test_a_path_that_leaves_its_folder_is_never_asked_for(
    client: HubClient, hub: LoopbackHub
) -> None:
    with pytest.raises(UnsafePath):
        client.small_file("org/small", "main", "../../etc/passwd")
    assert not hub.requests


@pytest.mark.parametrize("url", ["ftp://x", "huggingface.co", "http://", "http://h:99999999"])
def test_an_endpoint_that_is_none(url: str) -> None:
    with pytest.raises(BadSetting):
        environment.endpoint_of(url)


def test_only_hugging_face_is_hugging_face() -> None:
    assert environment.is_hugging_face("https://huggingface.co")
    for other in ("http://huggingface.co", "https://huggingface.co.evil.org", "http://127.0.0.1:1"):
        assert not environment.is_hugging_face(other)


def test_a_server_out_of_its_senses_gives_hub_problems_only(
    client: HubClient, hub: LoopbackHub
) -> None:
    for status in (400, 401, 403, 404, 405, 410, 418, 451, 599):
        hub.faults.clear()
        hub.faults.answer_status(status)
        with pytest.raises(HubProblem):
            client.model_info("org/small")
        with pytest.raises(HubProblem):
            client.list_models()


def test_retry_after_in_all_its_shapes() -> None:
    assert answers.retry_after({"retry-after": "7"}) == 7
    assert answers.retry_after({"retry-after": "9" * 30}) == answers.LONGEST_WAIT_S
    assert answers.retry_after({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0
    assert answers.retry_after({"retry-after": "soon"}) is None
    assert answers.retry_after({"ratelimit": '"api";r=3;t=5'}) is None
    assert answers.retry_after({}) is None


def test_text_from_outside_is_cleaned() -> None:
    assert checked.text("a\x1b[31m\u202eb\x00\n") == "a[31mb"
    assert checked.text("<b>x</b>") == "<b>x</b>"  # shown as plain text, so it stays what it is
    assert checked.text("x" * 999) == "x" * 300
    assert checked.text(7) is None
    assert checked.whole(True) is None
    assert checked.whole(-1) is None
    assert checked.whole(10**18) is None
    assert checked.counts({"F32": 3, "x": "y", 4: 5}) == {"F32": 3}
