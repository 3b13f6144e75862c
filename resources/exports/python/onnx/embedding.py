"""Texts to vectors of length one, pooled as the model's own files say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from model_loading import batches, load, read

OLD_NAMES = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
HIDDEN = ("last_hidden_state", "token_embeddings", "hidden_states", "encoder_last_hidden_state")


def _modes(config: dict[str, Any]) -> list[str]:
    named = config.get("pooling_mode")
    if named is None:
        return [mode for key, mode in OLD_NAMES.items() if config.get(key) is True] or ["mean"]
    return [str(mode) for mode in named] if isinstance(named, list) else [str(named)]


def _pooling_folder(folder: Path) -> Path:
    where = "1_Pooling"
    try:
        modules = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        modules = []
    for module in modules if isinstance(modules, list) else []:
        path = str(module.get("path", ""))
        if str(module.get("type", "")).endswith(".Pooling") and re.fullmatch(r"\w[\w-]*", path):
            where = path
    return folder / where


def _prompt(config: dict[str, Any]) -> str:
    prompts = config.get("prompts")
    prompt = prompts.get(config.get("default_prompt_name") or "") if isinstance(prompts, dict) else ""
    return prompt if isinstance(prompt, str) else ""


def pool(hidden: Any, attention_mask: Any, modes: list[str]) -> Any:
    """Hidden states (batch, tokens, width) to vectors of length one; several modes are joined."""
    mask = attention_mask.astype(np.float32)[..., None]
    rows = np.arange(hidden.shape[0])
    first, count = attention_mask.argmax(1), attention_mask.sum(1)
    parts = []
    for mode in modes:
        if mode == "cls":
            parts.append(hidden[rows, first])
        elif mode == "lasttoken":
            parts.append(hidden[rows, np.maximum(first + count - 1, 0)])
        elif mode == "max":
            parts.append(np.where(mask == 0, -np.inf, hidden).max(1))
        elif mode == "weightedmean":
            weights = attention_mask.cumsum(1)[..., None] * mask
            parts.append((hidden * weights).sum(1) / np.maximum(weights.sum(1), 1))
        else:
            tokens = np.maximum(mask.sum(1), 1)
            scale = np.sqrt(tokens) if mode == "mean_sqrt_len_tokens" else tokens
            parts.append((hidden * mask).sum(1) / scale)
    joined = np.concatenate(parts, axis=-1)
    length = np.sqrt((joined * joined).sum(-1, keepdims=True))
    return joined / np.maximum(length, 1e-12)


class Embedder:
    """An encoder with its repository's pooling, prompt and length."""

    def __init__(self, folder: Path, precision: str) -> None:
        longest = read(folder / "sentence_bert_config.json").get("max_seq_length")
        self.loaded = load(folder, longest if isinstance(longest, int) and longest else None)
        self.output = next(name for name in HIDDEN if name in self.loaded.outputs())
        self.modes = _modes(read(_pooling_folder(folder) / "config.json"))
        self.prompt = _prompt(read(folder / "config_sentence_transformers.json"))

    def vectors(self, texts: list[str]) -> list[list[float]]:
        """One vector for each text."""
        found: list[list[float]] = [[] for _ in texts]
        prompted = [self.prompt + text for text in texts]
        for indices, hidden, mask in batches(self.loaded, prompted, self.output):
            for index, row in zip(indices, pool(hidden, mask, self.modes).tolist()):
                found[index] = row
        return found
