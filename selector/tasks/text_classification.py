# SPDX-License-Identifier: Apache-2.0
"""Text classification: one text in, labels with probabilities out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.errors import RunFailed
from selector.tasks.base import Task, TaskRunner
from selector.tasks.models import Classifier
from selector.tasks.outputs import Event, Failed, Finished, Labels, ScoredLabel
from selector.tasks.torch_encoder import load_torch_classifier


class ClassificationRunner:
    """A sequence classifier; softmax, or sigmoid when its configuration says several labels apply."""

    def __init__(self, model: Classifier) -> None:
        self._model = model
        self.labels = model.labels
        self.parameters = model.parameters

    def run(
        self, inputs: Sequence[str], parameters: Mapping[str, Any], cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        """See TaskRunner."""
        import numpy as np

        for rows in self._model.logits(inputs, cancelled):
            scores = probabilities(rows.values, self._model.several)
            for place, index in enumerate(rows.indices):
                row = scores[place]
                if not np.isfinite(row).all():
                    # Half precision overflows in some models; a ranking of NaN would look like one.
                    yield Failed(index, RunFailed(detail="the scores are not numbers"))
                    continue
                ranked = sorted(
                    zip(self.labels, row.tolist(), strict=True), key=lambda pair: -pair[1]
                )
                labels = Labels(tuple(ScoredLabel(name, score) for name, score in ranked))
                yield Finished(index, labels, rows.cut[place] if rows.cut else 0)


def probabilities(logits: Any, several: bool) -> Any:
    """Logits (inputs, labels) to probabilities: sigmoid of each, or softmax over each row."""
    import numpy as np

    with np.errstate(over="ignore", invalid="ignore"):
        if several:
            return 1.0 / (1.0 + np.exp(-logits.astype(np.float64)))
        shifted = np.exp((logits - logits.max(-1, keepdims=True)).astype(np.float64))
        return shifted / shifted.sum(-1, keepdims=True)


def _load(folder: Path, options: Mapping[str, Any]) -> TaskRunner:
    return ClassificationRunner(load_torch_classifier(folder, options))


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
    head="classifier",
    runner=ClassificationRunner,
)  # fmt: skip
