"""Texts to vectors of length one, pooled as the model's own files say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import torch

from model_loading import batches, load

OLD_NAMES = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _modes(config: Any) -> list[str]:
    if not isinstance(config, dict):
        return ["mean"]
    named = config.get("pooling_mode")
    if named is None:
        return [mode for key, mode in OLD_NAMES.items() if config.get(key) is True] or ["mean"]
    return [str(mode) for mode in named] if isinstance(named, list) else [str(named)]


def _pooling_folder(folder: Path) -> Path:
    modules = _read(folder / "modules.json")
    where = "1_Pooling"
    for module in modules if isinstance(modules, list) else []:
        path = str(module.get("path", ""))
        if str(module.get("type", "")).endswith(".Pooling") and re.fullmatch(r"\w[\w-]*", path):
            where = path
    return folder / where


def _prompt(config: Any) -> str:
    if not isinstance(config, dict) or not isinstance(config.get("prompts"), dict):
        return ""
    prompt = config["prompts"].get(config.get("default_prompt_name") or "")
    return prompt if isinstance(prompt, str) else ""


def pool(hidden: Any, attention_mask: Any, modes: list[str]) -> Any:
    """Hidden states (batch, tokens, width) to vectors of length one; several modes are joined."""
    hidden = hidden.float()
    mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
    rows = torch.arange(hidden.shape[0])
    first = attention_mask.argmax(1)
    count = attention_mask.sum(1)
    parts = []
    for mode in modes:
        if mode == "cls":
            parts.append(hidden[rows, first])
        elif mode == "lasttoken":
            parts.append(hidden[rows, (first + count - 1).clamp(min=0)])
        elif mode == "max":
            parts.append(hidden.masked_fill(mask == 0, float("-inf")).max(1).values)
        elif mode == "weightedmean":
            weights = attention_mask.cumsum(1).unsqueeze(-1).to(hidden.dtype) * mask
            parts.append((hidden * weights).sum(1) / weights.sum(1).clamp(min=1))
        else:
            tokens = mask.sum(1).clamp(min=1)
            scale = tokens.sqrt() if mode == "mean_sqrt_len_tokens" else tokens
            parts.append((hidden * mask).sum(1) / scale)
    return torch.nn.functional.normalize(torch.cat(parts, dim=-1), dim=-1)


class Embedder:
    """An encoder with its repository's pooling, prompt and length."""

    def __init__(self, folder: Path, precision: str) -> None:
        self.loaded = load(folder, "AutoModel", precision)
        model = self.loaded.model
        self.encoder = model.get_encoder() if model.config.is_encoder_decoder else model
        self.modes = _modes(_read(_pooling_folder(folder) / "config.json"))
        self.prompt = _prompt(_read(folder / "config_sentence_transformers.json"))
        sentence = _read(folder / "sentence_bert_config.json")
        longest = sentence.get("max_seq_length") if isinstance(sentence, dict) else None
        limit = self.loaded.max_length
        self.max_length = min(limit, longest) if isinstance(longest, int) and longest else limit

    def vectors(self, texts: list[str]) -> list[list[float]]:
        """One vector for each text."""
        found: list[list[float]] = [[] for _ in texts]
        prompted = [self.prompt + text for text in texts]
        for indices, batch in batches(self.loaded, prompted, self.max_length):
            with torch.inference_mode():
                hidden = self.encoder(**batch).last_hidden_state
                rows = pool(hidden, batch["attention_mask"], self.modes).tolist()
            for index, row in zip(indices, rows):
                found[index] = row
        return found
