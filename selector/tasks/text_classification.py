# SPDX-License-Identifier: Apache-2.0
"""Text classification: one text in, labels with probabilities out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.errors import RunFailed
from selector.tasks.base import Task, TaskRunner
from selector.tasks.outputs import Finished, Labels, Partial, ScoredLabel
from selector.tasks.torch_loading import TorchModel, batches, load_torch_model


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

        for indices, batch in batches(self._loaded, inputs):
            if cancelled():
                return
            with torch.inference_mode():
                logits = self._loaded.model(**batch).logits.float()
                scores = (logits.sigmoid() if self._sigmoid else logits.softmax(-1)).cpu()
            for index, row in zip(indices, scores.tolist(), strict=True):
                if not all(math.isfinite(score) for score in row):
                    # Half precision overflows in some models; a ranking of NaN would look like one.
                    raise RunFailed(index=index, detail="the scores are not numbers")
                ranked = sorted(zip(self.labels, row, strict=True), key=lambda pair: -pair[1])
                yield Finished(
                    index, Labels(tuple(ScoredLabel(name, score) for name, score in ranked))
                )


def _load(folder: Path, options: Mapping[str, Any]) -> TaskRunner:
    loaded = load_torch_model(folder, "AutoModelForSequenceClassification", options)
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
            "sort", "classify", "categorise", "categorize", "category", "label", "tag", "route", "triage",
            "topic", "intent", "sentiment", "mood", "spam", "toxic", "moderate", "emotion", "filter", "flag",
            "positive", "negative", "language", "opinion", "complaint", "review", "ticket", "email",
            "message", "detect",
        ),
        "fr": (
            "trier", "tri", "classer", "classement", "classification", "catégorie", "étiquette", "étiqueter",
            "router", "sujet", "thème", "intention", "sentiment", "humeur", "spam", "toxique", "modérer",
            "émotion", "filtrer", "orienter", "positif", "négatif", "langue", "opinion",
            "réclamation", "avis", "ticket", "courriel", "mail", "message", "détecter",
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
