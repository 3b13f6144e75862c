# SPDX-License-Identifier: Apache-2.0
"""Asks the Hub which other repositories hold forms of one model: quantised, or converted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from selector.errors import HubAnswerBad, HubProblem, UnsafePath
from selector.hub.client import HubClient
from selector.hub.facts import facts_from_info
from selector.hub.judge import Row, row_of
from selector.hub.siblings import base_of

MOST = 12
"""Repositories asked about in one list, the most downloaded first; popular models have hundreds."""
SIZED = 4
"""Of these, how many are asked for the sizes of their files."""


def forms_elsewhere(client: HubClient, row: Row) -> tuple[Row, ...]:
    """Rows of the repositories that say they are ``row``'s model in another form.

    One list, and one page each for the sizes of the first few. Empty for a form of another model.
    Raises HubProblem when the list cannot be had.
    """
    if base_of(row) is not None:
        return ()
    repo = row.facts.repo
    raws = client.list_models(
        filter=(f"base_model:quantized:{repo}",), sort="downloads", limit=MOST
    )
    found = []
    for raw in raws:
        try:
            other = row_of(raw)
        except (HubAnswerBad, UnsafePath):
            continue
        if (base_of(other) or "").casefold() == repo.casefold():
            found.append(other)
    with ThreadPoolExecutor(SIZED, "hub-forms") as pool:
        sized = list(pool.map(lambda each: _sized(client, each), found[:SIZED]))
    return (*sized, *found[SIZED:])


def _sized(client: HubClient, row: Row) -> Row:
    """With what its files weigh; as it was where nobody says."""
    facts = row.facts
    try:
        raw = client.model_info(facts.repo, facts.revision, files_metadata=True)
        files = facts_from_info({**raw, "id": facts.repo}).files
    except (HubProblem, UnsafePath):
        return row
    return replace(row, facts=replace(facts, files=files)) if files else row
