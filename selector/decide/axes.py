# SPDX-License-Identifier: Apache-2.0
"""What a contestant costs, on every axis that "small" may mean."""

from __future__ import annotations

from selector.trial.measurement import Contestant, Measurement

METRICS_RACED = ("accuracy", "token-f1", "exact-match")
"""Metrics that are means over examples: the others cannot be known from some of them."""
COSTS_RACED = ("parameters", "download")
"""Axes that are known before anything has run."""


def costs(contestant: Contestant, measurement: Measurement) -> dict[str, float | None]:
    """What a contestant costs on every axis: weights, bytes, bytes, the user's unit, seconds an input."""
    memory = measurement.memory_peak_bytes or contestant.predicted_memory_bytes
    return {
        "parameters": measurement.parameters or contestant.parameters,
        "memory": memory,
        "download": contestant.download_bytes or None,
        "given": contestant.cost,
        "latency": None if measurement.latency is None else measurement.latency.median,
    }
