"""Text classification: labels with probabilities, the most probable first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from model_loading import batches, load


class Runner:
    """A sequence classifier; softmax, or sigmoid where several labels may apply."""

    def __init__(self, folder: Path, precision: str) -> None:
        self.loaded = load(folder)
        config = self.loaded.config
        named = config.get("id2label") or {}
        stated = config.get("num_labels")
        count = len(named) or (stated if isinstance(stated, int) else 2)
        self.labels = [str(named.get(str(i), f"LABEL_{i}")) for i in range(count)]
        several = config.get("problem_type") == "multi_label_classification"
        self.sigmoid = several or count == 1

    def run(self, texts: list[str], parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """``{"kind": "labels", "labels": [{"label", "score"}, ...]}`` for each text."""
        answers: list[dict[str, Any]] = [{} for _ in texts]
        for indices, logits, _ in batches(self.loaded, texts, "logits"):
            for index, row in zip(indices, self._scores(logits.astype(np.float64)).tolist()):
                labels = self.labels or [f"LABEL_{i}" for i in range(len(row))]
                ranked = sorted(zip(labels, row), key=lambda pair: -pair[1])
                found = [{"label": label, "score": score} for label, score in ranked]
                answers[index] = {"kind": "labels", "labels": found}
        return answers

    def _scores(self, logits: Any) -> Any:
        if self.sigmoid:
            return 1.0 / (1.0 + np.exp(-logits))
        shifted = np.exp(logits - logits.max(-1, keepdims=True))
        return shifted / shifted.sum(-1, keepdims=True)
