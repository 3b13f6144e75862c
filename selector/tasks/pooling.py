# SPDX-License-Identifier: Apache-2.0
"""How a repository turns hidden states into one vector: sentence-transformers' files, or the mean."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selector.errors import UnsupportedModel

_OLD_NAMES: Mapping[str, str] = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
MODES = frozenset(_OLD_NAMES.values())
_KNOWN_MODULES = {"Transformer", "Pooling", "Normalize"}
# Folder names come from the Hub: one plain segment, so that nothing outside the snapshot is read.
_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Pooling:
    """What is done around the encoder."""

    modes: tuple[str, ...] = ("mean",)
    """Several are joined end to end."""
    max_length: int | None = None
    prompt: str = ""
    """Written before every text."""


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _modes(config: Any) -> tuple[str, ...]:
    if not isinstance(config, dict):
        return ("mean",)
    named = config.get("pooling_mode")
    if named is None:
        found = tuple(mode for key, mode in _OLD_NAMES.items() if config.get(key) is True)
        return found or ("mean",)
    return tuple(str(mode) for mode in named) if isinstance(named, list) else (str(named),)


def pooling_of(folder: Path, repo: str) -> Pooling:
    """Read the files of ``folder``; mean pooling where they say nothing.

    Raises UnsupportedModel when the vectors need layers that Petit does not run.
    """
    where = "1_Pooling"
    modules = _read(folder / "modules.json")
    for module in modules if isinstance(modules, list) else []:
        kind = str(module.get("type", "")).rpartition(".")[2] if isinstance(module, dict) else ""
        if kind not in _KNOWN_MODULES:
            # Leaving a layer out would still give vectors, only not those of this model.
            raise UnsupportedModel(repo=repo, reason="risk.extra_layers", layer=kind[:60])
        if kind == "Pooling" and _SEGMENT.fullmatch(str(module.get("path", ""))):
            where = str(module["path"])
    modes = _modes(_read(folder / where / "config.json"))
    if unknown := [mode for mode in modes if mode not in MODES]:
        raise UnsupportedModel(
            repo=repo, reason="risk.extra_layers", layer=f"pooling {unknown[0]}"[:60]
        )
    longest = None
    sentence = _read(folder / "sentence_bert_config.json")
    if isinstance(sentence, dict) and isinstance(sentence.get("max_seq_length"), int):
        longest = int(sentence["max_seq_length"]) or None
    return Pooling(modes, longest, _prompt(_read(folder / "config_sentence_transformers.json")))


def _prompt(config: Any) -> str:
    if not isinstance(config, dict) or not isinstance(config.get("prompts"), dict):
        return ""
    prompt = config["prompts"].get(config.get("default_prompt_name") or "")
    return prompt if isinstance(prompt, str) else ""


def pool(hidden: Any, attention_mask: Any, modes: tuple[str, ...]) -> Any:
    """Hidden states (batch, tokens, width), padded on either side, to vectors of length one.

    numpy arrays in and out, so that every engine pools alike.
    """
    import numpy as np

    hidden = hidden.astype(np.float32, copy=False)
    mask = attention_mask.astype(np.float32)
    rows = np.arange(hidden.shape[0])
    first = attention_mask.argmax(1)
    count = attention_mask.sum(1)
    parts = []
    for mode in modes:
        match mode:
            case "cls":
                parts.append(hidden[rows, first])
            case "lasttoken":
                parts.append(hidden[rows, np.maximum(first + count - 1, 0)])
            case "max":
                parts.append(np.where(mask[..., None] == 0, -np.inf, hidden).max(1))
            case "weightedmean":
                weights = attention_mask.cumsum(1) * mask
                total = np.maximum(weights.sum(1), 1)
                parts.append(_weighted_sum(hidden, weights) / total[:, None])
            case _:
                tokens = np.maximum(mask.sum(1), 1)
                scale = np.sqrt(tokens) if mode == "mean_sqrt_len_tokens" else tokens
                parts.append(_weighted_sum(hidden, mask) / scale[:, None])
    joined = np.concatenate(parts, axis=-1)
    length = np.sqrt((joined * joined).sum(-1, keepdims=True))
    return joined / np.maximum(length, 1e-12)


def _weighted_sum(hidden: Any, weights: Any) -> Any:
    """Sum over tokens, each times its weight; as one matrix product a row, which is fastest."""
    import numpy as np

    return np.matmul(weights[:, None, :].astype(np.float32), hidden)[:, 0, :]
