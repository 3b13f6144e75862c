# SPDX-License-Identifier: Apache-2.0
"""Every filter says how many models it took away, and that many come back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from selector import registry
from selector.engines.facts import FileFact, ModelFacts
from selector.engines.torch_engine import ENGINE
from selector.errors import BadSetting
from selector.fit.base import Fit
from selector.fit.predict import predict
from selector.hub.candidate import SearchResult
from selector.hub.client import HubClient
from selector.hub.filters import LIMIT, SHOWABLE, Filters, day_of
from selector.hub.judge import Row
from selector.hub.known import known
from selector.hub.licences import classify
from selector.hub.repository_facts import RepositoryFacts
from selector.hub.search import search
from selector.hub.tally import Tally
from selector.machine.facts import Cpu, Disk, Machine, Memory
from selector.tasks.base import Task
from tests.hub.conftest import CLASSIFIER

CLASSIFY = "text-classification"
MACHINE = Machine("Linux", Cpu("cpu", 4, 8), Memory(16 * 10**9, 2 * 10**9), (), Disk("/", 10**11))
LIFTED: dict[str, dict[str, Any]] = {
    "removed.licence": {"licence": "any"},
    "removed.language": {"language": None},
    "removed.gated": {"gated": "any"},
    "removed.library": {"library": None},
    "removed.updated": {"updated_since": None},
    "removed.parameters": {"min_params": None, "max_params": None},
    "removed.download": {"max_download": None},
}
"""What widens one filter and no other."""


def row(name: str, **changes: Any) -> Row:
    facts: dict[str, Any] = {
        "files": (FileFact("model.safetensors", 0), FileFact("config.json", 0)),
        "config": CLASSIFIER,
        "parameters": 10**6,
        "weight_format": "safetensors",
        "basis": "hub",
    }
    facts |= {key: changes.pop(key) for key in list(changes) if key in ModelFacts.__slots__}
    licence = classify(changes.pop("licence", "mit"))
    library = known(changes.pop("library", None), "metadata")
    changes["about"] = RepositoryFacts(library=library)
    tag = {"task_tag": "text-classification"}
    return Row(ModelFacts(f"org/{name}", "a" * 40, **facts), licence, **(tag | changes))


def found(rows: list[Row], **filters: Any) -> SearchResult:
    """A search among these rows alone, without any network."""
    client = HubClient("http://127.0.0.1:9", offline=True)
    result = search(
        client,
        registry.task("text-classification"),
        MACHINE,
        predict=predict,
        engines={"torch": ENGINE},
        local=rows,
        **{"limit": 1000, **filters},
    )
    assert result.scanned == len(rows) == len(result.candidates) + sum(result.removed.values())
    return result


def names(result: SearchResult) -> set[str]:
    return {candidate.repo for candidate in result.candidates}


PICKLED = (FileFact("pytorch_model.bin", 0),)
ROWS = st.lists(
    st.builds(
        lambda **changes: changes,
        parameters=st.sampled_from([None, 10**5, 10**7, 10**9, 10**11]),
        licence=st.sampled_from([None, "mit", "gpl-3.0", "cc-by-nc-4.0"]),
        languages=st.sampled_from([(), ("en",), ("fr",), ("fr-ca", "de"), ("multilingual",)]),
        gated=st.booleans(),
        library=st.sampled_from([None, "transformers", "setfit"]),
        last_modified=st.sampled_from([None, "2024-01-01T00:00:00.000Z", "2026-06-01"]),
        needs_remote_code=st.booleans(),
        weight_format=st.sampled_from(["safetensors", "pickle", None]),
        task_tag=st.sampled_from(["text-classification", "text-classification", "fill-mask", None]),
    ),
    min_size=1,
    max_size=14,
)
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "licence": st.sampled_from(["permissive", "mit", "any"]),
        "language": st.sampled_from(["en", "fr", "de"]),
        "gated": st.sampled_from(["no", "only"]),
        "library": st.just("transformers"),
        "updated_since": st.just("2025-01-01"),
        "min_params": st.just(10**6),
        "max_params": st.just(10**8),
        "max_download": st.just(10**8),
        "max_memory": st.just(10**9),
        "show": st.lists(st.sampled_from(SHOWABLE), max_size=2, unique=True).map(tuple),
    },
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(ROWS, FILTERS)
def test_what_a_filter_counts_is_what_showing_it_brings_back(
    made: list[dict[str, Any]], filters: dict[str, Any]
) -> None:
    rows = [row(f"m{number}", **changes) for number, changes in enumerate(made)]
    before = found(rows, **filters)
    for key, count in before.filters.items():
        name = key.removeprefix("removed.")
        after = found(rows, **{**filters, "show": (*filters.get("show", ()), name)})
        assert names(after) >= names(before)
        assert len(after.candidates) - len(before.candidates) == count.hidden
        if count.hidden or count.shown:
            assert after.filters[key].shown == count.hidden + count.shown
            assert after.filters[key].hidden == 0
        if key in LIFTED:
            wider = found(rows, **{**filters, **LIFTED[key]})
            assert len(names(wider) - names(before)) == count.alone
    assert names(found(rows, **filters, show_all=True)) == {f"org/m{n}" for n in range(len(rows))}


def test_a_model_that_two_filters_take_away_counts_once_in_all_and_under_both() -> None:
    rows = [row("both", licence="cc-by-nc-4.0", languages=("de",)), row("one", languages=("de",))]
    result = found([*rows, row("kept", languages=("fr",))], licence="permissive", language="fr")
    assert result.removed == {"removed.licence": 1, "removed.language": 1}
    counts = {key: (count.hidden, count.alone) for key, count in result.filters.items()}
    assert counts == {"removed.licence": (1, 0), "removed.language": (2, 1)}
    shown = found([*rows, row("kept")], licence="permissive", language="fr", show=("licence",))
    both = next(c for c in shown.candidates if c.repo == "org/both")
    assert {"risk.other_licence", "risk.other_language"} <= {risk.code for risk in both.risks}


@pytest.mark.parametrize(
    ("changes", "filters", "key", "risk"),
    [
        ({"parameters": 10}, {"min_params": 100}, "parameters", "risk.too_few_parameters"),
        ({"parameters": 10**9}, {"max_params": 100}, "parameters", "risk.too_many_parameters"),
        ({}, {"max_memory": 10}, "memory", "risk.too_big"),
        ({"parameters_by_dtype": {"F32": 10**6}}, {"max_download": 10}, "download", "risk.large_download"),
        ({"languages": ("de",)}, {"language": "fr"}, "language", "risk.other_language"),
        ({"licence": "gpl-3.0"}, {"licence": "permissive"}, "licence", "risk.other_licence"),
        ({"gated": True}, {"gated": "no"}, "gated", "risk.other_gate"),
        ({"needs_remote_code": True}, {}, "remote_code", "risk.remote_code"),
        ({"files": PICKLED, "weight_format": "pickle"}, {}, "pickle_only", "risk.pickle_only"),
        ({"library": "setfit"}, {"library": "transformers"}, "library", "risk.other_library"),
        ({"last_modified": "2024-01-01"}, {"updated_since": "2025-01-01"}, "updated", "risk.not_updated"),
    ],
)  # fmt: skip
def test_each_filter_removes_counts_and_brings_back_marked(
    changes: dict[str, Any], filters: dict[str, Any], key: str, risk: str
) -> None:
    result = found([row("x", **changes)], **filters)
    assert result.removed == {f"removed.{key}": 1}
    (shown,) = found([row("x", **changes)], **filters, show=(key,)).candidates
    assert risk in {each.code for each in shown.risks}


def test_what_is_unknown_passes_every_filter() -> None:
    unknown = row("x", parameters=None, languages=(), last_modified=None, library=None)
    filters = {"min_params": 5, "max_params": 5, "max_download": 5, "max_memory": 5}
    assert names(
        found(
            [unknown],
            **filters,
            library="setfit",
            updated_since="2026-01-01",
            language="en",
            licence="mit",
        )
    )


def test_brought_back_models_push_no_other_out_of_the_list() -> None:
    rows = [row(f"ok{n}") for n in range(5)] + [row(f"no{n}", gated=True) for n in range(7)]
    before = found(rows, gated="no", limit=3)
    assert before.removed == {LIMIT: 2, "removed.gated": 7}
    after = found(rows, gated="no", limit=3, show=("gated",))
    assert len(after.candidates) == 10
    assert names(after) >= names(before)
    assert len(found(rows, gated="no", limit=3, show=("limit",)).candidates) == 5


@pytest.mark.parametrize(
    "wrong",
    [
        {"gated": "maybe"},
        {"show": ("fame",)},
        {"show": "all"},
        {"show": (3,)},
        {"updated_since": "yesterday"},
        {"min_params": "5"},
        {"max_download": True},
        {"library": 7},
    ],
)
def test_filters_of_the_wrong_type_or_value_are_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadSetting) as problem:
        Filters(**wrong)
    assert problem.value.facts["setting"] in wrong


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_none(text: str) -> None:
    when = day_of(text)
    assert when is None or when.tzinfo is not None


@given(
    st.lists(
        st.tuples(
            st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, unique=True).map(tuple),
            st.integers(0, 9),
        )
    )
)
def test_a_tally_tells_each_model_once_and_under_each_key(
    taken: list[tuple[tuple[str, ...], int]],
) -> None:
    tally = Tally()
    for keys, n in taken:
        tally.add(keys, n)
    assert sum(tally.removed().values()) == sum(n for _, n in taken)
    for key, count in tally.filters().items():
        assert count.hidden == sum(n for keys, n in taken if key in keys)
        assert count.alone == sum(n for keys, n in taken if keys == (key,))


def test_of_models_that_are_not_shown_only_the_chosen_form_is_judged() -> None:
    asked = Counter[str]()

    def counting(facts: ModelFacts, task: Task, machine: Machine, engine: str, form: str) -> Fit:
        asked[facts.repo] += 1
        return predict(facts, task, machine, engine, form)

    rows = [row(f"m{number}", downloads=number) for number in range(30)]
    client, task = HubClient("http://127.0.0.1:9", offline=True), registry.task(CLASSIFY)
    result = search(
        client, task, MACHINE, predict=counting, engines={"torch": ENGINE}, local=rows, limit=4
    )  # fmt: skip
    shown = names(result)
    assert len(shown) == 4
    assert {asked[repo] for repo in shown} == {len(ENGINE.info.precisions)}
    assert {n for repo, n in asked.items() if repo not in shown} == {1}
    assert all(len(each.variants) == len(ENGINE.info.precisions) for each in result.candidates)
    assert all(each.why for each in result.candidates)


def test_a_machine_with_more_memory_takes_fewer_away() -> None:
    big = [row("x", parameters=3 * 10**9)]
    assert found(big).removed == {"removed.memory": 1}
    roomy = replace(MACHINE, memory=Memory(10**12, 10**12))
    client = HubClient("http://127.0.0.1:9", offline=True)
    make: Callable[..., SearchResult] = search
    task = registry.task("text-classification")
    result = make(client, task, roomy, predict=predict, engines={"torch": ENGINE}, local=big)
    assert not result.removed
