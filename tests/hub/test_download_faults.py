# SPDX-License-Identifier: Apache-2.0
"""What networks, servers and repositories do to a download, and that every byte survives it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from selector.engines.torch_engine import ENGINE
from selector.errors import HubAnswerBad, HubBusy
from selector.hub.candidate import LocalModel
from selector.hub.client import HubClient
from selector.hub.download import Places, pull
from selector.hub.patience import Patience
from selector.hub.progress import Progress
from selector.reference import parse_reference
from tests.hub.conftest import folder, safetensors
from tests.loopback_hub import LoopbackHub, Repository

Pull = Callable[..., LocalModel]
BIG = 24_000_000
CHUNK = 1 << 16
"""The server hands out a file in pieces of this size."""


@pytest.fixture
def big(hub: LoopbackHub, tmp_path: Path) -> Path:
    """A model of several pieces, published as ``org/big``; gives its weights."""
    made = folder(tmp_path / "big", weights=BIG, seed=7)
    hub.publish(Repository("org/big", made))
    return made / "model.safetensors"


def _same(model: LocalModel, original: Path) -> bool:
    here = (Path(model.path) / original.name).read_bytes()
    return hashlib.sha256(here).digest() == hashlib.sha256(original.read_bytes()).digest()


def _served(hub: LoopbackHub, origin: str = "cdn") -> int:
    return sum(r.bytes_sent for r in hub.requests if r.origin == origin and r.method == "GET")


def test_a_connection_that_drops_every_nine_megabytes_loses_nothing(
    fetch: Pull, hub: LoopbackHub, big: Path
) -> None:
    fault = hub.faults.drop_after(9_000_000, origin="cdn")
    model = fetch("org/big")
    assert fault.strikes > 1
    assert _same(model, big)
    size = big.stat().st_size
    dropped = [r for r in hub.requests_to(origin="cdn") if r.bytes_sent == 9_000_000]
    # A dropped answer ends on a byte of its own: what was sent was written, and never asked for again.
    assert _served(hub) <= size + CHUNK * (len(dropped) + 1)


def test_only_the_bad_file_is_fetched_again(fetch: Pull, hub: LoopbackHub, big: Path) -> None:
    fault = hub.faults.flip_byte(20_000_000, origin="cdn", times=1, after=2)
    model = fetch("org/big")
    assert _same(model, big)
    assert fault.strikes == 1
    for name in ("config.json", "tokenizer.json", "README.md"):
        assert (
            len(hub.requests_to(path=f"resolve-cache/models/org/big/{model.revision}/{name}")) == 1
        )


def test_an_expired_link_is_asked_for_anew(fetch: Pull, hub: LoopbackHub, big: Path) -> None:
    fault = hub.faults.answer_status(403, origin="cdn", times=1, after=1)
    assert _same(fetch("org/big"), big)
    assert fault.strikes == 1
    assert (
        len(hub.requests_to(path="resolve/", origin="api"))
        > len(("card", "config", "tokenizer")) + 1
    )


def test_a_signed_link_serves_all_pieces_as_long_as_it_lives(
    fetch: Pull, hub: LoopbackHub, big: Path
) -> None:
    assert _same(fetch("org/big"), big)
    asked = [r for r in hub.requests_to(origin="api") if "model.safetensors" in r.path]
    assert len(asked) <= 2  # the second connection may start before the first one was sent on
    assert len(hub.requests_to(origin="cdn")) >= 2


def test_a_renamed_repository_is_followed(
    tmp_path: Path, connect: Callable[..., HubClient]
) -> None:
    made = folder(tmp_path / "new", weights=60_000)
    names = {"old/name": "org/new"}
    with LoopbackHub([Repository("org/new", made)], renames=names) as hub:
        model = pull(
            connect(hub.endpoint),
            parse_reference("old/name"),
            None,
            ENGINE,
            "fp32",
            places=Places(tmp_path / "cache", tmp_path / "downloads"),
            progress=lambda _: None,
            cancelled=lambda: False,
        ).model
        assert model.verified
        assert model.repo == "old/name"
        assert model.revision == hub.sha("org/new")
    assert _same(model, made / "model.safetensors")


def test_a_revision_that_moves_does_not_mix_two_commits(
    fetch: Pull, hub: LoopbackHub, big: Path, tmp_path: Path
) -> None:
    before = hub.sha("org/big")
    newer = folder(tmp_path / "newer", weights=50_000, seed=8, card="license: mit")
    moved: list[str] = []

    def push(progress: Progress) -> None:
        if progress.done_bytes and not moved:
            hub.publish(Repository("org/big", newer))
            moved.append(hub.sha("org/big"))

    model = fetch("org/big", progress=push)
    assert moved != [before]
    assert model.revision == before
    assert _same(model, big)
    assert "apache" in (Path(model.path) / "README.md").read_text()
    assert fetch("org/big").revision == moved[0]


@pytest.mark.parametrize("surplus", [1, 500_000])
@pytest.mark.parametrize("path", ["config.json", ""])
def test_a_body_longer_than_promised_is_cut_or_refetched(
    fetch: Pull, hub: LoopbackHub, surplus: int, path: str
) -> None:
    origin = "api" if path else "cdn"
    hub.faults.lengthen(surplus, origin=origin, path=path or "", method="GET", times=1)
    model = fetch("org/large")
    assert model.verified
    for name, sha256, size in model.files:
        content = (Path(model.path) / name).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (size, sha256)


@pytest.mark.parametrize("status", [429, 503])
def test_a_storm_of_refusals_is_waited_out_with_a_countdown(
    fetch: Pull, hub: LoopbackHub, status: int
) -> None:
    on_hub = hub.faults.answer_status(status, retry_after=1, path="resolve/", origin="api", times=3)
    on_cdn = hub.faults.answer_status(status, retry_after=1, origin="cdn", times=2)
    seen: list[Progress] = []
    assert fetch("org/large", progress=seen.append).verified
    assert (on_hub.strikes, on_cdn.strikes) == (3, 2)
    waits = [p.wait_s for p in seen if p.state == "waiting" and p.wait_s is not None]
    assert any(later < earlier for earlier, later in pairwise(waits))
    assert max(waits) <= 1.0


def test_a_network_that_fails_is_told_with_a_countdown_until_it_is_back(
    fetch: Pull, hub: LoopbackHub
) -> None:
    hub.faults.drop_after(0, origin="cdn", times=3)
    seen: list[Progress] = []
    assert fetch("org/large", progress=seen.append, patience=Patience(pause_s=0.3)).verified
    waits = [p.wait_s for p in seen if p.state == "reconnecting" and p.wait_s is not None]
    assert any(later < earlier for earlier, later in pairwise(waits))
    assert max(waits) <= 1.2
    assert not any(p.state == "waiting" for p in seen), "the Hub has asked for nothing"
    assert not any(p.bytes_per_s or p.eta_s for p in seen if p.state == "reconnecting")


def test_a_server_that_falls_silent_is_told_before_the_connection_is_given_up(
    fetch: Pull, hub: LoopbackHub
) -> None:
    hub.faults.stall(6, at=400_000, origin="cdn", times=1)
    seen: list[Progress] = []
    assert fetch("org/large", progress=seen.append).verified
    silent = [p for p in seen if p.state == "reconnecting"]
    assert silent
    assert silent[0].done_bytes >= 400_000 - CHUNK
    assert all(p.wait_s is None or 0 <= p.wait_s <= 0.5 for p in silent)


def test_a_busy_hub_before_the_first_file_is_counted_down(fetch: Pull, hub: LoopbackHub) -> None:
    hub.faults.answer_status(429, retry_after=4, path="/api/models/", times=1)
    seen: list[Progress] = []
    assert fetch("org/small", progress=seen.append).verified
    waits = [p.wait_s for p in seen if p.state == "waiting"]
    assert waits[0] == 4
    assert len(waits) > 5


def test_an_endless_wait_is_left_to_the_user(fetch: Pull, hub: LoopbackHub) -> None:
    hub.faults.answer_status(429, retry_after=3000, path="resolve/")
    with pytest.raises(HubBusy) as caught:
        fetch("org/small")
    assert caught.value.facts["retry_after_s"] == 3000


def test_a_redirect_loop_ends(fetch: Pull, hub: LoopbackHub) -> None:
    loop = {"Location": "/org/small/resolve/main/config.json"}
    hub.faults.answer_status(302, headers=loop, path="resolve/")
    with pytest.raises(HubAnswerBad):
        fetch("org/small", patience=Patience(pause_s=0.01))
    assert len(hub.requests_to(path="resolve/")) < 100


def test_files_of_no_bytes_are_files(fetch: Pull, hub: LoopbackHub, tmp_path: Path) -> None:
    made = folder(tmp_path / "hollow", {"vocab.txt": b"", "merges.txt": b""})
    hub.publish(Repository("org/hollow", made))
    model = fetch("org/hollow")
    assert model.verified
    assert {(name, size) for name, _, size in model.files} >= {("vocab.txt", 0), ("merges.txt", 0)}
    assert (Path(model.path) / "vocab.txt").read_bytes() == b""
    hub.clear_requests()
    assert fetch("org/hollow") == model
    assert len(hub.requests) == 1


def test_a_model_of_three_hundred_shards(fetch: Pull, hub: LoopbackHub, tmp_path: Path) -> None:
    names = [f"model-{n:05}-of-00300.safetensors" for n in range(1, 301)]
    files: dict[str, bytes | str] = {
        name: safetensors(400, seed=number) for number, name in enumerate(names)
    }
    index = {"metadata": {"total_size": 120_000}, "weight_map": {f"w{n}": n for n in names}}
    files["model.safetensors.index.json"] = json.dumps(index)
    made = folder(tmp_path / "shards", files, weights=0)
    hub.publish(Repository("org/shards", made))
    model = fetch("org/shards")
    assert model.verified
    assert sum(name.endswith(".safetensors") for name, _, _ in model.files) == 300
    assert all(_same(model, made / name) for name in names[::50])


@pytest.mark.parametrize("name", ["vocab été 模型.txt", "1_Pooling/con fig.json", "a#b?c%20d.json"])
def test_names_with_spaces_and_signs_of_other_scripts(
    fetch: Pull, hub: LoopbackHub, tmp_path: Path, name: str
) -> None:
    class Everything(type(ENGINE)):  # type: ignore[misc]
        def files(self, facts: object, precision: str) -> tuple[str, ...]:
            return tuple(file.path for file in facts.files)  # type: ignore[attr-defined]

    hub.publish(Repository("org/named", folder(tmp_path / "named", {name: "content"})))
    raw_places = Places(tmp_path / "cache", tmp_path / "downloads")
    client = HubClient(hub.endpoint)
    try:
        model = pull(
            client,
            parse_reference("org/named"),
            None,
            Everything(),
            "fp32",
            places=raw_places,
            progress=lambda _: None,
            cancelled=lambda: False,
        ).model
    finally:
        client.close()
    assert (Path(model.path) / name).read_text() == "content"
