# SPDX-License-Identifier: Apache-2.0
"""Whether a model's files hold as many weights as its configuration builds. Pure.

A file that holds fewer loads all the same: what is missing is made up at random, and the model answers
nonsense. One that holds more has parts that would not be used, or is not what its configuration says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

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


def is_whole(config: Mapping[str, Any]) -> bool:
    """Whether it is config.json itself, and not the Hub's extract, which has names and no numbers.

    A gated repository shows no more than the extract: what is built from it has the sizes that its
    class has by default, and says nothing of this model's.
    """
    return any(isinstance(value, int | float) for value in config.values())


def difference(facts: ModelFacts, support: Support) -> Difference | None:
    """Whether fewer or more weights are stored than the built model has; None where they agree.

    None as well where they cannot be compared: the count was not read from the files, the weights
    are packed, the configuration is not whole, or another class was built than the one it names first.
    """
    stored, built = facts.parameters, support.parameters
    names = facts.config.get("architectures")
    comparable = (
        is_whole(facts.config)
        and facts.basis in {"hub", "header"}
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
