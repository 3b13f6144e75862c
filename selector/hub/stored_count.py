# SPDX-License-Identifier: Apache-2.0
"""Whether a model's files hold as many weights as its configuration builds. Pure.

A file that holds fewer loads all the same: what is missing is made up at random, and the model answers
nonsense. One that holds more has parts that would not be used, or is not what its configuration says.
"""

from __future__ import annotations

from typing import Literal

from selector.engines.facts import ModelFacts
from selector.hub.architecture import Support

Difference = Literal["fewer", "more"]
TELLING = 0.05
"""A share below which heads left out and buffers kept beside the weights explain a difference."""
_EACH_ONE_WEIGHT = frozenset(
    {"F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2", "I64", "BOOL"}
)  # fmt: skip
"""Stored one number a weight, or, the last two, counted as no weights. Others are packed, or masks of
old checkpoints: there the number of numbers says little."""


def difference(facts: ModelFacts, support: Support) -> Difference | None:
    """Whether fewer or more weights are stored than the built model has; None where they agree.

    None as well where they cannot be compared: the count was not read from the files, the weights
    are packed, or another class was built than the one the configuration names first.
    """
    stored, built = facts.parameters, support.parameters
    names = facts.config.get("architectures")
    comparable = (
        facts.basis in {"hub", "header"}
        and facts.weight_format == "safetensors"
        and facts.parameters_by_dtype.keys() <= _EACH_ONE_WEIGHT
        and isinstance(names, list)
        and names[:1] == [support.architecture]
    )
    if not comparable or support.answer != "runs" or not stored or not built:
        return None
    if stored < built * (1 - TELLING):
        return "fewer"
    return "more" if stored > built * (1 + TELLING) else None


def in_doubt(facts: ModelFacts, support: Support | None) -> bool:
    """Whether the files' own heads should be asked: the Hub's total counts buffers and twins as weights."""
    return support is not None and facts.basis == "hub" and difference(facts, support) == "more"
