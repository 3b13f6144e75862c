"""Loads the model from its folder: by path, offline, safetensors only, no code from the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers

MAX_LENGTH = 512
MAX_WASTE = 0.10
MAX_TOKENS = 4096
MAX_ITEMS = 64


@dataclass(frozen=True)
class Loaded:
    """A model in evaluation mode with its tokenizer."""

    model: Any
    tokenizer: Any
    max_length: int
    folder: Path


def _max_length(tokenizer: Any, model: Any) -> int:
    """Tokens the model takes, the smallest of what its files say."""
    limits = [getattr(tokenizer, "model_max_length", None)]
    positions = getattr(model.config, "max_position_embeddings", None)
    if isinstance(positions, int):
        # RoBERTa's kind counts positions from its padding index on, and loses that many.
        for name, module in model.named_modules():
            if name.endswith("position_embeddings") and getattr(module, "padding_idx", None):
                positions -= int(module.padding_idx) + 1
                break
    limits.append(positions)
    known = [n for n in limits if isinstance(n, int) and 0 < n < 1_000_000]
    return min(known, default=MAX_LENGTH)


def load(
    folder: Path, auto_class: str, precision: str, reader: str = "AutoTokenizer"
) -> Loaded:
    """Load with a transformers Auto class in ``fp32``, ``fp16`` or ``bf16``."""
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    dtype = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}[precision]
    safe: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    tokenizer = getattr(transformers, reader).from_pretrained(folder, **safe)
    model = getattr(transformers, auto_class).from_pretrained(
        folder, use_safetensors=True, dtype=dtype, **safe
    )
    model = model.eval()
    if reader != "AutoTokenizer":
        return Loaded(model, tokenizer, MAX_LENGTH, folder)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    if getattr(model.config, "pad_token_id", None) is None:
        model.config.pad_token_id = tokenizer.pad_token_id
    return Loaded(model, tokenizer, _max_length(tokenizer, model), folder)


def batches(
    loaded: Loaded, texts: list[str], max_length: int | None = None
) -> Iterator[tuple[list[int], Any]]:
    """Texts of similar length together: their indices, and padded tensors."""
    if texts:
        limit = max_length or loaded.max_length
        yield from padded(loaded, loaded.tokenizer(texts, truncation=True, max_length=limit))


def pair_batches(
    loaded: Loaded, pairs: list[tuple[str, str]]
) -> Iterator[tuple[list[int], Any]]:
    """The same for pairs of texts; where both do not fit, the longer one loses its end."""
    if pairs:
        firsts, seconds = [a for a, _ in pairs], [b for _, b in pairs]
        limit = loaded.max_length
        encoded = loaded.tokenizer(firsts, seconds, truncation="longest_first", max_length=limit)
        yield from padded(loaded, encoded)


def padded(loaded: Loaded, encoded: Any) -> Iterator[tuple[list[int], Any]]:
    """Columns of token ids in batches: indices, and padded tensors."""
    lengths = [max(1, len(ids)) for ids in encoded["input_ids"]]
    for indices in _tight(lengths):
        rows = {name: [column[i] for i in indices] for name, column in encoded.items()}
        yield indices, loaded.tokenizer.pad(rows, return_tensors="pt")


def _tight(lengths: list[int]) -> list[list[int]]:
    """Indices in batches, longest first, with little padding."""
    found: list[list[int]] = []
    used = 0
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        batch = found[-1] if found else []
        padded = lengths[batch[0]] * (len(batch) + 1) if batch else 0
        if (
            batch
            and len(batch) < MAX_ITEMS
            and padded <= MAX_TOKENS
            and padded - (used + lengths[index]) <= MAX_WASTE * padded
        ):
            batch.append(index)
            used += lengths[index]
        else:
            found.append([index])
            used = lengths[index]
    return found
