# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from selector.engines.torch_engine import ENGINE
from selector.errors import BadSetting, NotDownloaded, NotOurs
from selector.hub.candidate import LocalModel
from selector.hub.client import HubClient
from selector.hub.download import HASHES, Places, pull
from selector.hub.hashes import HashMemory
from selector.hub.library import find, local_models, remove, verify
from selector.hub.local_facts import facts_of, row_of_local
from selector.hub.shelf import entry_from_json, shelf
from selector.reference import parse_reference
from tests.hub.conftest import folder
from tests.loopback_hub import LoopbackHub, Repository


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def hashes(tmp_path: Path) -> Path:
    return tmp_path / "downloads" / HASHES


@pytest.fixture
def fetch(client: HubClient, cache: Path, tmp_path: Path) -> Callable[[str], LocalModel]:
    """Pull a model into ``cache``."""

    def run(ref: str) -> LocalModel:
        return pull(
            client,
            parse_reference(ref),
            None,
            ENGINE,
            "fp32",
            places=Places(cache, tmp_path / "downloads"),
            progress=lambda _: None,
            cancelled=lambda: False,
        ).model

    return run


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """A folder of models that ships with Petit."""
    folder(tmp_path / "shipped" / "sample" / "tiny", seed=20)
    return tmp_path / "shipped"


Fetch = Callable[[str], LocalModel]


def test_what_was_pulled_is_listed(fetch: Fetch, cache: Path, hashes: Path) -> None:
    small, large = fetch("org/small"), fetch("org/large")
    assert local_models(cache, hashes=hashes) == [large, small]
    assert find(parse_reference("org/small"), cache, hashes=hashes) == small
    assert find(parse_reference(f"org/small@{small.revision[:8]}"), cache, hashes=hashes) == small
    assert find(parse_reference("org/small@main#torch-fp32"), cache, hashes=hashes) == small


def test_what_the_unmodified_client_pulled_is_listed(
    hub: LoopbackHub, cache: Path, fetch: Fetch
) -> None:
    from huggingface_hub import snapshot_download

    snapshot_download("org/small", endpoint=hub.endpoint, cache_dir=cache, token=False)
    (model,) = local_models(cache)
    assert model.revision == hub.sha("org/small")
    assert model.verified


def test_facts_and_card_without_a_network(fetch: Fetch, hub: LoopbackHub) -> None:
    model = fetch("org/french")
    hub.close()
    facts = facts_of(model)
    assert (facts.parameters, facts.basis, facts.weight_format) == (10_000, "header", "safetensors")
    assert facts.config["hidden_size"] == 8
    row = row_of_local(model)
    assert (row.licence.kind, row.languages, row.on_disk) == ("non-commercial", ("fr",), True)


def test_an_empty_or_missing_cache_is_an_empty_library(tmp_path: Path) -> None:
    assert local_models(tmp_path / "nowhere") == []
    assert local_models(tmp_path) == []


def test_not_downloaded(cache: Path, fetch: Fetch) -> None:
    fetch("org/small")
    for ref in ("org/large", "org/small@0000000", "org/small@branch"):
        with pytest.raises(NotDownloaded):
            find(parse_reference(ref), cache)


def test_half_a_model_is_not_listed(fetch: Fetch, cache: Path) -> None:
    model = fetch("org/small")
    (Path(model.path) / "model.safetensors").resolve().unlink()
    assert local_models(cache) == []


def test_links_out_of_the_cache_are_not_followed(fetch: Fetch, cache: Path, tmp_path: Path) -> None:
    model = fetch("org/small")
    secret = tmp_path / "secret.json"
    secret.write_text('{"a": 1}')
    (Path(model.path) / "stolen.json").symlink_to(secret)
    (Path(model.path) / "home").symlink_to(tmp_path)
    (found,) = local_models(cache)
    assert not found.verified
    assert {path for path, _, _ in found.files} == {path for path, _, _ in model.files}


def test_a_linked_repository_is_not_entered(fetch: Fetch, cache: Path, tmp_path: Path) -> None:
    fetch("org/small")
    elsewhere = tmp_path / "elsewhere"
    shutil.move(cache / "models--org--small", elsewhere)
    (cache / "models--org--small").symlink_to(elsewhere)
    assert local_models(cache) == []
    with pytest.raises(NotDownloaded):
        remove(parse_reference("org/small"), cache)
    assert elsewhere.exists()


def test_damage_is_found_by_verifying(fetch: Fetch, cache: Path, hashes: Path) -> None:
    model = fetch("org/large")
    assert verify(model).verified
    blob = (Path(model.path) / "model.safetensors").resolve()
    state = blob.stat()
    content = bytearray(blob.read_bytes())
    content[-1] ^= 255
    blob.write_bytes(content)
    os.utime(blob, ns=(state.st_atime_ns, state.st_mtime_ns))  # as bit rot would leave it
    assert local_models(cache, hashes=hashes)[0].verified
    assert not verify(model, hashes).verified
    assert not local_models(cache, hashes=hashes)[0].verified


def test_listing_again_reads_no_content(
    fetch: Fetch, cache: Path, hashes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch("org/small")
    local_models(cache, hashes=hashes)

    def fail(*_: object) -> None:
        raise AssertionError("a file was hashed again")

    monkeypatch.setattr("selector.hub.hashes.digests_of", fail)
    assert local_models(cache, hashes=hashes)[0].verified


def test_a_damaged_memory_of_hashes_is_forgotten(fetch: Fetch, cache: Path, hashes: Path) -> None:
    fetch("org/small")
    for content in ("", "[]", '{"x": 1}', '{"x": [1, 2, 3, 4]}', "\0"):
        hashes.write_text(content)
        assert local_models(cache, hashes=hashes)[0].verified


def test_removing_frees_what_nothing_else_uses(
    fetch: Fetch, cache: Path, hub: LoopbackHub, tmp_path: Path
) -> None:
    old = fetch("org/small")
    newer = folder(tmp_path / "newer", seed=0, card="license: mit")
    hub.publish(Repository("org/small", newer))
    new = fetch("org/small")
    assert new.revision != old.revision
    freed = remove(parse_reference(old.ref), cache).frees_bytes
    assert 0 < freed < 1000  # the card only: the weights are shared
    assert [model.revision for model in local_models(cache)] == [new.revision]
    assert verify(new).verified
    freed = remove(parse_reference(new.ref), cache).frees_bytes
    assert freed >= new.bytes
    assert local_models(cache) == []
    assert not (cache / "models--org--small").exists()


def test_removing_never_leaves_the_cache(fetch: Fetch, cache: Path, tmp_path: Path) -> None:
    model = fetch("org/small")
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "photo").write_text("x")
    (cache / "models--org--small" / "blobs" / "link").symlink_to(precious / "photo")
    (cache / "models--org--small" / "folder").symlink_to(precious)
    remove(parse_reference(model.ref), cache)
    assert (precious / "photo").read_text() == "x"


def test_shipped_models_are_found_pinned_and_kept(shipped: Path, cache: Path) -> None:
    (model,) = local_models(cache, (shipped,))
    assert model.repo == "sample/tiny"
    assert len(model.revision) == 40
    assert model.verified
    assert Path(model.path) == shipped / "sample" / "tiny"
    assert find(parse_reference(model.ref), cache, (shipped,)) == model
    assert find(parse_reference("sample/tiny"), cache, (shipped,)) == model
    with pytest.raises(BadSetting):
        remove(parse_reference("sample/tiny"), cache, extra=(shipped,))
    (shipped / "sample" / "tiny" / "config.json").write_text("{}")
    assert local_models(cache, (shipped,))[0].revision != model.revision


def test_many_models_are_listed_quickly(cache: Path, tmp_path: Path, hashes: Path) -> None:
    for number in range(40):
        made = folder(tmp_path / "made" / str(number), weights=400, seed=number)
        target = cache / f"models--org--m{number}" / "snapshots" / f"{number:040x}"
        shutil.copytree(made, target)
    local_models(cache, hashes=hashes)
    began = time.monotonic()
    assert len(local_models(cache, hashes=hashes)) == 40
    assert time.monotonic() - began < 1


def test_a_shelf_of_three_hundred_repositories_is_listed_without_reading_weights(
    cache: Path,
) -> None:
    for number in range(300):
        root = cache / f"models--org--m{number}"
        blob = root / "blobs" / f"{number:064x}"
        snapshot = root / "snapshots" / f"{number:040x}"
        blob.parent.mkdir(parents=True)
        snapshot.mkdir(parents=True)
        blob.write_bytes(b"w" * 100)
        (snapshot / "model.safetensors").symlink_to(f"../../blobs/{blob.name}")
    before = psutil.Process().io_counters().read_chars if sys.platform == "linux" else 0
    began = time.process_time()
    entries = shelf(cache, HashMemory(None), lambda *_: True)
    assert len(entries) == 300
    assert time.process_time() - began < 5
    if sys.platform == "linux":
        # Neither branch names nor configurations are there to be read; a little is what Python itself reads.
        assert psutil.Process().io_counters().read_chars - before < 300 * 100
    assert {entry.frees_bytes for entry in entries} == {100}


def test_every_form_that_is_here_is_listed_with_its_bytes(cache: Path, tmp_path: Path) -> None:
    files: dict[str, bytes | str] = {
        "model.fp16.safetensors": b"h" * 500,
        "onnx/model.onnx": b"o" * 700,
        "onnx/model.onnx_data": b"d" * 300,
        "onnx/model_quantized.onnx": b"q" * 200,
        "tiny-Q4_K_M.gguf": b"g" * 90,
        "tiny-Q8_0-00001-of-00002.gguf": b"g" * 60,
        "tiny-Q8_0-00002-of-00002.gguf": b"g" * 50,
        "pytorch_model.bin": b"p" * 40,
        "empty.gguf": b"",
    }
    made = folder(tmp_path / "made", files, config={"dtype": "bfloat16"}, weights=4000)
    shutil.copytree(made, cache / "models--org--all" / "snapshots" / ("a" * 40))
    (entry,) = shelf(cache, HashMemory(None), lambda *_: True)
    whole = (made / "model.safetensors").stat().st_size
    assert [(form.format, form.precision, form.bytes) for form in entry.variants] == [
        ("safetensors", "fp16", 500),
        ("safetensors", "bf16", whole),
        ("onnx", "fp32", 1000),
        ("onnx", "int8", 200),
        ("gguf", "q4_k_m", 90),
        ("gguf", "q8_0", 110),
        ("pickle", "stored", 40),
    ]
    assert entry_from_json(json.loads(json.dumps(entry.to_json()))) == entry


@pytest.mark.parametrize(
    "config", ["[1]", '{"dtype": 7}', '{"torch_dtype": "int3"}', "\xff", "{" * 9000]
)
def test_a_configuration_of_nonsense_leaves_the_precision_open(
    cache: Path, tmp_path: Path, config: str
) -> None:
    made = folder(tmp_path / "made", {"config.json": config})
    shutil.copytree(made, cache / "models--org--odd" / "snapshots" / ("a" * 40))
    (entry,) = shelf(cache, HashMemory(None), lambda *_: True)
    assert [(form.format, form.precision) for form in entry.variants] == [("safetensors", "stored")]


def test_what_a_removal_frees_is_what_the_disk_gives_back(
    fetch: Fetch, cache: Path, hub: LoopbackHub, tmp_path: Path
) -> None:
    old = fetch("org/large")
    hub.publish(
        Repository(
            "org/large", folder(tmp_path / "n", weights=900_000, seed=1, card="license: mit")
        )
    )
    new = fetch("org/large")
    kept = tmp_path / "elsewhere.safetensors"
    entries = {e.revision: e for e in shelf(cache, HashMemory(None), lambda *_: True)}
    assert entries[old.revision].frees_bytes < 1000  # the weights are those of the newer commit
    os.link((Path(new.path) / "model.safetensors").resolve(), kept)
    remove(parse_reference(old.ref), cache)
    (entry,) = shelf(cache, HashMemory(None), lambda *_: True)
    assert entry.frees_bytes < 100_000  # a hard link outside the cache holds the weights
    kept.unlink()
    (entry,) = shelf(cache, HashMemory(None), lambda *_: True)
    before = sum(path.lstat().st_size for path in cache.rglob("*") if path.is_file())
    assert entry.frees_bytes == sum(
        p.stat().st_size for p in (cache / "models--org--large").rglob("*") if _is_real(p)
    )
    remove(parse_reference(new.ref), cache)
    assert sum(path.lstat().st_size for path in cache.rglob("*") if path.is_file()) < before


def _is_real(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def test_a_model_with_files_of_others_is_kept_until_the_user_agrees(
    fetch: Fetch, cache: Path
) -> None:
    model = fetch("org/small")

    def owned(repo: str, revision: str, path: str) -> bool:
        return path != "README.md"

    with pytest.raises(NotOurs) as caught:
        remove(parse_reference(model.ref), cache, owned)
    assert caught.value.facts["files"] == ["README.md"]
    assert find(parse_reference(model.ref), cache) == model
    remove(parse_reference(model.ref), cache, owned, confirmed=True)
    assert local_models(cache) == []
