"""The loopback Hub, seen through the unmodified client.

What the other tests conclude from the loopback Hub is only worth something as long as the client
takes it for the real one, in its good and in its bad moments.
"""

import hashlib
import json
import struct
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import parse_qs
from urllib.request import urlopen

import numpy as np
import pytest
from safetensors.numpy import save_file

from tests.loopback_hub import LoopbackHub, Repository  # sets what the client reads on import

import huggingface_hub  # isort: skip
from huggingface_hub import HfApi, constants, errors, snapshot_download  # isort: skip
from huggingface_hub.utils import parse_ratelimit_headers  # isort: skip

MIB = 1 << 20
CLASSIFIER = "small/classifier"
SENTENCES = "small/sentences"
SHARDED = "big/sharded"
LARGE = "big/large"
QUANTISED = "quant/model-gguf"
GATED = "closed/gated"
UNKNOWN_SIZE = "old/unknown-size"
TOKENS = {"hf_member": {GATED}, "hf_stranger": set[str]()}


def _write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def _weights(folder: Path, name: str, tensors: dict[str, np.ndarray]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / name, metadata={"format": "pt"})


def _random(size: int) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, size, dtype=np.uint8)


def _gguf(folder: Path) -> None:
    def text(value: str) -> bytes:
        return struct.pack("<Q", len(value)) + value.encode()

    pairs = text("general.architecture") + struct.pack("<I", 8) + text("llama")
    pairs += text("tokenizer.ggml.tokens") + struct.pack("<IIQ", 9, 8, 2) + text("a") + text("b")
    pairs += text("llama.context_length") + struct.pack("<II", 4, 2048)
    tensor = text("token_embd.weight") + struct.pack("<IQQIQ", 2, 64, 100, 0, 0)
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 3) + pairs + tensor
    folder.mkdir(parents=True)
    (folder / "model-q4.gguf").write_bytes(head + bytes(20_000))


@pytest.fixture(scope="module")
def repositories(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Repository]:
    root = tmp_path_factory.mktemp("repositories")
    folder = root / CLASSIFIER
    card = "---\nlicense: mit\nlanguage: [en, fr]\ndatasets: [imdb]\ntags: [tiny]\n---\n# A model\n"
    _write(folder, "README.md", card)
    config = {"architectures": ["BertForSequenceClassification"], "model_type": "bert"}
    _write(folder, "config.json", json.dumps(config))
    _write(folder, "tokenizer/vocab.txt", "\n".join(f"word{n}" for n in range(500)))
    _write(folder, "tokenizer/extra/merges.txt", "a b\n")
    _weights(folder, "model.safetensors", {"w": np.ones((100, 100), np.float32)})

    folder = root / SENTENCES
    _write(folder, "README.md", "---\nlicense: apache-2.0\nlanguage: en\n---\n")
    _write(folder, "modules.json", "[]")
    _weights(folder, "model.safetensors", {"w": np.ones((50, 100), np.float16)})

    folder = root / SHARDED
    _write(
        folder, "README.md", "---\npipeline_tag: text-generation\nlibrary_name: transformers\n---\n"
    )
    shards = {"model-00001-of-00002.safetensors": "a", "model-00002-of-00002.safetensors": "b"}
    for name, tensor in shards.items():
        _weights(folder, name, {tensor: np.ones((200, 100), np.float32)})
    index = {
        "metadata": {"total_size": 160_000},
        "weight_map": {tensor: name for name, tensor in shards.items()},
    }
    _write(folder, "model.safetensors.index.json", json.dumps(index))

    folder = root / LARGE
    _write(folder, "config.json", "{}")
    _weights(folder, "model.safetensors", {"w": _random(25 * MIB)})

    folder = root / GATED
    _write(folder, "README.md", "---\nlicense: other\n---\n")
    _weights(folder, "model.safetensors", {"w": np.ones((100, 50), np.float32)})

    folder = root / UNKNOWN_SIZE
    _write(folder, "README.md", "---\npipeline_tag: text-classification\n---\n")
    _weights(folder, "pytorch_model.safetensors", {"w": np.ones(10, np.float32)})
    (folder / "pytorch_model.bin").write_bytes(bytes(20_000))

    _gguf(root / QUANTISED)
    return {
        CLASSIFIER: Repository(
            CLASSIFIER, root / CLASSIFIER, downloads=900, likes=3, refs={"v1.0": None}
        ),
        SENTENCES: Repository(SENTENCES, root / SENTENCES, downloads=800, likes=50),
        SHARDED: Repository(SHARDED, root / SHARDED, downloads=700, likes=7),
        LARGE: Repository(LARGE, root / LARGE, downloads=600),
        GATED: Repository(GATED, root / GATED, gated="manual", downloads=500),
        UNKNOWN_SIZE: Repository(
            UNKNOWN_SIZE,
            root / UNKNOWN_SIZE,
            downloads=400,
            unsafe_files={"pytorch_model.bin": "unsafe"},
        ),
        QUANTISED: Repository(QUANTISED, root / QUANTISED, downloads=300, extra_tags=("en",)),
    }


@pytest.fixture(scope="module")
def running(repositories: dict[str, Repository]) -> Iterator[LoopbackHub]:
    renames = {"small/old-name": CLASSIFIER}
    with LoopbackHub(repositories.values(), tokens=TOKENS, renames=renames) as hub:
        yield hub


@pytest.fixture
def hub(running: LoopbackHub) -> Iterator[LoopbackHub]:
    """The same server for all tests, with nothing wrong and nothing recorded at the start."""
    before = dict(vars(running.settings))
    running.clear_requests()
    yield running
    running.faults.clear()
    for name, value in before.items():
        setattr(running.settings, name, value)
    assert running.errors == []


@pytest.fixture
def api(hub: LoopbackHub) -> HfApi:
    return HfApi(endpoint=hub.endpoint, token=False)


def _download(hub: LoopbackHub, repository: str, cache: Path, **more: object) -> Path:
    told = {"endpoint": hub.endpoint, "token": False, "cache_dir": cache, "max_workers": 1, **more}
    return Path(snapshot_download(repository, **told))


def _same(left: Path, right: Path) -> bool:
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (left, right)]
    return hashes[0] == hashes[1]


def _ids(models: Iterable[huggingface_hub.ModelInfo]) -> list[str]:
    return [model.id for model in models]


# Listing


def test_a_listing_is_followed_over_all_its_pages(hub: LoopbackHub, api: HfApi) -> None:
    hub.settings.page_size = 3
    ids = _ids(api.list_models(sort="downloads"))
    wanted = [CLASSIFIER, SENTENCES, SHARDED, LARGE, GATED, UNKNOWN_SIZE, QUANTISED]
    assert ids == wanted
    pages = hub.requests_to(path="/api/models")
    assert len(pages) == 3
    assert "cursor=" in pages[1].query
    assert "sort=downloads" in pages[2].query


def test_a_limit_smaller_than_a_page_takes_one_request(hub: LoopbackHub, api: HfApi) -> None:
    assert _ids(api.list_models(sort="likes", limit=2)) == [SENTENCES, SHARDED]
    assert len(hub.requests) == 1


def test_expand_gives_the_fields_asked_for_and_nothing_else(hub: LoopbackHub) -> None:
    address = f"{hub.endpoint}/api/models?expand=safetensors&expand=gated&search=classifier"
    with urlopen(address) as answer:
        rows = json.load(answer)
    assert set(rows[0]) == {"_id", "id", "safetensors", "gated"}
    assert rows[0]["safetensors"]["total"] == 10_000


def test_a_plain_listing_knows_neither_size_nor_gate(api: HfApi) -> None:
    model = next(api.list_models(search="gated"))
    assert model.id == GATED
    assert model.gated is None
    assert model.safetensors is None
    assert model.downloads == 500


def test_a_full_listing_names_the_files_and_the_commit(hub: LoopbackHub, api: HfApi) -> None:
    model = next(api.list_models(search="classifier", full=True, cardData=True))
    assert model.sha == hub.sha(CLASSIFIER)
    assert model.siblings is not None
    assert "tokenizer/vocab.txt" in [file.rfilename for file in model.siblings]
    assert model.card_data is not None
    assert model.card_data.license == "mit"


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"search": "SENT"}, {SENTENCES}),
        ({"author": "big"}, {SHARDED, LARGE}),
        ({"filter": "license:mit"}, {CLASSIFIER}),
        ({"filter": ["en", "safetensors"]}, {CLASSIFIER, SENTENCES}),
        ({"filter": ["en", "license:apache-2.0"]}, {SENTENCES}),
        ({"filter": "sentence-transformers"}, {SENTENCES}),
        ({"filter": "transformers"}, {CLASSIFIER, SHARDED}),
        ({"trained_dataset": "imdb"}, {CLASSIFIER}),
        ({"pipeline_tag": "text-classification"}, {CLASSIFIER, UNKNOWN_SIZE}),
        ({"num_parameters": "min:4K,max:10K"}, {CLASSIFIER, SENTENCES, GATED, QUANTISED}),
        ({"num_parameters": "min:1M"}, {LARGE}),
        ({"num_parameters": "max:9K", "gated": False}, {SENTENCES, QUANTISED}),
        ({"gated": True}, {GATED}),
        ({"apps": "llama.cpp"}, {QUANTISED}),
    ],
)
def test_a_filter_leaves_the_models_it_describes(
    api: HfApi, query: dict[str, object], wanted: set[str]
) -> None:
    assert set(_ids(api.list_models(**query))) == wanted


def test_a_size_filter_hides_models_whose_size_the_hub_does_not_know(
    api: HfApi,
) -> None:
    assert UNKNOWN_SIZE not in _ids(api.list_models(num_parameters="min:0,max:999B"))
    assert UNKNOWN_SIZE in _ids(api.list_models())


def test_an_expansion_the_hub_does_not_know_is_a_bad_request(api: HfApi) -> None:
    with pytest.raises(errors.BadRequestError):
        next(api.list_models(expand=["securityStatus"]))


# One model


def test_model_info_gives_sizes_hashes_and_the_scanners_verdict(
    hub: LoopbackHub, api: HfApi, repositories: dict[str, Repository]
) -> None:
    info = api.model_info(UNKNOWN_SIZE, files_metadata=True, securityStatus=True)
    assert info.sha == hub.sha(UNKNOWN_SIZE)
    assert info.siblings is not None
    files = {file.rfilename: file for file in info.siblings}
    weights = repositories[UNKNOWN_SIZE].folder / "pytorch_model.bin"
    lfs = files["pytorch_model.bin"].lfs
    assert lfs is not None
    assert lfs.sha256 == hashlib.sha256(weights.read_bytes()).hexdigest()
    assert files["README.md"].lfs is None
    readme = repositories[UNKNOWN_SIZE].folder / "README.md"
    assert files["README.md"].size == readme.stat().st_size
    assert info.security_repo_status == {
        "scansDone": True,
        "filesWithIssues": [{"path": "pytorch_model.bin", "level": "unsafe"}],
    }


def test_tags_task_and_library_are_read_off_the_files_as_the_hub_does(api: HfApi) -> None:
    info = api.model_info(CLASSIFIER)
    assert (info.library_name, info.pipeline_tag) == ("transformers", "text-classification")
    assert info.tags == [
        "transformers", "safetensors", "bert", "text-classification", "tiny", "en", "fr",
        "dataset:imdb", "license:mit", "region:us",
    ]  # fmt: skip
    assert info.transformers_info is not None
    assert info.transformers_info.auto_model == "AutoModelForSequenceClassification"
    assert info.config == {
        "architectures": ["BertForSequenceClassification"],
        "model_type": "bert",
    }


def test_a_gguf_model_has_its_count_and_no_task(api: HfApi) -> None:
    info = api.model_info(QUANTISED)
    assert info.gguf is not None
    assert (info.gguf["total"], info.gguf["architecture"]) == (6400, "llama")
    assert info.gguf["context_length"] == 2048
    assert (info.pipeline_tag, info.library_name, info.safetensors) == (None, None, None)


def test_fields_can_be_hidden_and_overridden(repositories: dict[str, Repository]) -> None:
    folder = repositories[CLASSIFIER].folder
    hidden = Repository(
        "x/hidden", folder, hide_safetensors=True, hide_pipeline_tag=True, hide_library_name=True
    )
    told = Repository("x/told", folder, pipeline_tag="token-classification", tags=("pytorch",))
    with LoopbackHub([hidden, told]) as hub:
        api = HfApi(endpoint=hub.endpoint, token=False)
        info = api.model_info("x/hidden")
        assert (info.safetensors, info.pipeline_tag, info.library_name) == (None, None, None)
        info = api.model_info("x/told", expand=["pipeline_tag", "tags"])
        assert (info.pipeline_tag, info.tags) == ("token-classification", ["pytorch"])


def test_every_answer_of_the_api_announces_the_rate_limit(hub: LoopbackHub, api: HfApi) -> None:
    api.model_info(CLASSIFIER)
    limit = parse_ratelimit_headers(hub.requests[0].answer_headers)
    assert limit is not None
    assert (limit.resource_type, limit.limit, limit.window_seconds) == ("api", 500, 300)


def test_a_renamed_model_is_found_under_its_old_name(
    hub: LoopbackHub, api: HfApi, tmp_path: Path
) -> None:
    assert api.model_info("small/old-name").id == CLASSIFIER
    assert (_download(hub, "small/old-name", tmp_path) / "config.json").is_file()


# Trees, references, revisions


def test_a_tree_lists_folders_and_files_page_by_page(hub: LoopbackHub, api: HfApi) -> None:
    hub.settings.tree_page_size = 2
    paths = [entry.path for entry in api.list_repo_tree(CLASSIFIER, recursive=True)]
    assert paths == [
        "README.md", "config.json", "model.safetensors", "tokenizer", "tokenizer/extra",
        "tokenizer/extra/merges.txt", "tokenizer/vocab.txt",
    ]  # fmt: skip
    assert len(hub.requests) == 4
    inner = [entry.path for entry in api.list_repo_tree(CLASSIFIER, "tokenizer/extra")]
    assert inner == ["tokenizer/extra/merges.txt"]


def test_an_expanded_tree_tells_the_last_commit_and_the_scans(api: HfApi) -> None:
    entries = {entry.path: entry for entry in api.list_repo_tree(UNKNOWN_SIZE, expand=True)}
    weights = entries["pytorch_model.bin"]
    assert isinstance(weights, huggingface_hub.hf_api.RepoFile)
    assert weights.security is not None
    assert (weights.security.safe, weights.security.status) == (False, "unsafe")
    assert weights.last_commit is not None


def test_paths_info_passes_over_what_does_not_exist(api: HfApi) -> None:
    rows = api.get_paths_info(CLASSIFIER, ["config.json", "tokenizer", "no.txt"], expand=True)
    assert [row.path for row in rows] == ["config.json", "tokenizer"]


def test_git_would_give_the_files_the_same_ids(
    api: HfApi, repositories: dict[str, Repository]
) -> None:
    (row,) = api.get_paths_info(CLASSIFIER, ["config.json"])
    assert isinstance(row, huggingface_hub.hf_api.RepoFile)
    content = (repositories[CLASSIFIER].folder / "config.json").read_bytes()
    assert row.blob_id == hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def test_a_revision_can_be_a_tag_a_commit_or_the_start_of_one(hub: LoopbackHub, api: HfApi) -> None:
    sha = hub.sha(CLASSIFIER)
    for revision in (None, "main", "v1.0", sha, sha[:8]):
        assert api.model_info(CLASSIFIER, revision=revision).sha == sha
    refs = api.list_repo_refs(CLASSIFIER)
    assert [ref.name for ref in refs.branches] == ["main"]
    assert [(ref.name, ref.target_commit) for ref in refs.tags] == [("v1.0", sha)]
    assert api.list_repo_commits(CLASSIFIER)[0].commit_id == sha


def test_after_a_new_commit_the_old_one_can_still_be_downloaded(tmp_path: Path) -> None:
    for version in ("one", "two"):
        _write(tmp_path / version, "config.json", json.dumps({"version": version}))
    with LoopbackHub([Repository("x/moving", tmp_path / "one")]) as hub:
        api = HfApi(endpoint=hub.endpoint, token=False)
        first = api.model_info("x/moving").sha
        hub.publish(Repository("x/moving", tmp_path / "two"))
        assert api.model_info("x/moving").sha != first
        old = _download(hub, "x/moving", tmp_path / "cache", revision=first)
        assert json.loads((old / "config.json").read_text()) == {"version": "one"}


def test_what_does_not_exist_is_told_apart(hub: LoopbackHub, api: HfApi, tmp_path: Path) -> None:
    with pytest.raises(errors.RepositoryNotFoundError):
        api.model_info("nobody/nothing")
    with pytest.raises(errors.RevisionNotFoundError):
        api.model_info(CLASSIFIER, revision="v9")
    with pytest.raises(errors.RemoteEntryNotFoundError):
        list(api.list_repo_tree(CLASSIFIER, "additional_chat_templates"))
    with pytest.raises(errors.RemoteEntryNotFoundError):
        api.hf_hub_download(CLASSIFIER, "no.json", cache_dir=tmp_path)
    assert list(tmp_path.glob(f"models--*/.no_exist/{hub.sha(CLASSIFIER)}/no.json"))
    assert not api.file_exists(CLASSIFIER, "no.json")


# Downloads


def test_a_snapshot_arrives_as_it_is_and_is_not_fetched_twice(
    hub: LoopbackHub, tmp_path: Path, repositories: dict[str, Repository]
) -> None:
    folder = _download(hub, CLASSIFIER, tmp_path)
    assert folder.name == hub.sha(CLASSIFIER)
    original = repositories[CLASSIFIER].folder
    names = [path.relative_to(original) for path in original.rglob("*") if path.is_file()]
    assert len(names) == 5
    assert all(_same(folder / name, original / name) for name in names)
    hub.clear_requests()
    assert _download(hub, CLASSIFIER, tmp_path) == folder
    assert len(hub.requests) == 1
    hub.clear_requests()
    assert _download(hub, CLASSIFIER, tmp_path, revision=folder.name) == folder
    assert hub.requests == []


def test_large_files_come_from_a_second_origin_that_sees_no_token(
    hub: LoopbackHub, tmp_path: Path
) -> None:
    _download(hub, GATED, tmp_path, token="hf_member")
    (fetched,) = hub.requests_to(origin="cdn")
    assert "authorization" not in fetched.headers
    assert "hf_member" not in fetched.query
    own = hub.requests_to(origin="api", path="/resolve/")
    assert own
    assert all(each.headers["authorization"] == "Bearer hf_member" for each in own)


def test_the_cdns_etag_is_not_the_hash_of_the_content(hub: LoopbackHub, tmp_path: Path) -> None:
    folder = _download(hub, SENTENCES, tmp_path)
    blob = (folder / "model.safetensors").resolve().name
    (fetched,) = hub.requests_to(origin="cdn")
    assert fetched.answer_headers["etag"].strip('"') != blob
    assert len(blob) == 64


def test_small_files_come_packed_from_where_they_are_cached(
    hub: LoopbackHub, tmp_path: Path
) -> None:
    _download(hub, CLASSIFIER, tmp_path, allow_patterns=["tokenizer/vocab.txt"])
    head = hub.requests_to(method="HEAD", path="/resolve/")[0]
    assert head.status == 307
    assert head.answer_headers["location"].startswith("/api/resolve-cache/")
    (get,) = hub.requests_to(method="GET", path="vocab.txt")
    assert get.answer_headers["content-encoding"] == "gzip"
    assert "content-length" not in get.answer_headers


def test_an_offer_of_xet_changes_nothing_for_a_client_that_does_without(
    hub: LoopbackHub, tmp_path: Path, repositories: dict[str, Repository]
) -> None:
    hub.settings.announce_xet = True
    folder = _download(hub, SENTENCES, tmp_path)
    head = hub.requests_to(method="HEAD", path="model.safetensors")[0]
    assert "x-xet-hash" in head.answer_headers
    original = repositories[SENTENCES].folder / "model.safetensors"
    assert _same(folder / "model.safetensors", original)


def test_the_header_of_the_weights_is_read_without_the_weights(
    hub: LoopbackHub, api: HfApi
) -> None:
    metadata = api.get_safetensors_metadata(LARGE)
    assert metadata.parameter_count == {"U8": 25 * MIB}
    (fetched,) = hub.requests_to(method="GET", origin="cdn")
    assert (fetched.status, fetched.bytes_sent) == (206, 100_001)
    assert fetched.answer_headers["content-range"].startswith("bytes 0-100000/")


def test_the_headers_of_all_shards_come_in_one_answer(hub: LoopbackHub, api: HfApi) -> None:
    metadata = api.get_sharded_safetensors_metadata(SHARDED)
    assert metadata.parameter_count == {"F32": 40_000}
    assert len(hub.requests) == 1
    info = api.model_info(SHARDED)
    assert info.safetensors is not None
    assert info.safetensors.total == 40_000


def test_a_model_without_safetensors_says_so(api: HfApi) -> None:
    with pytest.raises(errors.NotASafetensorsRepoError):
        api.get_safetensors_metadata(QUANTISED)


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ("bytes=0-9", 206, "bytes 0-9/{}"),
        ("bytes=10-", 206, "bytes 10-{last}/{}"),
        ("bytes=-5", 206, "bytes {tail}-{last}/{}"),
        ("bytes=99999999-", 416, "bytes */{}"),
        ("lines=1-2", 200, None),
    ],
)
def test_ranges_are_answered_as_the_standard_says(
    hub: LoopbackHub, asked: str, status: int, said: str | None
) -> None:
    address = huggingface_hub.hf_hub_url(SENTENCES, "model.safetensors", endpoint=hub.endpoint)
    client = huggingface_hub.get_session()
    answer = client.get(address, headers={"Range": asked}, follow_redirects=True)
    size = int(client.head(address, follow_redirects=True).headers["Content-Length"])
    assert answer.status_code == status
    wanted = said and said.format(size, last=size - 1, tail=size - 5)
    assert answer.headers.get("content-range") == wanted


def test_a_signed_address_does_not_last_for_ever(hub: LoopbackHub) -> None:
    hub.settings.link_lifetime = -1
    address = huggingface_hub.hf_hub_url(SENTENCES, "model.safetensors", endpoint=hub.endpoint)
    answer = huggingface_hub.get_session().get(address, follow_redirects=True)
    assert answer.status_code == 403
    assert str(answer.url).startswith(hub.cdn)


# Closed repositories


@pytest.mark.parametrize(
    ("token", "status"), [(False, 401), ("hf_nobodys", 401), ("hf_stranger", 403)]
)
def test_a_gated_file_is_refused_to_those_without_access(
    hub: LoopbackHub, tmp_path: Path, token: str | bool, status: int
) -> None:
    api = HfApi(endpoint=hub.endpoint, token=token)
    assert api.model_info(GATED).gated == "manual"
    with pytest.raises(errors.GatedRepoError) as refused:
        api.auth_check(GATED)
    assert refused.value.response.status_code == status
    with pytest.raises(errors.GatedRepoError):
        _download(hub, GATED, tmp_path, token=token)


def test_a_gated_file_opens_to_a_member(hub: LoopbackHub, tmp_path: Path) -> None:
    HfApi(endpoint=hub.endpoint, token="hf_member").auth_check(GATED)
    folder = _download(hub, GATED, tmp_path, token="hf_member")
    assert (folder / "model.safetensors").is_file()


def test_private_and_disabled_models(tmp_path: Path) -> None:
    _write(tmp_path / "repo", "config.json", "{}")
    private = Repository("x/private", tmp_path / "repo", private=True)
    disabled = Repository("x/disabled", tmp_path / "repo", disabled=True)
    with LoopbackHub([private, disabled], tokens={"hf_owner": {"x/private"}}) as hub:
        anyone = HfApi(endpoint=hub.endpoint, token=False)
        owner = HfApi(endpoint=hub.endpoint, token="hf_owner")
        assert "x/private" not in _ids(anyone.list_models())
        with pytest.raises(errors.RepositoryNotFoundError):
            anyone.model_info("x/private")
        assert owner.model_info("x/private").private is True
        assert owner.whoami()["name"] == "loopback"
        with pytest.raises(errors.DisabledRepoError):
            anyone.model_info("x/disabled")


# Faults


def test_a_listing_waits_out_the_rate_limit(hub: LoopbackHub, api: HfApi) -> None:
    fault = hub.faults.answer_status(429, ratelimit='"api";r=0;t=0', path="^/api/models$", times=1)
    assert len(_ids(api.list_models())) == 7
    assert fault.strikes == 1
    assert [each.status for each in hub.requests] == [429, 200]


def test_a_listing_obeys_retry_after(hub: LoopbackHub, api: HfApi) -> None:
    hub.faults.answer_status(503, retry_after=0, path="^/api/models$", times=1)
    began = time.monotonic()
    assert len(_ids(api.list_models())) == 7
    assert time.monotonic() - began >= 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_model_info_gives_up_at_the_first_refusal(
    hub: LoopbackHub, api: HfApi, status: int
) -> None:
    hub.faults.answer_status(status, path=f"/api/models/{CLASSIFIER}")
    with pytest.raises(errors.HfHubHTTPError) as refused:
        api.model_info(CLASSIFIER)
    assert refused.value.response.status_code == status
    assert len(hub.requests) == 1


def test_a_dropped_connection_is_resumed_by_the_client_with_a_range_request(
    hub: LoopbackHub, tmp_path: Path, repositories: dict[str, Repository]
) -> None:
    fault = hub.faults.drop_after(15 * MIB, origin="cdn", times=1)
    folder = _download(hub, LARGE, tmp_path)
    name = "model.safetensors"
    assert _same(folder / name, repositories[LARGE].folder / name)
    first, second = hub.requests_to(origin="cdn")
    assert fault.strikes == 1
    assert first.bytes_sent == 15 * MIB
    # The client keeps whole chunks only.
    assert second.headers["range"] == f"bytes={constants.DOWNLOAD_CHUNK_SIZE}-"
    assert second.status == 206


def test_a_resumed_download_starts_over_where_ranges_are_ignored(
    hub: LoopbackHub, tmp_path: Path, repositories: dict[str, Repository]
) -> None:
    hub.faults.drop_after(15 * MIB, origin="cdn", times=1)
    hub.faults.ignore_range(origin="cdn")
    folder = _download(hub, LARGE, tmp_path)
    name = "model.safetensors"
    assert _same(folder / name, repositories[LARGE].folder / name)
    assert [each.status for each in hub.requests_to(origin="cdn")] == [200, 200]


def test_a_stall_is_cut_short_by_the_clients_timeout(
    hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 1)
    hub.faults.stall(30, at=12 * MIB, origin="cdn", times=1)
    began = time.monotonic()
    folder = _download(hub, LARGE, tmp_path)
    assert 2 <= time.monotonic() - began < 15
    assert (folder / "model.safetensors").stat().st_size > 25 * MIB
    assert "range" in hub.requests_to(origin="cdn")[1].headers


def test_a_flipped_byte_is_accepted_by_the_client_and_found_by_its_checksums(
    hub: LoopbackHub, api: HfApi, tmp_path: Path
) -> None:
    fault = hub.faults.flip_byte(5_000, origin="cdn")
    _download(hub, SENTENCES, tmp_path)
    hub.faults.clear()
    _download(hub, SENTENCES, tmp_path)
    assert fault.strikes == 1
    verdict = api.verify_repo_checksums(SENTENCES, cache_dir=tmp_path)
    assert [wrong["path"] for wrong in verdict.mismatches] == ["model.safetensors"]


def test_a_flip_is_at_its_offset_in_the_file_also_within_a_range(hub: LoopbackHub) -> None:
    address = huggingface_hub.hf_hub_url(SENTENCES, "model.safetensors", endpoint=hub.endpoint)
    client = huggingface_hub.get_session()

    def read() -> bytes:
        headers = {"Range": "bytes=4000-5999"}
        return bytes(client.get(address, headers=headers, follow_redirects=True).content)

    before = read()
    hub.faults.flip_byte(5_000, origin="cdn")
    after = read()
    assert [n for n, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]] == [
        1_000
    ]


def test_a_short_body_fails_the_clients_check_of_the_size(hub: LoopbackHub, tmp_path: Path) -> None:
    hub.faults.truncate(4_000, origin="cdn")
    with pytest.raises(OSError, match="Consistency check failed"):
        _download(hub, SENTENCES, tmp_path)
    assert not list(tmp_path.glob("models--*/blobs/*.incomplete"))


def test_a_slow_line_is_slow(hub: LoopbackHub, tmp_path: Path) -> None:
    hub.faults.slow(10_000, origin="cdn")
    began = time.monotonic()
    _download(hub, SENTENCES, tmp_path)
    assert 0.8 < time.monotonic() - began < 5


def test_a_hub_that_says_nothing_runs_into_the_callers_timeout(
    hub: LoopbackHub, api: HfApi
) -> None:
    fault = hub.faults.hang(30, path=f"/api/models/{CLASSIFIER}")
    with pytest.raises(Exception, match="timed out"):
        api.model_info(CLASSIFIER, timeout=0.3)
    assert fault.strikes == 1
    assert hub.requests[0].status is None


def test_answers_can_be_broken_or_of_the_wrong_type(hub: LoopbackHub, api: HfApi) -> None:
    fault = hub.faults.broken_json(path="^/api/models$")
    with pytest.raises(ValueError):
        next(api.list_models())
    hub.faults.clear()
    hub.faults.replace_body(b"<html>Welcome to our network</html>", "text/html", origin="api")
    with pytest.raises(ValueError):
        api.model_info(CLASSIFIER)
    hub.faults.clear()
    hub.faults.edit_json(lambda info: {**info, "downloads": "many"}, path=CLASSIFIER)
    assert api.model_info(CLASSIFIER).downloads == "many"
    assert fault.strikes == 1


def test_an_answer_without_the_commit_is_not_taken_for_a_hubs(
    hub: LoopbackHub, api: HfApi, tmp_path: Path
) -> None:
    hub.faults.without_header("X-Repo-Commit")
    with pytest.raises(errors.LocalEntryNotFoundError) as refused:
        api.hf_hub_download(SENTENCES, "model.safetensors", cache_dir=tmp_path)
    assert isinstance(refused.value.__cause__, errors.FileMetadataError)


def test_a_fault_can_let_some_requests_pass_first(hub: LoopbackHub, api: HfApi) -> None:
    hub.faults.answer_status(500, path=f"/api/models/{CLASSIFIER}", after=1, times=1)
    api.model_info(CLASSIFIER)
    with pytest.raises(errors.HfHubHTTPError):
        api.model_info(CLASSIFIER)
    api.model_info(CLASSIFIER)


# The server itself


def test_closing_does_not_wait_for_answers_under_way(repositories: dict[str, Repository]) -> None:
    with LoopbackHub([repositories[CLASSIFIER]]) as hub:
        hub.faults.hang(60, path="/api/models/")
        with pytest.raises(Exception, match="timed out"):
            HfApi(endpoint=hub.endpoint, token=False).model_info(CLASSIFIER, timeout=0.2)
        began = time.monotonic()
        hub.close()
    assert time.monotonic() - began < 5


def test_the_same_files_give_the_same_commit(repositories: dict[str, Repository]) -> None:
    folder = repositories[CLASSIFIER].folder
    with LoopbackHub([Repository("a/one", folder), Repository("b/two", folder)]) as hub:
        assert hub.sha("a/one") == hub.sha("b/two")


def test_a_folder_can_be_served_by_hand(repositories: dict[str, Repository]) -> None:
    root = repositories[CLASSIFIER].folder.parent.parent
    command = [sys.executable, "-m", "tests.loopback_hub", "--root", str(root)]
    home = Path(__file__).parents[2]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=home) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().strip() for _ in range(2)]
        endpoint = lines[1].removeprefix("HF_ENDPOINT=")
        with urlopen(f"{endpoint}/api/models?sort=downloads&limit=2") as answer:
            assert len(json.load(answer)) == 2
            query = parse_qs(answer.headers["Link"].partition("?")[2].partition(">")[0])
        process.terminate()
    assert lines[0] == "# 7 repositories"
    assert set(query) == {"sort", "limit", "cursor"}
