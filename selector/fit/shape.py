# SPDX-License-Identifier: Apache-2.0
"""The shape of a transformer, read from config.json under the names its families use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Shape:
    """What the formulas need; None where the configuration does not say."""

    layers: int | None
    hidden: int | None
    vocabulary: int | None
    kv_heads: int | None
    head_dim: int | None
    decoder: bool


def _first(config: Mapping[str, Any], *names: str) -> int | None:
    for name in names:
        value = config.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**9:
            return value
    return None


def shape_of(config: Mapping[str, Any]) -> Shape:
    """Read a shape; a nested ``text_config`` counts when the top level says nothing."""
    inner = config.get("text_config")
    if isinstance(inner, Mapping) and "hidden_size" not in config:
        config = {**inner, "architectures": config.get("architectures")}
    hidden = _first(config, "hidden_size", "dim", "d_model", "n_embd")
    heads = _first(config, "num_attention_heads", "n_heads", "n_head", "encoder_attention_heads")
    architectures = config.get("architectures")
    names = [str(n) for n in architectures] if isinstance(architectures, list) else []
    return Shape(
        layers=_first(
            config, "num_hidden_layers", "n_layers", "n_layer", "num_layers", "encoder_layers"
        ),
        hidden=hidden,
        vocabulary=_first(config, "vocab_size"),
        kv_heads=_first(config, "num_key_value_heads") or heads,
        head_dim=_first(config, "head_dim") or (hidden // heads if hidden and heads else None),
        decoder=any(n.endswith(("ForCausalLM", "LMHeadModel")) for n in names),
    )
