# SPDX-License-Identifier: Apache-2.0
"""What a user sets up for chat endpoints: addresses, where keys are, prices, prompts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selector import registry
from selector.endpoint_errors import BadEndpoint, EndpointUnsuited, UnknownEndpoint
from selector.engines.endpoint.config import (
    Endpoint,
    checked,
    clean_address,
    load_endpoints,
    named,
    place_of,
    save_endpoints,
)
from selector.engines.endpoint.prices import (
    OwnPrice,
    Prices,
    TokenPrice,
    load_prices,
    prices_from_json,
    save_prices,
)
from selector.engines.endpoint.prompts import Prompt, forget_prompt, prompt_of, save_prompt

GOOD = Endpoint("big", "https://api.example.com/v1", "model-1")
SORTING = registry.task("text-classification")


@pytest.mark.parametrize(
    ("pasted", "kept"),
    [
        ("https://api.example.com", "https://api.example.com/v1"),
        (" https://API.example.com/v1/ ", "https://api.example.com/v1"),
        ("https://x.org/api/v3/chat/completions", "https://x.org/api/v3"),
        ("http://127.0.0.1:8080/v1/chat/completions/", "http://127.0.0.1:8080/v1"),
        ("http://[::1]:8080", "http://[::1]:8080/v1"),
    ],
)
def test_an_address_is_taken_as_people_paste_it(pasted: str, kept: str) -> None:
    assert clean_address(pasted) == kept


@pytest.mark.parametrize(
    "address",
    [
        "", "api.example.com", "ftp://x.org", "https://", "https://x.org:nine", "file:///etc/passwd",
        "https://x .org", "https://x.org/v1?key=s3cret", "https://x.org/v1#s3cret",
        "https://user:s3cret@x.org/v1", "https://x.org/" + "a" * 400, "https://x\x00.org",
    ],
)  # fmt: skip
def test_an_address_that_is_none_or_holds_a_secret_is_refused_without_repeating_it(
    address: str,
) -> None:
    with pytest.raises(BadEndpoint) as caught:
        clean_address(address)
    assert "s3cret" not in str(caught.value.facts)


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "a b"},
        {"name": "-x"},
        {"model": " "},
        {"model": "a\nb"},
        {"key": "sk-a-real-key-typed-here"},
        {"key": "environment:1X"},
        {"parallel": -1},
        {"parallel": 1000},
        {"timeout_s": 0.0},
        {"max_tokens": -5},
        {"address": "http://api.example.com/v1", "key": "keyring"},
    ],
)
def test_settings_that_cannot_be_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(BadEndpoint) as caught:
        checked(replace(GOOD, **change))
    assert "sk-a-real" not in str(caught.value.facts)


def test_a_key_may_go_unencrypted_to_this_computer_and_its_network_only() -> None:
    for address in ("http://127.0.0.1:1/v1", "http://192.168.1.7/v1", "http://box.local/v1"):
        assert checked(replace(GOOD, address=address, key="keyring")).key == "keyring"


@pytest.mark.parametrize(
    ("host", "place"),
    [
        ("localhost", "here"), ("127.9.9.9", "here"), ("::1", "here"), ("10.0.0.1", "network"),
        ("nas", "network"), ("fe80::1", "network"), ("8.8.8.8", "elsewhere"),
        ("localhost.evil.com", "elsewhere"), ("127.0.0.1.evil.com", "elsewhere"), ("127.1", "elsewhere"),
    ],
)  # fmt: skip
def test_where_a_text_would_go_is_told_from_the_host(host: str, place: str) -> None:
    assert place_of(host) == place


def test_a_key_in_the_keyring_is_bound_to_the_address() -> None:
    assert GOOD.account != replace(GOOD, address="https://evil.example.com/v1").account


def test_endpoints_survive_their_file(tmp_path: Path) -> None:
    path = tmp_path / "endpoints.json"
    kept = (GOOD, replace(GOOD, name="b", key="environment:KEY", parallel=3, max_tokens=9))
    save_endpoints(path, kept)
    assert load_endpoints(path) == kept
    assert named(kept, "b").parallel == 3
    with pytest.raises(UnknownEndpoint):
        named(kept, "c")


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"endpoints": 3}', '{"endpoints": [3, {}, null]}']
)
def test_a_damaged_file_of_endpoints_is_an_empty_one(tmp_path: Path, text: str) -> None:
    path = tmp_path / "endpoints.json"
    path.write_text(text)
    assert load_endpoints(path) == ()


def test_one_bad_endpoint_in_a_file_hides_no_other(tmp_path: Path) -> None:
    path = tmp_path / "endpoints.json"
    save_endpoints(path, (GOOD,))
    rows = json.loads(path.read_text())["endpoints"]
    path.write_text(json.dumps({"endpoints": [{**rows[0], "address": "javascript:x"}, *rows]}))
    assert load_endpoints(path) == (GOOD,)


# -- prices -------------------------------------------------------------------------------------------


def test_prices_survive_their_file_and_none_is_made_up(tmp_path: Path) -> None:
    path = tmp_path / "prices.json"
    assert load_prices(path) == Prices()
    table = Prices(
        {"big": TokenPrice(0.15, 0.6, "USD", "2026-11-01", "their page")},
        OwnPrice(watts=40, kwh=0.25, currency="EUR", date="2026-11-01"),
    )
    save_prices(path, table)
    assert load_prices(path) == table


def test_a_price_is_for_a_million_tokens() -> None:
    assert TokenPrice(2.0, 8.0, "EUR", "d", "s").of(500_000, 250_000) == pytest.approx(3.0)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda x: (
            st.lists(x)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "endpoints",
                        "own",
                        "input",
                        "output",
                        "currency",
                        "date",
                        "source",
                        "watts",
                        "kwh",
                        "a",
                    ]
                ),
                x,
            )
        ),
    )
)
def test_any_table_of_prices_is_read_without_failing(data: object) -> None:
    table = prices_from_json(data)
    assert all(price.input >= 0 for price in table.endpoints.values())


@pytest.mark.parametrize("row", [{"input": -1}, {"input": "nan"}, {"output": 1e99}, {"source": ""}])
def test_a_price_that_cannot_be_is_unknown(row: dict[str, object]) -> None:
    good = {"input": 1, "output": 2, "currency": "USD", "date": "d", "source": "s"}
    assert prices_from_json({"endpoints": {"a": good}}).endpoints
    assert not prices_from_json({"endpoints": {"a": {**good, **row}}}).endpoints


# -- prompts ------------------------------------------------------------------------------------------


def test_every_task_has_a_prompt_or_is_refused(tmp_path: Path) -> None:
    for task in registry.tasks().values():
        try:
            prompt = prompt_of(task, tmp_path)
        except EndpointUnsuited:
            # Places in a text and numbers of a model's own are nothing that a chat gives.
            assert task.modality != "text" or task.output_kind in {"vector", "spans", "passage"}
            continue
        assert "one\ttwo" not in json.dumps(prompt.messages("one\ttwo", ["a", "b"])) or (
            task.output_kind != "similarity"
        )
        assert prompt.messages("one\ttwo", ["a", "b"])[-1]["role"] == "user"


def test_a_gap_inside_a_text_stays_as_it_is(tmp_path: Path) -> None:
    sent = prompt_of(SORTING, tmp_path).messages("say {labels} {input}", ["yes", "{input}"])
    assert "say {labels} {input}" in sent[-1]["content"]
    assert "- {input}" in sent[-1]["content"]


@given(st.text(), st.text())
def test_the_users_own_prompt_comes_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, system: str, user: str
) -> None:
    folder = tmp_path_factory.mktemp("prompts")
    both = system.encode("utf-8", "replace").decode(), user.encode("utf-8", "replace").decode()
    wanted = Prompt(both[0].strip(), f"{{labels}} {both[1]} {{input}}", own=True)
    save_prompt(SORTING, folder, wanted)
    assert prompt_of(SORTING, folder) == wanted
    forget_prompt(SORTING, folder)
    assert not prompt_of(SORTING, folder).own


def test_a_prompt_without_its_gaps_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadEndpoint):
        save_prompt(SORTING, tmp_path, Prompt("", "sort this: {input}"))
    (tmp_path / "text-classification.toml").write_text("user = 3")
    with pytest.raises(BadEndpoint):
        prompt_of(SORTING, tmp_path)
