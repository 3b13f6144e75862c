# SPDX-License-Identifier: Apache-2.0
"""Do you need an LLM? A small model beside a large one: quality, time, cost, energy, privacy. Pure; no numpy.

Every price is the user's own (``prices.py``); what was not said stays None and is shown as "unknown".
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, cast, get_args

from selector.engines.endpoint.prices import OwnPrice, Prices, TokenPrice, prices_from_json

Answer = Literal["no", "yes", "unclear"]
"""``no``: the small model is good enough beside the LLM, with the confidence that was asked for."""
BreakEven = Literal["unknown", "currencies", "never", "at_once", "after"]
_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two. Times in seconds an input, tokens an input, costs in ``currency``."""

    ref: str
    score: float | None
    interval: tuple[float, float] | None
    latency_s: float | None = None
    """Median."""
    p95_s: float | None = None
    batched: bool = False
    """Whether the times are means over batches and not of single inputs."""
    unanswered: int = 0
    """Inputs without an answer; they count as wrong."""
    why_unanswered: Mapping[str, int] = field(default_factory=dict)
    """How many of them for each code of an error, where there is one."""
    tokens_in: float | None = None
    tokens_out: float | None = None
    tokens_estimated: bool = False
    """Whether the server did not count them all."""
    given_cost: float | None = None
    """Of one input, in the unit of the user's file."""
    place: str = "here"
    """Where the texts go: ``here``, ``network``, ``elsewhere``, or ``unknown``."""
    host: str = ""
    cost_per_1000: float | None = None
    currency: str = ""
    measured_wh_per_1000: float | None = None
    """By the processor's own counters, what it draws anyway taken off; None where they cannot be read."""
    energy_wh_per_1000: float | None = None
    """Of this computer; None where it is not known, or somebody else's."""


@dataclass(frozen=True, slots=True)
class NeedLlm:
    """The comparison of one LLM with the smallest model that may do instead."""

    local: Side
    llm: Side
    difference: tuple[float, float, float]
    """Low, expected, high of ``local - llm`` in units of the metric (95 %)."""
    not_worse: float
    """P(local >= llm - margin)."""
    answer: Answer
    margin: float
    confidence: float
    n: int
    break_even: BreakEven = "unknown"
    break_even_items: int | None = None
    """Inputs after which the own model has paid for what it costs once."""
    token_price: TokenPrice | None = None
    own_price: OwnPrice = field(default_factory=OwnPrice)

    def to_json(self) -> dict[str, Any]:
        """Every field."""
        return asdict(self)


def answer_of(not_worse: float, confidence: float) -> Answer:
    """Whether an LLM is needed: the same odds for a yes as for a no."""
    if not_worse >= confidence:
        return "no"
    return "yes" if not_worse <= 1 - confidence else "unclear"


def priced(need: NeedLlm, prices: Prices) -> NeedLlm:
    """The same comparison with the costs of this price table."""
    own = prices.own
    token = prices.endpoints.get(need.llm.ref.removeprefix("endpoint:"))
    local, llm = _own_cost(need.local, own), _llm_cost(need.llm, token, own)
    kind, items = break_even(local, llm, own.fixed)
    return replace(
        need,
        local=local,
        llm=llm,
        break_even=kind,
        break_even_items=items,
        token_price=token,
        own_price=own,
    )


def energy_wh(watts: float, seconds: float, items: int = 1000) -> float:
    """Energy of ``items`` inputs that take ``seconds`` each at ``watts``, in watt-hours."""
    return watts * seconds * items / _SECONDS


def _own_cost(side: Side, own: OwnPrice) -> Side:
    if side.given_cost is not None:
        return replace(side, cost_per_1000=side.given_cost * 1000, currency="")
    energy = side.measured_wh_per_1000
    if own.watts is not None and side.latency_s is not None:  # what the user says counts more
        energy = energy_wh(own.watts, side.latency_s)
    if energy is None:
        return replace(side, cost_per_1000=None, currency="", energy_wh_per_1000=None)
    cost = None if own.kwh is None else energy / 1000 * own.kwh
    return replace(
        side,
        energy_wh_per_1000=energy,
        cost_per_1000=cost,
        currency=own.currency if cost is not None else "",
    )


def _llm_cost(side: Side, price: TokenPrice | None, own: OwnPrice) -> Side:
    if side.place == "here":
        side = _own_cost(side, own)
    elif side.given_cost is not None:
        return replace(side, cost_per_1000=side.given_cost * 1000, currency="")
    if price is None or side.tokens_in is None or side.tokens_out is None:
        return side if side.place == "here" else replace(side, cost_per_1000=None, currency="")
    cost = price.of(side.tokens_in, side.tokens_out) * 1000
    return replace(side, cost_per_1000=cost, currency=price.currency)


def break_even(local: Side, llm: Side, fixed: float | None) -> tuple[BreakEven, int | None]:
    """After how many inputs the own model has paid for ``fixed``: fixed / (cost of LLM - own cost)."""
    if local.cost_per_1000 is None or llm.cost_per_1000 is None:
        return "unknown", None
    if local.currency != llm.currency:
        return "currencies", None
    saved = (llm.cost_per_1000 - local.cost_per_1000) / 1000
    if saved <= 0:
        return "never", None
    if not fixed:
        return "at_once", None
    items = math.ceil(fixed / saved)
    return "after", items


def need_llm_from_json(data: Mapping[str, Any]) -> NeedLlm:
    """The inverse of NeedLlm.to_json. Raises KeyError, TypeError or ValueError."""
    if data["answer"] not in get_args(Answer) or data["break_even"] not in get_args(BreakEven):
        raise ValueError("no comparison with an LLM")
    low, middle, high = data["difference"]
    table = prices_from_json({"endpoints": {"x": data["token_price"]}, "own": data["own_price"]})
    items = data["break_even_items"]
    return NeedLlm(
        local=_side(data["local"]),
        llm=_side(data["llm"]),
        difference=(float(low), float(middle), float(high)),
        not_worse=float(data["not_worse"]),
        answer=cast("Answer", data["answer"]),
        margin=float(data["margin"]),
        confidence=float(data["confidence"]),
        n=int(data["n"]),
        break_even=cast("BreakEven", data["break_even"]),
        break_even_items=None if items is None else int(items),
        token_price=table.endpoints.get("x"),
        own_price=table.own,
    )


def _side(data: Mapping[str, Any]) -> Side:
    interval = data["interval"]
    numbers = {
        name: None if data.get(name) is None else float(data[name])
        for name in (
            *("score", "latency_s", "p95_s", "tokens_in", "tokens_out", "given_cost"),
            *("cost_per_1000", "energy_wh_per_1000", "measured_wh_per_1000"),
        )
    }
    return Side(
        ref=str(data["ref"]),
        interval=None if interval is None else (float(interval[0]), float(interval[1])),
        batched=bool(data["batched"]),
        unanswered=int(data["unanswered"]),
        why_unanswered={str(k): int(v) for k, v in (data.get("why_unanswered") or {}).items()},
        tokens_estimated=bool(data["tokens_estimated"]),
        place=str(data["place"]),
        host=str(data["host"]),
        currency=str(data["currency"]),
        **cast("dict[str, Any]", numbers),
    )
