# SPDX-License-Identifier: Apache-2.0
"""What would leave this computer if a chat endpoint took part: shown before anything does. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from selector.engines.endpoint.config import Endpoint
from selector.engines.endpoint.prices import TokenPrice
from selector.engines.endpoint.question import Question


@dataclass(frozen=True, slots=True)
class SendingPlan:
    """What goes to one endpoint. Tokens are estimates (four bytes each)."""

    name: str
    host: str
    model: str
    place: str
    """``here`` (this computer), ``network`` (a private address) or ``elsewhere``."""
    encrypted: bool
    items: int
    """Inputs of the run."""
    to_send: int
    """Different questions that were never answered: what would be sent now."""
    labels: tuple[str, ...]
    """Names of categories that go with every text."""
    tokens_in: int
    tokens_out: int
    """What probably comes back."""
    most_tokens_out: int
    """What may come back at the most."""
    cost: float | None
    """What ``tokens_in`` and ``tokens_out`` cost; None without a price."""
    most_cost: float | None
    price: TokenPrice | None
    preview: tuple[Mapping[str, str], ...]
    """The first question in full: its messages."""

    def to_json(self) -> dict[str, Any]:
        """Everything but the preview, which holds the user's text."""
        found = {k: v for k, v in asdict(self).items() if k != "preview"}
        costs = "endpoint.costs_unknown" if self.price is None else "endpoint.costs"
        return {**found, "labels": list(self.labels), "currency": self.currency, "costs": costs} | (
            {} if self.price is None else {"date": self.price.date}
        )

    @property
    def currency(self) -> str:
        """Of the costs; empty without a price."""
        return self.price.currency if self.price else ""


def plan_sending(
    endpoint: Endpoint,
    questions: Sequence[Question],
    known: Collection[str],
    labels: Sequence[str],
    price: TokenPrice | None,
) -> SendingPlan:
    """The plan for ``questions``, of which those with keys in ``known`` cost nothing any more."""
    new: dict[str, Question] = {}
    for each in questions:
        key = each.key(endpoint)
        if key not in known:
            new.setdefault(key, each)
    sent = sum(each.tokens for each in new.values())
    back = sum(each.expected_tokens for each in new.values())
    most = sum(each.max_tokens for each in new.values())
    first = next(iter(new.values()), questions[0] if questions else None)
    return SendingPlan(
        name=endpoint.name,
        host=endpoint.host,
        model=endpoint.model,
        place=endpoint.place,
        encrypted=endpoint.encrypted,
        items=len(questions),
        to_send=len(new),
        labels=tuple(labels),
        tokens_in=sent,
        tokens_out=back,
        most_tokens_out=most,
        cost=None if price is None else price.of(sent, back),
        most_cost=None if price is None else price.of(sent, most),
        price=price,
        preview=() if first is None else first.messages,
    )
