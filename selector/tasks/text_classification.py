# SPDX-License-Identifier: Apache-2.0
"""Text classification: one text in, labels with probabilities out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.tasks.base import Task, TaskRunner
from selector.tasks.batching import tight_batches
from selector.tasks.outputs import Finished, Labels, Partial, ScoredLabel
from selector.tasks.torch_loading import TorchModel, encode, load_torch_model, token_lengths


class ClassificationRunner:
    """A sequence classifier; softmax, or sigmoid when its configuration says several labels apply."""

    def __init__(self, loaded: TorchModel) -> None:
        self._loaded = loaded
        config = loaded.model.config
        count = int(config.num_labels)
        self.labels = tuple(str(config.id2label.get(i, f"LABEL_{i}")) for i in range(count))
        self.parameters = loaded.parameters
        several = getattr(config, "problem_type", None) == "multi_label_classification"
        self._sigmoid = several or count == 1

    def run(
        self, inputs: Sequence[str], parameters: Mapping[str, Any], cancelled: Callable[[], bool]
    ) -> Iterator[Partial | Finished]:
        """See TaskRunner."""
        import torch

        texts = list(inputs)
        for batch in tight_batches(token_lengths(self._loaded, texts)):
            if cancelled():
                return
            with torch.inference_mode():
                logits = self._loaded.model(
                    **encode(self._loaded, [texts[i] for i in batch])
                ).logits
                scores = (logits.sigmoid() if self._sigmoid else logits.softmax(-1)).float().cpu()
            for index, row in zip(batch, scores.tolist(), strict=True):
                ranked = sorted(zip(self.labels, row, strict=True), key=lambda pair: -pair[1])
                yield Finished(
                    index, Labels(tuple(ScoredLabel(name, score) for name, score in ranked))
                )


def _load(folder: Path, options: Mapping[str, Any]) -> TaskRunner:
    loaded = load_torch_model(
        folder, "AutoModelForSequenceClassification", options, ignore_head=False
    )
    return ClassificationRunner(loaded)


TASK = Task(
    id="text-classification",
    modality="text",
    title={"en": "Sort texts into categories", "fr": "Classer des textes par catégorie"},
    purpose={
        "en": "Each text gets one of the model’s labels: a message’s topic, a review’s mood, spam or not.",
        "fr": "Chaque texte reçoit une étiquette du modèle : sujet d’un message, humeur d’un avis, spam ou non.",
    },
    words={
        "en": (
            "sort", "classify", "categorise", "categorize", "category", "label", "tag", "topic", "intent",
            "sentiment", "mood", "review", "spam", "route", "triage", "message", "email", "ticket", "complaint",
            "toxic", "moderate", "detect", "emotion", "language",
        ),
        "fr": (
            "trier", "classer", "classification", "catégorie", "étiquette", "étiqueter", "sujet", "thème",
            "intention", "sentiment", "humeur", "avis", "spam", "router", "message", "courriel", "mail",
            "ticket", "réclamation", "toxique", "modérer", "détecter", "émotion", "langue",
        ),
    },
    input_kind="text",
    output_kind="labels",
    hub_tags=("text-classification",),
    sample_inputs={
        "en": ("My card has not arrived yet.", "What a wonderful film!"),
        "fr": ("Ma carte n’est toujours pas arrivée.", "Quel film magnifique !"),
    },
    metrics=("accuracy", "macro-f1"),
    load_torch=_load,
)  # fmt: skip
