# SPDX-License-Identifier: Apache-2.0
"""Every fact has a source or is unknown, whatever the Hub or an author sends."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from selector import registry
from selector.errors import PetitError
from selector.fit.predict import predict
from selector.hub.candidate import SearchResult
from selector.hub.card import front_matter
from selector.hub.facts import facts_from_info, with_config
from selector.hub.judge import candidate_of, row_of
from selector.hub.known import Known
from selector.hub.preflight import preflight, said
from selector.hub.ranking import rank
from selector.hub.reading import read
from selector.hub.repository_facts import (
    BaseModel,
    Claim,
    RepositoryFacts,
    Scan,
    repository_facts_from_json,
)
from selector.hub.results import candidate_from_json, candidate_to_json, result_to_json
from selector.hub.why import why_text
from selector.machine.facts import Cpu, Disk, Machine, Memory
from selector.wording import Wording
from tests.hub.test_card import CARD

SHA = "a" * 40
MACHINE = Machine("Linux", Cpu("cpu", 4, 8), Memory(16 * 10**9, 8 * 10**9), (), Disk("/", 10**11))
SIBLINGS = [{"rfilename": "model.safetensors"}, {"rfilename": "README.md"}]


def facts(**fields: Any) -> RepositoryFacts:
    raw = {"id": "org/name", "sha": SHA, "siblings": SIBLINGS, **fields}
    return read(raw, facts_from_info(raw))


def test_each_value_says_where_it_is_from() -> None:
    found = facts(
        cardData=front_matter(CARD),
        safetensors={"parameters": {"BF16": 900, "F32": 100}, "total": 1000},
        config={"architectures": ["BertModel"], "model_type": "bert", "max_position_embeddings": 512},
        tags=["base_model:org/base", "base_model:finetune:org/base"],
        library_name="transformers", pipeline_tag="text-classification", gated="auto",
        createdAt="2025-01-01", lastModified="2026-01-01", downloads=7, likes=1,
    )  # fmt: skip
    said = {name: (each["value"], each["source"]) for name, each in found.to_json().items()}
    assert said["parameters"] == (1000, "metadata")
    assert said["dtype"] == ("BF16", "metadata")
    assert said["architecture"] == ("BertModel", "config")
    assert said["context_tokens"] == (512, "config")
    assert said["languages"] == (["en", "no"], "card")
    assert said["gated"] == ("auto", "metadata")
    assert said["base_models"] == ([{"id": "org/base", "relation": "finetune"}], "card")
    assert said["datasets"] == (["glue", "sst2"], "card")
    assert said["carbon"] == ({"grams": 149200.5, "how": "fine-tuning"}, "card")
    assert said["created"] == ("2025-01-01", "metadata")
    assert said["remote_code"] == (False, "config")
    assert said["scan"] == (None, "unknown")
    assert said["custom_pipelines"] == (None, "unknown")
    assert set(found.documented.value or ()) == {
        "card", "licence", "languages", "datasets", "results", "base"
    }  # fmt: skip


def test_what_nobody_says_is_unknown() -> None:
    raw = {"id": "org/name", "sha": SHA, "siblings": []}
    found = read(raw, facts_from_info(raw)).to_json()
    assert {name for name, each in found.items() if each["source"] != "unknown"} == set()


def test_storage_used_is_never_a_size() -> None:
    assert "13400000000" not in json.dumps(facts(usedStorage=13_400_000_000).to_json())


def test_claims_are_claims_and_the_hubs_mark_is_needed_to_be_verified() -> None:
    metrics = [
        {"type": "accuracy", "value": 0.9, "verified": True, "verifyToken": "eyJ"},
        {"type": "f1", "value": "88.5%", "verified": True},
        {"type": "loss", "value": float("nan")},
        {"type": "mae", "value": [1]},
    ]
    index = [{"results": [{"dataset": {"name": "sst2"}, "metrics": metrics}]}]
    expected = (Claim("sst2", "accuracy", 0.9, True), Claim("sst2", "f1", 88.5, False))
    assert facts(**{"model-index": index}).claims == Known(expected, "card")
    assert facts(cardData={"model-index": index}).claims == Known(expected, "card")
    results = [
        {"dataset": {"id": "cais/mmlu", "task_id": "mmlu"}, "value": 71},
        {"data": {"dataset": {"id": "x/y"}, "value": 1, "verifyToken": "t"}, "filename": "a.yaml"},
        {"error": "unreadable"},
    ]
    found = facts(evalResults=results, **{"model-index": index}).claims
    assert found.source == "metadata"
    assert found.value == (
        Claim("cais/mmlu", "mmlu", 71.0, False),
        Claim("x/y", "score", 1.0, True),
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ({"scansDone": True, "filesWithIssues": []}, "safe"),
        ({"scansDone": False, "filesWithIssues": []}, "not scanned"),
        ({"filesWithIssues": []}, "not scanned"),
        ({"scansDone": "true", "filesWithIssues": []}, "not scanned"),
        ({"scansDone": True, "filesWithIssues": [{"path": "x.bin", "level": "unsafe"}]}, "issues"),
        ({"scansDone": True, "filesWithIssues": [{"path": "x.bin", "level": "brand-new"}]}, "issues"),
        ({"scansDone": True, "filesWithIssues": ["x.bin"]}, "issues"),
        ({"scansDone": True, "filesWithIssues": {"x.bin": "unsafe"}}, "issues"),
        ({"scansDone": True, "filesWithIssues": 3}, "issues"),
        ("all fine", "not scanned"),
        ([], "not scanned"),
    ],
)  # fmt: skip
def test_the_scan_fails_closed(status: Any, state: str) -> None:
    scan = facts(securityRepoStatus=status).scan.value
    assert scan is not None
    assert scan.state == state


def test_two_positions_of_roberta_hold_no_text() -> None:
    found = facts(config={"model_type": "roberta", "max_position_embeddings": 514})
    assert found.context_tokens.value == 512


def test_derivation_is_read_from_tags_and_card() -> None:
    quantised = facts(tags=["base_model:org/base", "base_model:quantized:org/base"])
    assert quantised.base_models.value == (BaseModel("org/base", "quantized"),)
    merge = facts(cardData={"base_model": ["a/b", "c/d"], "base_model_relation": "merge"})
    assert [base.relation for base in merge.base_models.value or ()] == ["merge", "merge"]
    strange = facts(cardData={"base_model": "a/b", "base_model_relation": "stolen"})
    assert strange.base_models.value == (BaseModel("a/b", "unknown"),)


def test_custom_pipelines_and_packed_weights_are_seen() -> None:
    found = facts(
        config={"custom_pipelines": {"pair": {"impl": "x.Y"}}, "quantization_config": {"quant_method": "gptq"}},
        tags=["custom_code"],
    )  # fmt: skip
    assert found.custom_pipelines.value == ("pair",)
    assert found.quantised_as.value == "gptq"
    assert found.remote_code.value is True


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)
_CARD = st.dictionaries(
    st.sampled_from(
        ["license", "license_name", "license_link", "language", "datasets", "base_model",
         "base_model_relation", "co2_eq_emissions", "model-index", "library_name"]
    ),
    _JSON, max_size=5,
)  # fmt: skip
_CONFIG = st.dictionaries(
    st.sampled_from(
        ["architectures", "model_type", "max_position_embeddings", "text_config", "torch_dtype",
         "quantization_config", "custom_pipelines", "auto_map", "id2label"]
    ),
    _JSON, max_size=5,
)  # fmt: skip
_OTHER = st.dictionaries(
    st.sampled_from(
        ["gated", "tags", "evalResults", "model-index", "securityRepoStatus", "gguf", "createdAt",
         "downloads", "safetensors", "library_name"]
    ),
    _JSON, max_size=5,
)  # fmt: skip


@settings(max_examples=300)
@given(_CARD | _JSON, _CONFIG | _JSON, _OTHER)
def test_any_json_gives_facts_that_survive_writing(card: Any, config: Any, other: Any) -> None:
    raw = {"id": "org/n", "sha": SHA, "siblings": SIBLINGS, "cardData": card, "config": config}
    about = row_of({**raw, **other}).about
    written = json.loads(json.dumps(about.to_json()))
    assert repository_facts_from_json(written) == about
    for each in written.values():
        assert (each["value"] is None) == (each["source"] == "unknown")
    scan = about.scan.value
    assert scan is None or isinstance(scan, Scan)


@settings(max_examples=150)
@given(_CARD | _JSON, _CONFIG | _JSON, _OTHER, st.lists(st.text(max_size=12), max_size=4))
def test_any_json_is_judged_ranked_and_written_or_refused_by_name(
    card: Any, config: Any, other: Any, names: list[str]
) -> None:
    siblings = [*SIBLINGS, *({"rfilename": name} for name in names)]
    raw = {"id": "org/n", "sha": SHA, "siblings": siblings, "cardData": card, "config": config}
    try:
        row = row_of({**raw, **other})
        row = replace(row, facts=with_config(row.facts, config if isinstance(config, dict) else {}))
        found = candidate_of(
            row, registry.task("text-classification"), MACHINE, registry.engines(), predict
        )
    except PetitError:
        return
    (ranked,) = rank([found], language="en", labels=["x"], now=datetime.now(UTC))
    written = candidate_to_json(ranked)
    again = candidate_from_json(json.loads(json.dumps(written)))
    assert json.dumps(candidate_to_json(again)) == json.dumps(written)
    card_before = preflight(again)
    for language in ("en", "fr"):
        assert all(said(check, Wording(language))[0] for check in card_before.checks)
        assert why_text(again.why, Wording(language))


def test_a_huge_configuration_and_file_list_leave_room_in_the_line() -> None:
    config = {"hidden_size": 8, "id2label": {str(n): "x" * 100 for n in range(50_000)}}
    siblings = [{"rfilename": f"checkpoint/{n}/{'y' * 200}.bin"} for n in range(15_000)]
    raw = {"id": "org/n", "sha": SHA, "siblings": [*siblings, *SIBLINGS], "config": config}
    found = candidate_of(
        row_of(raw), registry.task("text-classification"), MACHINE, registry.engines(), predict
    )
    told = json.dumps(candidate_to_json(found))
    assert len(told) < 3_000_000
    again = candidate_from_json(json.loads(told))
    assert again.facts.config == {"hidden_size": 8}
    assert {"model.safetensors", "README.md"} <= {file.path for file in again.facts.files}
    shown = result_to_json(SearchResult("hub", 1, {}, (found,)))
    assert len(json.dumps(shown)) < 120_000
