# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import math
import struct
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector import registry
from selector.errors import BadReference, HubAnswerBad, UnsafePath
from selector.hub import headers
from selector.hub.client import HubClient
from selector.hub.complete import complete
from selector.hub.facts import facts_from_info, weight_format, with_file_sizes, with_weights
from selector.hub.judge import row_of
from selector.hub.safe_path import is_safe, safe_path
from selector.reference import parse_reference
from tests.hub.conftest import folder, safetensors
from tests.loopback_hub import LoopbackHub, Repository

SHA = "a" * 40


def _raw(**fields: Any) -> dict[str, Any]:
    return {"id": "org/name", "sha": SHA, "siblings": [], **fields}


# -- paths ------------------------------------------------------------------------------------------

HOSTILE = [
    "", "/", "/etc/passwd", "..", "../x", "a/../../x", "a/..", "./a", "a//b", "a/", "a\\b", "\\\\s\\x",
    "C:", "C:/x", "c:x", "::", "1:/x", "é:x", "a\0", "a\nb", "con", "NUL.txt", "a/aux/b", "COM1", "lpt9.bin", "a.", "a ",
    "b./c", "~/x", "x" * 300, "a/" * 600 + "b", "\ud800", "CON .txt",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_unsafe(name: str) -> None:
    assert not is_safe(name)
    with pytest.raises(UnsafePath):
        safe_path(name)


@pytest.mark.parametrize(
    "name",
    ["config.json", "1_Pooling/config.json", "a b.txt", "..x", "x..y", ".gitattributes", "é/ß.txt",
     "runs/Dec01_12:30:00/events", "console.txt", "model-00001-of-00002.safetensors", "<b>.txt"],
)  # fmt: skip
def test_an_ordinary_name_is_safe(name: str) -> None:
    assert safe_path(name) == name


@given(st.text(alphabet=st.sampled_from("ab./\\:~ \0C"), max_size=12) | st.text(max_size=30))
def test_a_safe_name_never_leaves_its_folder_on_any_system(name: str) -> None:
    if not is_safe(name):
        return
    for flavour, root in ((PurePosixPath, "/root/x"), (PureWindowsPath, "D:/root/x")):
        joined = flavour(root) / name
        assert joined.is_relative_to(flavour(root))
        assert ".." not in joined.parts
        assert joined != flavour(root)


# -- references -------------------------------------------------------------------------------------

_WORD = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.]{0,20}[A-Za-z0-9_]", fullmatch=True).filter(
    lambda text: ".." not in text
)


@given(
    _WORD,
    _WORD,
    st.none() | _WORD.filter(lambda t: t[0] != "_"),
    st.sampled_from(["", "#onnx", "#torch-fp32"]),
)
def test_a_reference_survives_being_written(
    a: str, b: str, revision: str | None, engine: str
) -> None:
    text = f"{a}/{b}" + (f"@{revision}" if revision else "") + engine
    assert str(parse_reference(text)) == text


@given(st.text(max_size=60))
def test_any_text_is_a_reference_or_a_bad_one(text: str) -> None:
    try:
        repo = parse_reference(text).repo
    except BadReference:
        return
    assert repo.count("/") <= 1
    assert ".." not in repo
    assert not repo.startswith("/")


# -- the Hub's answer -------------------------------------------------------------------------------


def test_a_full_answer() -> None:
    facts = facts_from_info(
        _raw(
            siblings=[
                {
                    "rfilename": "model.safetensors",
                    "size": 9,
                    "lfs": {"sha256": "b" * 64, "size": 9},
                },
                {"rfilename": "config.json", "size": 5, "blobId": "c" * 40},
            ],
            safetensors={"parameters": {"F32": 100, "I64": 2}, "total": 90},
            config={"model_type": "bert", "tokenizer_config": {"chat_template": "x" * 10_000}},
        )
    )
    assert facts.parameters == 88
    assert facts.parameters_by_dtype == {"F32": 100, "I64": 2}
    assert facts.stored_bytes == 416
    assert facts.weight_format == "safetensors"
    assert facts.basis == "hub"
    assert facts.config == {"model_type": "bert"}
    assert [(f.sha256, f.git_sha1) for f in facts.files] == [("b" * 64, None), (None, "c" * 40)]


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["model.safetensors", "pytorch_model.bin", "x.gguf"], "safetensors"),
        (["onnx/model.onnx", "m.gguf"], "onnx"),
        (["m-Q4_K_M.gguf", "pytorch_model.bin"], "gguf"),
        (["pytorch_model.bin"], "pickle"),
        (["weights.ckpt"], "pickle"),
        (["adapter_model.safetensors"], None),
        (["optimizer.pt", "training_args.bin"], None),
        (["tf_model.h5", "README.md"], None),
        ([], None),
    ],
)
def test_the_safest_format_counts(names: list[str], kind: str | None) -> None:
    assert weight_format(names) == kind


def test_remote_code_is_seen_in_configuration_and_tags() -> None:
    assert facts_from_info(_raw(config={"auto_map": {}})).needs_remote_code
    assert facts_from_info(_raw(tags=["custom_code"])).needs_remote_code
    assert not facts_from_info(_raw()).needs_remote_code


def test_gguf_counts_weights_not_bytes() -> None:
    raw = _raw(
        siblings=[{"rfilename": "m.gguf"}], gguf={"total": 752_393_024, "totalFileSize": 1_500_000}
    )
    assert facts_from_info(raw).parameters == 752_393_024


def test_sizes_of_files_are_the_last_resort() -> None:
    raw = _raw(siblings=[{"rfilename": "pytorch_model.bin", "size": 400_000}])
    facts = with_file_sizes(facts_from_info(raw))
    assert (facts.parameters, facts.basis) == (100_000, "file size")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)
_FIELDS = ("siblings", "safetensors", "gguf", "config", "tags", "cardData", "downloads", "likes",
           "gated", "lastModified", "pipeline_tag", "evalResults", "model-index", "createdAt",
           "library_name", "securityRepoStatus")  # fmt: skip


@given(st.dictionaries(st.sampled_from(_FIELDS), _JSON))
def test_wrong_types_never_raise_anything_else(fields: dict[str, Any]) -> None:
    try:
        row = row_of(_raw(**fields))
    except (HubAnswerBad, UnsafePath):
        return
    assert row.downloads is None or row.downloads >= 0
    assert row.facts.parameters is None or row.facts.parameters > 0


@given(_JSON, _JSON)
def test_identity_is_checked(repo: Any, sha: Any) -> None:
    with pytest.raises(HubAnswerBad):
        facts_from_info({"id": repo, "sha": sha if sha != SHA else None})


def test_a_name_with_markup_is_no_name() -> None:
    with pytest.raises(HubAnswerBad):
        facts_from_info(_raw(id="<img src=x>/a"))


# -- headers ----------------------------------------------------------------------------------------


def test_a_header_is_counted() -> None:
    body = safetensors(4000, "BF16")
    length = headers.header_length(body[:8])
    assert headers.tensors_of(body[8 : 8 + length]).by_dtype == {"BF16": 2000}


@given(st.binary(max_size=64))
def test_noise_is_no_header(noise: bytes) -> None:
    try:
        length = headers.header_length(noise)
        headers.tensors_of(noise[8 : 8 + length])
    except HubAnswerBad:
        pass


@pytest.mark.parametrize(
    "header", [[], {"w": 1}, {"w": {"dtype": "F32", "shape": [2**40, 2**40]}},
               {"w": {"dtype": "F32", "shape": [1] * 200}},
               {"w": {"dtype": "F32", "shape": [-1]}}, {"w": {"dtype": "F32", "shape": ["x"]}}]
)  # fmt: skip
def test_a_wrong_header_is_told(header: object) -> None:
    with pytest.raises(HubAnswerBad):
        headers.tensors_of(json.dumps(header).encode())


def _header(**tensors: list[int]) -> bytes:
    at, entries = 0, {}
    for name, shape in tensors.items():
        size = 4 * math.prod(shape)
        entries[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    return json.dumps(entries).encode()


def test_tied_weights_count_once_and_only_where_the_configuration_ties_them() -> None:
    header = _header(
        **{"model.embed_tokens.weight": [100, 8], "lm_head.weight": [100, 8], "w": [8]}
    )
    tensors = headers.tensors_of(header)
    assert tensors.parameters(tied=True) == 808
    assert tensors.parameters(tied=False) == 1608
    facts = facts_from_info(_raw(config={"tie_word_embeddings": True}))
    assert with_weights(facts, tensors).parameters == 808
    assert with_weights(facts, tensors).stored_bytes == 4 * 1608
    facts = facts_from_info(_raw(config={"tie_word_embeddings": "yes"}))
    assert with_weights(facts, tensors).parameters == 1608


def test_tied_weights_in_two_shards_count_once() -> None:
    first = headers.tensors_of(_header(**{"model.embed_tokens.weight": [100, 8], "w": [8]}))
    last = headers.tensors_of(_header(**{"lm_head.weight": [100, 8], "v": [8]}))
    for tensors in (first + last, last + first):
        assert tensors.parameters(tied=True) == 816
        assert tensors.parameters(tied=False) == 1616
    other = headers.tensors_of(_header(**{"lm_head.weight": [90, 8]}))
    assert (first + other).parameters(tied=True) == 808 + 720, "another shape is another matrix"


def test_buffers_are_stored_and_no_parameters() -> None:
    # GPT-2 stores a mask of a million entries a layer; the Hub's own count includes it.
    header = _header(
        **{"h.0.attn.bias": [1, 1, 4, 4], "h.0.attn.c_attn.bias": [24], "wte.weight": [10, 8],
           "embeddings.position_ids": [1, 512]}
    )  # fmt: skip
    tensors = headers.tensors_of(header)
    assert tensors.parameters(tied=False) == 24 + 80
    assert sum(tensors.by_dtype.values()) == 16 + 24 + 80 + 512


def test_two_names_for_the_same_bytes_count_once() -> None:
    entry = {"dtype": "F32", "shape": [5], "data_offsets": [0, 20]}
    assert headers.tensors_of(json.dumps({"a": entry, "b": entry}).encode()).by_dtype == {"F32": 5}


def test_a_header_that_claims_exabytes_is_read_no_further(
    client: HubClient, hub: LoopbackHub, tmp_path: Path
) -> None:
    lie = struct.pack("<Q", 2**60) + b"{" * 300_000
    hub.publish(
        Repository("org/lie", folder(tmp_path / "lie", {"model.safetensors": lie}, weights=0), hide_safetensors=True)
    )  # fmt: skip
    facts = next(facts_from_info(r) for r in client.list_models() if r["id"] == "org/lie")
    hub.clear_requests()
    done = complete(client, facts)
    assert done.basis == "file size"
    assert sum(request.bytes_sent for request in hub.requests) < 150_000


# -- completion -------------------------------------------------------------------------------------


def test_a_model_the_hub_counts_nothing_for_is_counted_by_its_header(
    client: HubClient, hub: LoopbackHub
) -> None:
    raw = next(r for r in client.list_models() if r["id"] == "org/hidden")
    facts = facts_from_info(raw)
    assert facts.parameters is None
    hub.clear_requests()
    done = complete(client, facts)
    assert (done.parameters, done.basis) == (10_000, "header")
    assert done.config["hidden_size"] == 8
    assert all(file.size for file in done.files if file.path == "model.safetensors")
    assert len(hub.requests) <= 6


def test_a_long_header_and_shards(client: HubClient, hub: LoopbackHub, tmp_path: Path) -> None:
    tensors = {
        f"layer.{i}.{'x' * 60}": {"dtype": "F16", "shape": [1], "data_offsets": [2 * i, 2 * i + 2]}
        for i in range(1500)
    }
    text = json.dumps(tensors).encode()
    long = struct.pack("<Q", len(text)) + text + b"\0" * 3000
    index = {"metadata": {"total_size": 80_000}, "weight_map": {"a": "model-1.safetensors"}}
    files: dict[str, bytes | str] = {
        "model-1.safetensors": safetensors(40_000),
        "model.safetensors.index.json": json.dumps(index),
    }
    long_one = folder(tmp_path / "long", {"model.safetensors": long}, weights=0)
    hub.publish(Repository("org/long", long_one, hide_safetensors=True))
    shards = folder(tmp_path / "shards", files, weights=0)
    hub.publish(Repository("org/shards", shards, hide_safetensors=True))
    found = {raw["id"]: facts_from_info(raw) for raw in client.list_models()}
    assert complete(client, found["org/long"]).parameters_by_dtype == {"F16": 1500}
    assert complete(client, found["org/shards"]).parameters == 20_000


def test_three_hundred_shards_cost_a_handful_of_requests_and_their_bytes_are_right(
    client: HubClient, hub: LoopbackHub, tmp_path: Path
) -> None:
    names = [f"model-{n:05}-of-00300.safetensors" for n in range(1, 301)]
    shard = safetensors(4000)
    index = {
        "metadata": {"total_size": 300 * 4000, "total_parameters": 299_000},
        "weight_map": {f"layer.{n}": name for n, name in enumerate(names)} | {"bad": ["x"]},
    }
    files: dict[str, bytes | str] = dict.fromkeys(names, shard)
    files["model.safetensors.index.json"] = json.dumps(index)
    big = folder(tmp_path / "big", files, weights=0)
    (big / "pytorch_model.bin").write_bytes(b"x" * 50_000)
    hub.publish(Repository("org/big", big, hide_safetensors=True))
    facts = next(facts_from_info(r) for r in client.list_models() if r["id"] == "org/big")
    hub.clear_requests()
    done = complete(client, facts)
    assert len(hub.requests) <= 8
    assert (done.parameters, done.stored_bytes) == (299_000, 300 * 4000)
    planned = set(registry.engine("torch").files(done, "fp32"))
    weights = sum(f.size for f in done.files if f.path in planned and "model-" in f.path)
    assert weights == 300 * len(shard)


def test_a_gated_model_stays_known_by_its_sizes(client: HubClient, hub: LoopbackHub) -> None:
    raw = next(r for r in client.list_models() if r["id"] == "org/gated")
    del raw["safetensors"]
    done = complete(client, facts_from_info(raw))
    assert done.parameters
