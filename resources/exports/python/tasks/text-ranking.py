"""Text ranking: how well a text answers a question, 0 to 1."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from model_loading import load, pair_batches


class Runner:
    """A cross-encoder; each input is a question and a text, joined by a tab."""

    def __init__(self, folder: Path, precision: str) -> None:
        self.loaded = load(folder, "AutoModelForSequenceClassification", precision)

    def run(self, texts: list[str], parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """``{"kind": "similarity", "score": ...}`` for each pair. Raises ValueError without a tab."""
        if not all("\t" in text for text in texts):
            raise ValueError("a question and a text are needed, joined by a tab")
        pairs = [(a, b) for a, _, b in (text.partition("\t") for text in texts)]
        answers: list[dict[str, Any]] = [{} for _ in texts]
        for indices, batch in pair_batches(self.loaded, pairs):
            with torch.inference_mode():
                logits = self.loaded.model(**batch).logits.double()
            one = logits.shape[1] == 1
            scores = (logits.sigmoid() if one else logits.softmax(-1))[:, -1]
            for index, score in zip(indices, scores.tolist()):
                answers[index] = {"kind": "similarity", "score": score}
        return answers
