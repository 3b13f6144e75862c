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
        kind = config.get("problem_type")
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
        answers: list[dict[str, Any]] = [{} for _ in texts]
        for indices, logits, _ in batches(self.loaded, pairs if self.pairs else texts, "logits"):
            if self.number:
                for index, row in zip(indices, logits.tolist()):
                    answers[index] = {"kind": "number", "value": row[0]}
                continue
            for index, row in zip(indices, self._scores(logits.astype(np.float64)).tolist()):
                labels = self.labels or [f"LABEL_{i}" for i in range(len(row))]
                ranked = sorted(zip(labels, row), key=lambda pair: -pair[1])
                found = [{"label": label, "score": score} for label, score in ranked]
                more = {"several": True} if self.several else {}
                answers[index] = {"kind": "labels", "labels": found, **more}
        return answers

    def _scores(self, logits: Any) -> Any:
        if self.sigmoid:
            return 1.0 / (1.0 + np.exp(-logits))
        shifted = np.exp(logits - logits.max(-1, keepdims=True))
        return shifted / shifted.sum(-1, keepdims=True)
