"""Zero-shot classification: categories of one's own, the best fitting first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from model_loading import load, pair_batches

HYPOTHESIS = "This text is about {}."


class Runner:
    """A model of textual inference: each category is a sentence that the text implies, or does not."""

    def __init__(self, folder: Path, precision: str) -> None:
        self.loaded = load(folder, "AutoModelForSequenceClassification", precision)
        config = self.loaded.model.config
        names = [str(config.id2label.get(i, i)).strip().casefold() for i in range(config.num_labels)]
        self.entailment = next(i for i, name in enumerate(names) if name.startswith("entail"))
        starts = ("contradict", "not_entail", "not entail", "non_entail", "neutral")
        against = [i for start in starts for i, name in enumerate(names) if name.startswith(start)]
        self.against = against[0] if against else None

    def run(self, texts: list[str], parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """``{"kind": "labels", "labels": [{"label", "score"}, ...]}`` for each text."""
        labels = list(dict.fromkeys(str(x).strip() for x in parameters["labels"] if str(x).strip()))
        hypothesis = str(parameters.get("hypothesis") or HYPOTHESIS)
        several = bool(parameters.get("several")) or len(labels) == 1
        pairs = [(text, hypothesis.replace("{}", label)) for text in texts for label in labels]
        rows: list[Any] = [None] * len(pairs)
        for indices, batch in pair_batches(self.loaded, pairs):
            with torch.inference_mode():
                logits = self.loaded.model(**batch).logits.double()
            for index, row in zip(indices, logits):
                rows[index] = row
        answers = []
        for start in range(0, len(pairs), len(labels)):
            scores = self._scores(torch.stack(rows[start : start + len(labels)]), several)
            ranked = sorted(zip(labels, scores.tolist()), key=lambda pair: -pair[1])
            found = [{"label": label, "score": score} for label, score in ranked]
            answers.append({"kind": "labels", "labels": found})
        return answers

    def _scores(self, logits: Any, several: bool) -> Any:
        if not several:
            return logits[:, self.entailment].softmax(-1)
        if self.against is None:
            return logits.softmax(-1)[:, self.entailment]
        return logits[:, [self.against, self.entailment]].softmax(-1)[:, 1]
