# SPDX-License-Identifier: Apache-2.0
"""Fills in what the Hub's list leaves out, with a few small requests and no weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from selector.engines.facts import ModelFacts
from selector.errors import HubAnswerBad, HubProblem, UnsafePath
from selector.hub import card, checked, gguf_header, headers
from selector.hub.client import HubClient
from selector.hub.facts import facts_from_info, with_config, with_file_sizes, with_weights

_SINGLE = "model.safetensors"
_INDEX = "model.safetensors.index.json"
_CONFIG = "config.json"
_INDEX_LIMIT = 20_000_000
_GGUF_LIMIT = 1_000_000
"""Bytes of a GGUF head read for a list: the vocabulary, which comes before the tensors, is left out."""
_GGUF_WHOLE = 32_000_000
"""Bytes read for one model that is looked at: holds the largest vocabularies and all tensors."""
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


def with_gguf(
    facts: ModelFacts, said: gguf_header.GgufSummary, sizes: Mapping[str, int]
) -> ModelFacts:
    """The same model with what a GGUF head says; a size from the file's, where it does not count."""
    named = {
        "architecture": said.architecture,
        "context_length": said.context_length,
        "quantisation": said.quantisation,
    }
    stated = checked.mapping(facts.config.get("gguf"))
    known = {**stated, **{key: value for key, value in named.items() if value is not None}}
    facts = replace(facts, config={**facts.config, "gguf": known})
    if facts.parameters is not None:
        return facts
    if said.parameters is not None:
        return replace(facts, parameters=said.parameters, basis="header")
    found = gguf_header.smallest(sizes)
    if found is None:
        return facts
    variant, size = found
    guess = gguf_header.weights_from_size(size, (said.quantisation or variant.precision).lower())
    return replace(facts, parameters=guess, basis="file size") if guess else facts


def _gguf(client: HubClient, facts: ModelFacts, limit: int) -> ModelFacts:
    sizes = {file.path: file.size for file in facts.files}
    found = gguf_header.smallest(sizes)
    if found is None:
        return facts
    path = found[0].paths[0]
    said = gguf_header.GgufSummary()
    try:
        header = gguf_header.read(
            lambda start, length: client.part(facts.repo, facts.revision, path, start, length),
            limit,
        )
        said = gguf_header.summary_of(header)
    except HubProblem as problem:
        _raise_if_futile(problem)
    return with_gguf(facts, said, sizes)


def complete(client: HubClient, facts: ModelFacts) -> ModelFacts:
    """Sizes of the files, the whole config.json and a number of weights, as far as they can be had.

    What a gated or broken file would have said stays unknown. Raises HubUnreachable, HubBusy and
    HubOffline, because then no further question makes sense.
    """
    raw = client.model_info(facts.repo, facts.revision, files_metadata=True)
    found = facts_from_info({**raw, "id": facts.repo})
    if "gguf" in facts.config:
        found = replace(found, config={**found.config, "gguf": facts.config["gguf"]})
    return deepen(client, found, gguf_limit=_GGUF_LIMIT)


def with_sizes(client: HubClient, facts: ModelFacts) -> ModelFacts:
    """With what each file weighs, in one request; as it was where nobody says. Raises no HubProblem."""
    try:
        raw = client.model_info(facts.repo, facts.revision, files_metadata=True)
        files = facts_from_info({**raw, "id": facts.repo}).files
    except (HubProblem, UnsafePath):
        return facts
    return replace(facts, files=files) if files else facts


def deepen(
    client: HubClient, facts: ModelFacts, gguf_limit: int = _GGUF_WHOLE, *, recount: bool = False
) -> ModelFacts:
    """As ``complete``, for facts that have the sizes of their files already.

    ``recount`` reads the heads of safetensors files even where the Hub says how many weights there are.
    """
    if any(file.path == _CONFIG for file in facts.files):
        try:
            facts = with_config(facts, _object(client, facts, _CONFIG, 2_000_000))
        except HubProblem as problem:
            _raise_if_futile(problem)
    if (recount or facts.parameters is None) and facts.weight_format == "safetensors":
        try:
            facts = with_weights(facts, _weights(client, facts))
        except HubProblem as problem:
            _raise_if_futile(problem)
    if facts.weight_format == "gguf" and facts.parameters is None:
        facts = _gguf(client, facts, gguf_limit)
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
