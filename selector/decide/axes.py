# SPDX-License-Identifier: Apache-2.0
"""What a contestant costs, on every axis that "small" may mean. No numpy."""

from __future__ import annotations

from selector.decide.need_llm import energy_wh
from selector.engines.endpoint.prices import Prices
from selector.trial.measurement import Contestant, Measurement

METRICS_RACED = ("accuracy", "token-f1", "exact-match")
"""Metrics that are means over examples: the others cannot be known from some of them."""
COSTS_RACED = ("parameters", "download")
"""Axes that are known before anything has run."""
_NO_PRICES = Prices()


def costs(
    contestant: Contestant, measurement: Measurement, prices: Prices = _NO_PRICES
) -> dict[str, float | None]:
    """What a contestant costs on every axis; None where that is not known.

    Units: weights, bytes, bytes, the user's unit, seconds an input, watt-hours of 1,000 inputs, and for
    1,000 inputs the currency of the price table.
    """
    memory = measurement.memory_peak_bytes or contestant.predicted_memory_bytes
    seconds = None if measurement.latency is None else measurement.latency.median
    watts = prices.own.watts
    energy = None
    if seconds is not None and watts is not None and not contestant.remote:
        energy = energy_wh(watts, seconds)
    return {
        "parameters": measurement.parameters or contestant.parameters,
        "memory": memory,
        "download": contestant.download_bytes or None,
        "given": contestant.cost,
        "latency": seconds,
        "energy": energy,
        "price": _price(contestant, measurement, prices, energy),
    }


def _price(
    contestant: Contestant, measurement: Measurement, prices: Prices, energy: float | None
) -> float | None:
    """Of 1,000 inputs. An endpoint's counts only in the currency of the own price: others do not compare."""
    own = prices.own
    if not contestant.remote:
        return None if energy is None or own.kwh is None else energy / 1000 * own.kwh
    table = prices.endpoints.get(contestant.ref.removeprefix("endpoint:"))
    items = measurement.usage.get("items", 0)
    if table is None or not items or (own.kwh is not None and table.currency != own.currency):
        return None
    tokens = (measurement.usage[x] / items for x in ("prompt_tokens", "completion_tokens"))
    return table.of(*tokens) * 1000
