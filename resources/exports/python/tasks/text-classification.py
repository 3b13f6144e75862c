"""Text classification: labels with probabilities, the most probable first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from model_loading import batches, load, pair_batches


class Runner:
    """A sequence classifier; softmax, or sigmoid where several labels may apply."""

    def __init__(self, folder: Path, precision: str) -> None:
        self.loaded = load(folder, "AutoModelForSequenceClassification", precision)
        config = self.loaded.model.config
        count = int(config.num_labels)
        self.labels = [str(config.id2label.get(i, f"LABEL_{i}")) for i in range(count)]
        kind = getattr(config, "problem_type", None)
        self.number = kind == "regression" and count == 1
        self.several = kind == "multi_label_classification" and count > 1
        self.sigmoid = self.several or count == 1
        names = [label.strip().casefold() for label in self.labels]
        against = ("contradict", "not_entail", "not entail", "non_entail", "neutral")
        implied = any(name.startswith("entail") for name in names)
        self.pairs = implied and any(name.startswith(against) for name in names)

    def run(self, texts: list[str], parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """``{"kind": "labels", "labels": [{"label", "score"}, ...]}`` or a number for each text.

        A model of inference reads two texts joined by a tab; raises ValueError without one.
        """
        if self.pairs and not all("\t" in text for text in texts):
            raise ValueError("two texts are needed, joined by a tab")
        pairs = [(a, b) for a, _, b in (text.partition("\t") for text in texts)]
        found = pair_batches(self.loaded, pairs) if self.pairs else batches(self.loaded, texts)
        answers: list[dict[str, Any]] = [{} for _ in texts]
        for indices, batch in found:
            with torch.inference_mode():
                logits = self.loaded.model(**batch).logits.float()
                scores = logits.sigmoid() if self.sigmoid else logits.softmax(-1)
            if self.number:
                for index, row in zip(indices, logits.tolist()):
                    answers[index] = {"kind": "number", "value": row[0]}
                continue
            for index, row in zip(indices, scores.tolist()):
                ranked = sorted(zip(self.labels, row), key=lambda pair: -pair[1])
                labels = [{"label": label, "score": score} for label, score in ranked]
                more = {"several": True} if self.several else {}
                answers[index] = {"kind": "labels", "labels": labels, **more}
        return answers
