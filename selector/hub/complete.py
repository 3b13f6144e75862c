# SPDX-License-Identifier: Apache-2.0
"""Fills in what the Hub's list leaves out, with a few small requests and no weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from selector.engines.facts import ModelFacts
from selector.errors import HubAnswerBad, HubProblem
from selector.hub import card, checked, headers
from selector.hub.client import HubClient
from selector.hub.facts import facts_from_info, with_config, with_file_sizes, with_weights

_SINGLE = "model.safetensors"
_INDEX = "model.safetensors.index.json"
_CONFIG = "config.json"
_INDEX_LIMIT = 20_000_000
_CARD = "README.md"
_CARD_HEAD = 60_000
"""Bytes: enough for the front matter of nearly every card and the words after it."""
_NOTHING = headers.Tensors()


def _object(client: HubClient, facts: ModelFacts, path: str, limit: int) -> Mapping[str, Any]:
    body = client.small_file(facts.repo, facts.revision, path, limit)
    try:
        return checked.mapping(json.loads(body))
    except (ValueError, RecursionError) as error:
        raise HubAnswerBad(reason="not JSON", repo=facts.repo, file=path) from error


def read_header(client: HubClient, facts: ModelFacts, path: str) -> headers.Tensors:
    """What one safetensors file holds, from its head alone. Raises HubProblem."""
    start = client.part(facts.repo, facts.revision, path, 0, headers.FIRST_BYTES)
    length = headers.header_length(start)
    body = start[8 : 8 + length]
    if len(body) < length:
        have = len(start)
        body += client.part(facts.repo, facts.revision, path, have, 8 + length - have)
    return headers.tensors_of(body)


def _weights(client: HubClient, facts: ModelFacts) -> headers.Tensors:
    paths = [file.path for file in facts.files]
    if _SINGLE in paths:
        return read_header(client, facts, _SINGLE)
    if _INDEX in paths:
        index = _object(client, facts, _INDEX, _INDEX_LIMIT)
        # One shard's head tells the dtype of all, so a model of hundreds costs two requests.
        named = checked.texts(list(checked.mapping(index.get("weight_map")).values()), 200_000)
        shards = sorted(set(named) & set(paths))
        return headers.sharded(index, read_header(client, facts, shards[0])) if shards else _NOTHING
    others = [path for path in paths if path.endswith(".safetensors") and "/" not in path]
    return read_header(client, facts, others[0]) if len(others) == 1 else _NOTHING


def complete(client: HubClient, facts: ModelFacts) -> ModelFacts:
    """Sizes of the files, the whole config.json and a number of weights, as far as they can be had.

    What a gated or broken file would have said stays unknown. Raises HubUnreachable, HubBusy and
    HubOffline, because then no further question makes sense.
    """
    raw = client.model_info(facts.repo, facts.revision, files_metadata=True)
    return deepen(client, facts_from_info({**raw, "id": facts.repo}))


def deepen(client: HubClient, facts: ModelFacts) -> ModelFacts:
    """As ``complete``, for facts that have the sizes of their files already."""
    if any(file.path == _CONFIG for file in facts.files):
        try:
            facts = with_config(facts, _object(client, facts, _CONFIG, 2_000_000))
        except HubProblem as problem:
            _raise_if_futile(problem)
    if facts.parameters is None and facts.weight_format == "safetensors":
        try:
            facts = with_weights(facts, _weights(client, facts))
        except HubProblem as problem:
            _raise_if_futile(problem)
    return with_file_sizes(facts)


def summary_of(client: HubClient, facts: ModelFacts) -> str | None:
    """The first words of the card, plain; None where there is none that can be read.

    Raises as ``complete``.
    """
    if all(file.path != _CARD for file in facts.files):
        return None
    try:
        head = client.part(facts.repo, facts.revision, _CARD, 0, _CARD_HEAD)
    except HubProblem as problem:
        _raise_if_futile(problem)
        return None
    return card.excerpt(head.decode("utf-8", "replace"))


def _raise_if_futile(problem: HubProblem) -> None:
    if problem.code in {"hub.unreachable", "hub.busy", "hub.offline"}:
        raise problem
