# SPDX-License-Identifier: Apache-2.0
"""What the user says things cost: each price with its date and its source. Petit knows no price itself."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from selector.endpoint_errors import BadEndpoint
from selector.engines.endpoint.config import MAX_BYTES, write_json

_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class TokenPrice:
    """An endpoint's price for a million tokens, in ``currency``."""

    input: float
    output: float
    currency: str
    date: str
    """When the user looked, as ISO 8601."""
    source: str
    """Where: a page, a contract, "our own server"."""

    def of(self, tokens_in: float, tokens_out: float) -> float:
        """What so many tokens cost."""
        return (tokens_in * self.input + tokens_out * self.output) / _MILLION


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """What running a model on this computer costs; None for what the user did not say."""

    watts: float | None = None
    """Power that this computer draws more while a model computes."""
    kwh: float | None = None
    """Price of a kilowatt-hour, in ``currency``."""
    fixed: float | None = None
    """What the own model costs once, whatever its use: set-up work, hardware. In ``currency``."""
    currency: str = ""
    date: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Prices:
    """The whole price table."""

    endpoints: Mapping[str, TokenPrice] = field(default_factory=dict)
    own: OwnPrice = OwnPrice()

    def to_json(self) -> dict[str, Any]:
        """Every field."""
        return {
            "endpoints": {name: asdict(price) for name, price in self.endpoints.items()},
            "own": asdict(self.own),
        }


def checked_token_price(price: TokenPrice) -> TokenPrice:
    """The same. Raises BadEndpoint."""
    for what in ("input", "output"):
        _amount(what, getattr(price, what))
    for what in ("currency", "date", "source"):
        _words(what, getattr(price, what), needed=True)
    return price


def checked_own_price(price: OwnPrice) -> OwnPrice:
    """The same. Raises BadEndpoint."""
    for what in ("watts", "kwh", "fixed"):
        if (value := getattr(price, what)) is not None:
            _amount(what, value)
    for what in ("currency", "date", "source"):
        _words(what, getattr(price, what), needed=False)
    if (price.kwh is not None or price.fixed is not None) and not price.currency:
        raise BadEndpoint(what="currency", value="", reason="endpoint.price_words")
    return price


def _amount(what: str, value: float) -> None:
    if not (math.isfinite(value) and 0 <= value <= 1e9):
        raise BadEndpoint(what=what, value=str(value)[:40], reason="endpoint.price_amount")


def _words(what: str, text: str, *, needed: bool) -> None:
    if (needed and not text.strip()) or len(text) > 300 or (text and not text.isprintable()):
        raise BadEndpoint(what=what, value=text[:40], reason="endpoint.price_words")


def prices_from_json(data: Any) -> Prices:
    """What can be read of it; the rest is left out, which means "unknown"."""
    data = data if isinstance(data, dict) else {}
    found: dict[str, TokenPrice] = {}
    rows = data.get("endpoints")
    for name, row in rows.items() if isinstance(rows, dict) else ():
        try:
            found[str(name)] = checked_token_price(
                TokenPrice(
                    float(row["input"]),
                    float(row["output"]),
                    str(row["currency"]),
                    str(row["date"]),
                    str(row["source"]),
                )
            )
        except (BadEndpoint, KeyError, TypeError, ValueError):
            continue
    return Prices(found, _own(data.get("own")))


def _own(row: Any) -> OwnPrice:
    if not isinstance(row, dict):
        return OwnPrice()
    kept: dict[str, Any] = {}
    for each in fields(OwnPrice):
        value = row.get(each.name)
        if each.name in {"watts", "kwh", "fixed"}:
            if isinstance(value, int | float) and not isinstance(value, bool):
                kept[each.name] = float(value)
        elif isinstance(value, str):
            kept[each.name] = value
    try:
        return checked_own_price(OwnPrice(**kept))
    except BadEndpoint:
        return OwnPrice()


def load_prices(path: Path) -> Prices:
    """The price table; an empty one when there is none or it cannot be read."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return Prices()
        return prices_from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError):
        return Prices()


def save_prices(path: Path, prices: Prices) -> None:
    """Replace the price table. Raises OSError."""
    write_json(path, prices.to_json())
