# SPDX-License-Identifier: Apache-2.0
"""Whose token goes where, what closed models say, and over which address and proxy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from selector.desk.desk import Desk
from selector.desk.requests import SearchRequest
from selector.errors import (
    AccessNeeded,
    AccessPending,
    AccessRefused,
    BadSetting,
    LoginNeeded,
    PetitError,
    RepositoryNotFound,
    TokenNotKept,
    TokenRefused,
)
from selector.hub import credentials
from selector.hub.candidate import LocalModel
from selector.hub.client import HubClient
from selector.hub.environment import behind_proxy, endpoint_of, proxy_of
from selector.paths import Locations, locations
from selector.settings import Settings, load_settings
from selector.wording import Wording
from tests.hub.conftest import folder
from tests.hub.forward_proxy import ForwardProxy
from tests.loopback_hub import LoopbackHub, Repository

CANARY = "hf_CanaryThatMustNeverBeWritten0123456789"
Connect = Callable[..., HubClient]


def _closed(client: HubClient, repo: str = "org/gated") -> PetitError:
    with pytest.raises(PetitError) as caught:
        client.small_file(repo, "main", "config.json")
    return caught.value


def test_why_a_model_is_closed_is_told_apart_with_the_page_that_helps(
    connect: Connect, hub: LoopbackHub
) -> None:
    page = f"{hub.endpoint}/org/gated"
    hub._store._tokens = {"good": {"org/gated"}, "other": set()}
    anonymous = _closed(connect(hub.endpoint, token=False))
    assert isinstance(anonymous, LoginNeeded)
    assert (anonymous.facts["page"], anonymous.facts["url"]) == (
        page,
        f"{hub.endpoint}/settings/tokens",
    )
    stale = _closed(connect(hub.endpoint, token="expired"))
    assert isinstance(stale, TokenRefused)
    assert stale.facts["page"] == page
    asked = _closed(connect(hub.endpoint, token="other"))
    assert isinstance(asked, AccessNeeded)
    assert asked.facts["url"] == page
    for words, kind in (
        ("Your request to access model org/gated is awaiting a review.", AccessPending),
        ("Your request to access model org/gated has been rejected.", AccessRefused),
    ):
        hub.faults.clear()
        said = {"X-Error-Code": "GatedRepo", "X-Error-Message": words}
        hub.faults.answer_status(403, headers=said, path="resolve/")
        refused = _closed(connect(hub.endpoint, token="other"))
        assert type(refused) is kind
        assert refused.facts["url"] == page
    hub.faults.clear()
    assert isinstance(_closed(connect(hub.endpoint), "org/nothing"), RepositoryNotFound)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_refusal_names_the_link_to_click(language: str) -> None:
    words = Wording(language)
    for kind in (LoginNeeded, TokenRefused, AccessNeeded, AccessPending, AccessRefused):
        facts = {"repo": "org/gated", "url": "https://hub/first", "page": "https://hub/second"}
        message, hint = words.error(kind.code, facts)
        assert "org/gated" in message
        assert "https://hub/first" in hint


def test_a_private_model_is_not_betrayed(
    connect: Connect, hub: LoopbackHub, tmp_path: Path
) -> None:
    hub.publish(Repository("org/secret", folder(tmp_path / "secret"), private=True))
    for token in (False, "expired"):
        with pytest.raises(RepositoryNotFound):
            connect(hub.endpoint, token=token).model_info("org/secret")


def test_a_public_model_is_downloaded_although_the_token_is_stale(
    hub: LoopbackHub, fetch: Callable[..., LocalModel], client: HubClient
) -> None:
    client._token = "expired"
    hub.faults.answer_status(401, times=1)
    assert fetch("org/small").verified
    sent = ["authorization" in r.headers for r in hub.requests]
    assert sent[0]
    assert not any(sent[1:])


# -- the keyring ------------------------------------------------------------------------------------
@pytest.fixture
def places(tmp_path: Path) -> Locations:
    return locations(tmp_path / "data").create()


@pytest.fixture
def desk(
    places: Locations, hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    """A desk whose Hub is in the settings, not in the environment."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    made = Desk(places, settings=Settings(hub_address=hub.endpoint))
    yield made
    made.close()


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "ring.json"
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.hub.file_keyring.FileKeyring")
    monkeypatch.setenv("TEST_KEYRING", str(file))
    return file


def test_a_token_in_the_keyring_opens_its_hub_and_is_nowhere_else(
    desk: Desk, hub: LoopbackHub, ring: Path, places: Locations
) -> None:
    assert desk.account()["source"] == "none"
    assert desk.keep_token(" good\n") == "keyring"
    assert json.loads(ring.read_text()) == {f"petit {hub.endpoint}": "good"}
    assert load_settings(places.settings).keyring_for == hub.endpoint
    assert desk.account() == {"source": "keyring", "keyring": True, "endpoint": hub.endpoint}
    (model,) = desk.pull(["org/gated"], None, lambda _: None)
    assert model.verified
    assert {r.headers.get("authorization") for r in hub.requests_to(origin="api")} == {
        "Bearer good"
    }
    assert not any("authorization" in r.headers for r in hub.requests_to(origin="cdn"))
    files = [path for path in places.data.rglob("*") if path.is_file()]
    assert files
    assert not any(b"good" in path.read_bytes() for path in files if "log" not in path.parts)
    desk.forget_token()
    assert json.loads(ring.read_text()) == {}
    assert desk.account()["source"] == "none"


def test_a_token_for_one_hub_is_not_sent_to_another(
    desk: Desk, hub: LoopbackHub, ring: Path
) -> None:
    desk.keep_token("good")
    with LoopbackHub([], tokens={}) as other:
        desk.settings = replace(desk.settings, hub_address=other.endpoint)
        with pytest.raises(RepositoryNotFound):
            desk.pull(["org/small"], None, lambda _: None)
        assert other.requests
        assert not any("authorization" in r.headers for r in other.requests)


def test_without_a_keyring_the_token_goes_to_the_file_of_hf_auth_login_and_never_over_another(
    monkeypatch: pytest.MonkeyPatch, empty_home: Path
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    hugging_face = "https://huggingface.co"
    assert not credentials.has_keyring()
    assert credentials.keyring_token(hugging_face) is None
    assert credentials.keep_token("hf_mine", hugging_face) == "file"
    file = empty_home / "huggingface" / "token"
    assert file.read_text() == "hf_mine"
    if os.name != "nt":
        assert file.stat().st_mode & 0o077 == 0
    client = [sys.executable, "-c", "import huggingface_hub as h; print(h.get_token())"]
    said = subprocess.run(client, capture_output=True, text=True, timeout=60, check=True)
    assert said.stdout.strip() == "hf_mine"  # the unmodified client finds it
    with pytest.raises(TokenNotKept):
        credentials.keep_token("hf_other", hugging_face)
    assert file.read_text() == "hf_mine"
    with pytest.raises(TokenNotKept):
        credentials.keep_token("hf_other", "http://127.0.0.1:9")


@pytest.mark.parametrize("token", ["", "  ", "two words", "line\nbreak", "ключ", "x" * 600])
def test_what_is_no_token_is_refused_without_repeating_it(token: str) -> None:
    with pytest.raises(BadSetting) as caught:
        credentials.clean_token(token)
    assert not token.strip() or token not in str(caught.value.facts)


# -- address and proxy ------------------------------------------------------------------------------
def test_address_and_proxy_of_the_settings_are_used_by_the_worker(
    desk: Desk, hub: LoopbackHub
) -> None:
    with ForwardProxy() as proxy:
        desk.settings = replace(desk.settings, hub_proxy=proxy.address)
        found = desk.search(SearchRequest("text-classification"))
        assert found.source == "hub"
        (model,) = desk.pull(["org/large"], None, lambda _: None)
        assert model.verified
    origins = {"/".join(address.split("/")[:3]) for address in proxy.asked}
    assert origins == {hub.endpoint, hub.cdn}
    assert len(proxy.asked) == len(hub.requests)


def test_the_environment_wins_over_the_address_of_the_settings(
    desk: Desk, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
    desk.settings = replace(desk.settings, hub_address="http://127.0.0.1:9")
    assert desk.account()["endpoint"] == hub.endpoint


@pytest.mark.parametrize("value", ["ftp://proxy:1", "proxy:3128", "http://", "http://h:99999999"])
def test_what_is_no_address_is_refused_and_a_password_is_not_repeated(value: str) -> None:
    with pytest.raises(BadSetting):
        endpoint_of(value)
    with pytest.raises(BadSetting):
        proxy_of(value)
    with pytest.raises(BadSetting) as caught:
        proxy_of("ftp://me:secret@proxy.example:3128")
    assert "secret" not in str(caught.value.facts)
    assert proxy_of("http://me:secret@proxy.example:3128") is not None
    assert proxy_of("") is None


def test_xet_is_tried_only_when_asked_for_and_its_failure_costs_nothing_but_time(
    desk: Desk, hub: LoopbackHub
) -> None:
    hub.settings.announce_xet = True  # there is no Xet server behind it
    assert desk.pull(["org/small"], None, lambda _: None)[0].verified
    assert not hub.requests_to(path="xet-read-token")
    desk.settings = replace(desk.settings, hub_xet=True)
    assert desk.pull(["org/large"], None, lambda _: None)[0].verified
    assert hub.requests_to(path="xet-read-token")


def test_behind_a_proxy_xet_is_not_tried(
    desk: Desk, hub: LoopbackHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.settings.announce_xet = True
    with ForwardProxy() as proxy:
        desk.settings = replace(desk.settings, hub_xet=True, hub_proxy=proxy.address)
        assert desk.pull(["org/small"], None, lambda _: None)[0].verified
        assert len(proxy.asked) == len(hub.requests)
    assert not hub.requests_to(path="xet-read-token")
    assert not behind_proxy(hub.endpoint)
    monkeypatch.setenv("ALL_PROXY", proxy.address)
    assert behind_proxy(hub.endpoint)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert not behind_proxy(hub.endpoint)
    assert behind_proxy(hub.endpoint, proxy.address), "the user's own is used for every host"


def test_nothing_is_asked_of_the_hub_that_the_user_did_not_cause(
    desk: Desk, hub: LoopbackHub
) -> None:
    desk.account()
    desk.shelf()
    assert desk.downloads.items() == ()
    assert hub.requests == []
    desk.pull(["org/small"], None, lambda _: None)
    asked = {r.path for r in hub.requests if r.origin == "api"}
    assert all("org/small" in path for path in asked)
    assert not any("telemetry" in path or "harness" in path for path in asked)


# -- nothing betrays the token -----------------------------------------------------------------------
class CommandLines:
    """Looks at the command line of every process, over and over."""

    def __init__(self, secret: str) -> None:
        self._secret, self._stop = secret, threading.Event()
        self.looked, self.found = 0, 0
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._stop.wait(0.02):
            for process in psutil.process_iter(["cmdline"]):
                self.looked += 1
                self.found += self._secret in " ".join(process.info["cmdline"] or ())

    def end(self) -> None:
        self._stop.set()
        self._thread.join()


def test_a_whole_session_of_failures_writes_the_token_nowhere(
    hub: LoopbackHub, tmp_path: Path, empty_home: Path
) -> None:
    hub._store._tokens = {CANARY: set()}
    echo = {"X-Error-Code": "GatedRepo", "X-Error-Message": f"Token {CANARY} is not authorized"}
    environment = {
        **os.environ,
        "HF_ENDPOINT": hub.endpoint,
        "HF_TOKEN": CANARY,
        "HF_DEBUG": "1",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    said: list[str] = []
    lines = CommandLines(CANARY)

    def petit(*arguments: str) -> int:
        command = [
            sys.executable,
            "-m",
            "selector",
            *arguments,
            "--data-dir",
            str(tmp_path / "data"),
        ]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=90, check=False
        )
        said.append(done.stdout + done.stderr)
        return done.returncode

    try:
        assert petit("pull", "org/gated") == 1
        assert petit("pull", "org/gated", "--json") == 1
        hub.faults.answer_status(403, headers=echo, path="resolve/")
        assert petit("pull", "org/small") == 1
        assert petit("pull", "org/small", "--json") == 1
        hub.faults.clear()
        hub.faults.replace_body(f'{{"error": "{CANARY}"'.encode(), path="/api/models")
        assert petit("fit", "org/small", "--json") == 1
        hub.faults.clear()
        hub.faults.drop_after(0)
        assert petit("pull", "org/small") == 1
    finally:
        lines.end()
    assert any(CANARY in r.headers.get("authorization", "") for r in hub.requests)
    assert not any("authorization" in r.headers for r in hub.requests_to(origin="cdn"))
    assert lines.looked > 100
    assert lines.found == 0
    assert not any(CANARY in text for text in said)
    written = [
        p for root in (tmp_path / "data", empty_home) for p in root.rglob("*") if p.is_file()
    ]
    assert any(path.name == "petit.db" for path in written)
    assert [path for path in written if CANARY.encode() in path.read_bytes()] == []
