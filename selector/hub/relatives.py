# SPDX-License-Identifier: Apache-2.0
"""Asks the Hub which other repositories hold forms of one model: quantised, or converted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from selector.errors import HubAnswerBad, UnsafePath
from selector.hub.client import HubClient
from selector.hub.complete import with_sizes
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
        facts = list(pool.map(lambda each: with_sizes(client, each.facts), found[:SIZED]))
    sized = [replace(each, facts=known) for each, known in zip(found, facts, strict=False)]
    return (*sized, *found[SIZED:])
