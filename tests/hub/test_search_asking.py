# SPDX-License-Identifier: Apache-2.0
"""Which lists are asked for, and that no model vanishes because its page leaves something out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector import registry
from selector.engines.facts import FileFact, ModelFacts
from selector.engines.torch_engine import ENGINE
from selector.fit.predict import predict
from selector.hub.asking import listings
from selector.hub.candidate import SearchResult
from selector.hub.client import HubClient
from selector.hub.filters import Filters
from selector.hub.judge import row_of
from selector.hub.lineage import library_of
from selector.hub.remembered import Remembered
from selector.hub.search import search
from selector.hub.siblings import base_of
from selector.hub.task_match import other_task
from selector.machine.facts import Machine
from tests.hub.conftest import CLASSIFIER, folder
from tests.hub.gguf_files import model
from tests.hub.test_search_filters import row
from tests.loopback_hub import LoopbackHub, Repository

Search = Callable[..., SearchResult]
WRITER = {**CLASSIFIER, "architectures": ["LlamaForCausalLM"], "model_type": "llama"}


@pytest.fixture
def find(client: HubClient, machine: Machine) -> Search:
    """Search for a task."""

    def run(task: str = "text-generation", **filters: Any) -> SearchResult:
        return search(
            client,
            registry.task(task),
            machine,
            predict=predict,
            **{"engines": {"torch": ENGINE}, **filters},
        )

    return run


def everything(result: SearchResult) -> dict[str, Any]:
    return {candidate.repo: candidate for candidate in result.candidates}


def test_a_writer_is_asked_for_by_each_tag_old_ones_included_and_as_gguf() -> None:
    asked = listings(registry.task("text-generation"), Filters())
    assert {listing.tags for listing in asked} >= {
        ("text-generation",), ("text2text-generation",), ("gguf",),
    }  # fmt: skip
    assert [listing.needed for listing in asked] == [True, True, False]


def test_filters_that_popular_models_miss_are_asked_for_on_their_own() -> None:
    filters = Filters(language="fr", licence="mpl-2.0", library="setfit", max_params=10**6)
    task = registry.task("text-classification")
    narrowed = listings(task, filters)[1]
    assert narrowed.tags == ("text-classification", "fr", "setfit", "license:mpl-2.0")
    assert narrowed.num_parameters == "max:1000000"
    assert len(listings(task, Filters(licence="permissive", gated="no"))) == 1


def test_embedders_are_looked_for_among_gguf_files_by_a_word() -> None:
    asked = listings(registry.task("sentence-similarity"), Filters())
    assert [x.words for x in asked if x.tags == ("gguf",)] == ["embed"]
    sorting = listings(registry.task("text-classification"), Filters())
    assert all(listing.tags != ("gguf",) for listing in sorting)


def test_a_gguf_repository_that_names_neither_task_nor_library_is_found_with_its_size(
    find: Search, hub: LoopbackHub, tmp_path: Path
) -> None:
    files: dict[str, bytes | str] = {"tiny-Q4_K_M.gguf": model(weights=90_000)}
    made = folder(tmp_path / "bare", files, card="license: mit", config={}, weights=0)
    (made / "config.json").unlink()
    hub.publish(
        Repository(
            "org/bare-GGUF",
            made,
            hide_pipeline_tag=True,
            hide_library_name=True,
            hide_gguf=True,
        )
    )
    found = everything(find(show_all=True))["org/bare-GGUF"]
    assert found.library == "gguf"
    assert found.facts.weight_format == "gguf"
    hub.publish(Repository("org/bare-GGUF", made, hide_pipeline_tag=True, hide_library_name=True))
    known = everything(find(show_all=True))["org/bare-GGUF"]
    assert (known.facts.parameters, known.facts.basis) == (90_000, "hub")
    assert known.facts.config["gguf"]["architecture"] == "llama"


def test_models_with_an_old_tag_only_are_found(
    find: Search, hub: LoopbackHub, tmp_path: Path
) -> None:
    card = "license: mit\ntags: [text2text-generation]\npipeline_tag: translation"
    made = folder(tmp_path / "old", card=card, config=WRITER, seed=21)
    hub.publish(Repository("org/old-tag", made))
    assert "org/old-tag" in everything(find())


def test_words_find_a_model_whose_page_says_nothing_of_its_task(
    find: Search, hub: LoopbackHub, tmp_path: Path
) -> None:
    made = folder(tmp_path / "silent", seed=22)
    hub.publish(
        Repository("org/silent-banking", made, hide_pipeline_tag=True, hide_library_name=True)
    )
    result = find("text-classification", query="banking")
    assert list(everything(result)) == ["org/silent-banking"]
    # The same words find it for another task too, and there it is counted, not hidden.
    assert find("text-generation", query="banking").removed == {"removed.task": 1}


def test_quantised_siblings_are_forms_of_their_base_and_are_counted(
    find: Search, hub: LoopbackHub, tmp_path: Path
) -> None:
    base = folder(tmp_path / "base", config=WRITER, seed=23)
    hub.publish(Repository("org/base", base))
    files: dict[str, bytes | str] = {"base-Q8_0.gguf": model()}
    card = "license: mit\nbase_model: org/base\nbase_model_relation: quantized"
    made = folder(tmp_path / "sibling", files, card=card, config={}, weights=0)
    hub.publish(Repository("other/base-GGUF", made, hide_pipeline_tag=True))
    result = find(show_all=True)
    found = everything(result)
    assert "other/base-GGUF" not in found
    assert "other/base-GGUF" in {form.repo for form in found["org/base"].variants}
    assert result.removed["removed.other_form"] == 1


def test_what_the_shown_forms_weigh_is_asked_once_and_of_no_others(
    find: Search, hub: LoopbackHub, tmp_path: Path
) -> None:
    gguf = model(weights=3000)
    for number in range(4):
        card, name = "license: mit\npipeline_tag: text-generation", f"who/writer{number}-GGUF"
        files: dict[str, bytes | str] = {"w-Q8_0.gguf": gguf, "w-Q4_0.gguf": gguf[:-40]}
        made = folder(tmp_path / name, files, card=card, config={}, weights=0)
        hub.publish(Repository(name, made, downloads=100 - number))
    remembered = Remembered(tmp_path / "models.db")
    question: dict[str, Any] = {"query": "writer", "limit": 2, "sort": "downloads"}
    question |= {"memory": remembered, "engines": registry.engines()}
    hub.clear_requests()
    shown = find("text-generation", **question).candidates
    assert [len(gguf) <= (each.download_bytes or 0) < len(gguf) + 500 for each in shown] == [
        True
    ] * 2
    asked = {r.path.split("/revision/")[0] for r in hub.requests_to(path="/api/models/who")}
    assert asked == {f"/api/models/{each.repo}" for each in shown}
    hub.clear_requests()
    again = find("text-generation", **question).candidates
    assert [each.download_bytes for each in again] == [each.download_bytes for each in shown]
    assert not hub.requests_to(path="/api/models/who"), "known since the last search"


def test_only_rows_that_are_shown_cost_more_requests(
    find: Search, hub: LoopbackHub, tmp_path: Path
) -> None:
    free = folder(tmp_path / "free", seed=24)
    bound = folder(tmp_path / "bound", card="license: cc-by-nc-4.0", seed=25)
    for number, made in enumerate((free, bound) * 3):
        hub.publish(
            Repository(
                f"org/unsized{number}", made, hide_safetensors=True, downloads=10**6 + number
            )
        )
    hub.clear_requests()
    find("text-classification", limit=3, licence="permissive")
    asked = {
        request.path.split("/revision/")[0] for request in hub.requests_to(path="/api/models/")
    }
    asked.discard("/api/models/org/hidden")  # of unknown size as well, and there for every test
    assert asked == {f"/api/models/org/unsized{number}" for number in (0, 2, 4)}
    # By downloads the first one is shown without the others, so it alone is asked for.
    hub.clear_requests()
    find("text-classification", limit=1, licence="permissive", sort="downloads")
    asked = {
        request.path.split("/revision/")[0] for request in hub.requests_to(path="/api/models/")
    }
    assert asked == {"/api/models/org/unsized4"}


def gguf_of(architecture: str) -> dict[str, Any]:
    config = {"gguf": {"architecture": architecture}}
    return {"task_tag": None, "weight_format": "gguf", "config": config}


@pytest.mark.parametrize(
    ("changes", "task", "other"),
    [
        ({"task_tag": "text-classification"}, "text-classification", False),
        ({"task_tag": "fill-mask"}, "text-classification", True),
        ({"task_tag": "fill-mask", "tags": ("text-classification",)}, "text-classification", False),
        ({"task_tag": None}, "text-classification", False),
        ({"task_tag": None}, "text-generation", True),
        ({"task_tag": None, "config": {}}, "text-generation", False),
        ({"task_tag": None, "config": WRITER}, "text-generation", False),
        ({"task_tag": None, "library": "sentence-transformers"}, "sentence-similarity", False),
        ({"task_tag": None, "library": "sentence-transformers"}, "text-classification", True),
        (gguf_of("bert"), "feature-extraction", False),
        (gguf_of("bert"), "text-generation", True),
        (gguf_of("flux"), "text-generation", True),
        ({"task_tag": None, "weight_format": "gguf", "config": {"gguf": 3}}, "text-generation", False),
    ],
)  # fmt: skip
def test_what_a_model_is_for_is_read_off_it_where_its_page_is_silent(
    changes: dict[str, Any], task: str, other: bool
) -> None:
    assert other_task(row("x", **changes), registry.task(task)) is other


FACTS = ModelFacts("org/x", "a" * 40, (FileFact("x.gguf", 0),), weight_format="gguf")


@pytest.mark.parametrize(
    ("fields", "base"),
    [
        ({"cardData": {"base_model": "a/b"}}, "a/b"),
        ({"cardData": {"base_model": ["a/b", "c/d"], "base_model_relation": "merge"}}, None),
        ({"baseModels": {"relation": "quantized", "models": [{"id": "a/b"}]}}, "a/b"),
        ({"tags": ["base_model:quantized:a/b"]}, "a/b"),
        ({"tags": ["base_model:finetune:a/b"]}, None),
        ({"cardData": {"base_model": "org/x"}}, None),
        ({"cardData": {"base_model": "../../etc"}}, None),
        ({"cardData": {"base_model": {"a": 1}}, "baseModels": [3], "tags": 5}, None),
        ({"baseModels": {"models": "x", "relation": []}}, None),
    ],
)
def test_what_a_repository_is_another_form_of_is_taken_from_wherever_it_is_said(
    fields: dict[str, Any], base: str | None
) -> None:
    raw = {"id": "org/x", "sha": "a" * 40, "siblings": [{"rfilename": "x.gguf"}], **fields}
    assert base_of(row_of(raw)) == base


def test_a_library_is_stated_tagged_or_seen_in_the_files() -> None:
    raw = {"id": "org/x", "sha": "a" * 40, "siblings": [{"rfilename": "x.gguf"}]}
    stated = row_of({**raw, "library_name": "Transformers"}).about.library
    assert (stated.value, stated.source) == ("transformers", "metadata")
    seen = row_of({**raw, "library_name": 3}).about.library
    assert (seen.value, seen.source) == ("gguf", "file list")
    assert library_of(FACTS, ("setfit",)) == "setfit"
    plain = ModelFacts("a/b", "a" * 40, (FileFact("modules.json", 0),))
    assert library_of(plain, ()) == "sentence-transformers"
    assert library_of(ModelFacts("a/b", "a" * 40, ()), ()) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
NAMES = ("tags", "cardData", "baseModels", "gguf", "config", "safetensors", "library_name", "pipeline_tag")  # fmt: skip


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, JSON)))
def test_fields_of_any_type_make_a_row(fields: dict[str, Any]) -> None:
    raw = {"id": "org/x", "sha": "a" * 40, "siblings": [{"rfilename": "x.gguf"}], **fields}
    made = row_of(json.loads(json.dumps(raw)))
    assert all("/" in base.id for base in made.about.base_models.value or ())
    for task in registry.tasks().values():
        assert other_task(made, task) in {True, False}
