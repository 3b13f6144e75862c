"""Summarization: a short text for each long one; greedy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from model_loading import batches, load

MAX_NEW_TOKENS = 128


class Runner:
    """An encoder-decoder, with the prefix that its files name for summaries."""

    def __init__(self, folder: Path, precision: str) -> None:
        self.loaded = load(folder, "AutoModelForSeq2SeqLM", precision)
        named = getattr(self.loaded.model.config, "task_specific_params", None) or {}
        self.prefix = str((named.get("summarization") or {}).get("prefix") or "")

    def run(self, texts: list[str], parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """``{"kind": "text", "text": ..., "tokens": ...}`` for each text."""
        most = max(1, int(parameters.get("max_new_tokens", MAX_NEW_TOKENS)))
        places = getattr(self.loaded.model.config, "max_position_embeddings", None)
        if isinstance(places, int) and places > 1:
            most = min(most, places - 1)
        tokenizer = self.loaded.tokenizer
        special = set(tokenizer.all_special_ids)
        answers: list[dict[str, Any]] = [{} for _ in texts]
        for indices, batch in batches(self.loaded, [self.prefix + text for text in texts]):
            with torch.inference_mode():
                written = self.loaded.model.generate(
                    input_ids=batch["input_ids"],
                    attention_mask=batch["attention_mask"],
                    max_new_tokens=most,
                    num_beams=1,
                    do_sample=False,
                )
            for index, row in zip(indices, written.tolist()):
                kept = [token for token in row if token not in special]
                text = tokenizer.decode(kept).strip()
                answers[index] = {"kind": "text", "text": text, "tokens": len(kept)}
        return answers
