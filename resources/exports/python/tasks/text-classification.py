"""Text classification: labels with probabilities, the most probable first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from model_loading import batches, load


class Runner:
    """A sequence classifier; softmax, or sigmoid where several labels may apply."""

    def __init__(self, folder: Path, precision: str) -> None:
        self.loaded = load(folder, "AutoModelForSequenceClassification", precision)
        config = self.loaded.model.config
        count = int(config.num_labels)
        self.labels = [str(config.id2label.get(i, f"LABEL_{i}")) for i in range(count)]
        several = getattr(config, "problem_type", None) == "multi_label_classification"
        self.sigmoid = several or count == 1

    def run(self, texts: list[str], parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """``{"kind": "labels", "labels": [{"label", "score"}, ...]}`` for each text."""
        answers: list[dict[str, Any]] = [{} for _ in texts]
        for indices, batch in batches(self.loaded, texts):
            with torch.inference_mode():
                logits = self.loaded.model(**batch).logits.float()
                scores = logits.sigmoid() if self.sigmoid else logits.softmax(-1)
            for index, row in zip(indices, scores.tolist()):
                ranked = sorted(zip(self.labels, row), key=lambda pair: -pair[1])
                labels = [{"label": label, "score": score} for label, score in ranked]
                answers[index] = {"kind": "labels", "labels": labels}
        return answers
