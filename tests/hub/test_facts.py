# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import struct
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector.errors import BadReference, HubAnswerBad, UnsafePath
from selector.hub import headers
from selector.hub.client import HubClient
from selector.hub.complete import complete
from selector.hub.facts import facts_from_info, weight_format, with_file_sizes
from selector.hub.judge import row_of
from selector.hub.local_facts import card_of
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
    assert facts.parameters == 90
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
           "gated", "lastModified", "pipeline_tag")  # fmt: skip


@given(st.dictionaries(st.sampled_from(_FIELDS), _JSON))
def test_wrong_types_never_raise_anything_else(fields: dict[str, Any]) -> None:
    try:
        row = row_of(_raw(**fields))
    except (HubAnswerBad, UnsafePath):
        return
    assert row.downloads >= 0
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
    assert headers.weights_by_dtype(body[8 : 8 + length]) == {"BF16": 2000}


@given(st.binary(max_size=64))
def test_noise_is_no_header(noise: bytes) -> None:
    try:
        length = headers.header_length(noise)
        headers.weights_by_dtype(noise[8 : 8 + length])
    except HubAnswerBad:
        pass


@pytest.mark.parametrize(
    "header", [[], {"w": 1}, {"w": {"dtype": "F32", "shape": [-1]}}, {"w": {"dtype": "F32", "shape": ["x"]}}]
)  # fmt: skip
def test_a_wrong_header_is_told(header: object) -> None:
    with pytest.raises(HubAnswerBad):
        headers.weights_by_dtype(json.dumps(header).encode())


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


def test_a_gated_model_stays_known_by_its_sizes(client: HubClient, hub: LoopbackHub) -> None:
    raw = next(r for r in client.list_models() if r["id"] == "org/gated")
    del raw["safetensors"]
    done = complete(client, facts_from_info(raw))
    assert done.parameters


# -- cards ------------------------------------------------------------------------------------------


def test_a_card_on_disk_is_read() -> None:
    text = "---\nlicense: mit\nlanguage:\n- en\n- fr\ntags:\n- x\npipeline_tag: 'fill-mask'\n---\nlicense: no"
    assert card_of(text) == {
        "license": ["mit"],
        "language": ["en", "fr"],
        "pipeline_tag": ["fill-mask"],
    }
    assert card_of("license: mit") == {}
    assert card_of("---\nlanguage: [en, de]") == {"language": ["en", "de"]}


@given(st.text(max_size=200))
def test_any_card_is_read(text: str) -> None:
    card_of(f"---\n{text}")
