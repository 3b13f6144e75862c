# SPDX-License-Identifier: Apache-2.0
"""Text classification: one text in, labels with probabilities out, or a number where a model estimates one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.errors import RunFailed
from selector.input_errors import InputUnusable
from selector.tasks.base import PAIR_SEPARATOR, Task, TaskRunner
from selector.tasks.models import Classifier, Texts
from selector.tasks.outputs import Event, Failed, Finished, Labels, Number, ScoredLabel
from selector.tasks.torch_encoder import load_torch_classifier


class ClassificationRunner:
    """A sequence classifier: one label of many, several at once, or a number, as its configuration says.

    A model of textual inference reads two texts, joined by PAIR_SEPARATOR.
    """

    def __init__(self, model: Classifier) -> None:
        self._model = model
        self._pairs = is_inference(model.labels)
        self.labels = () if model.number else model.labels
        self.parameters = model.parameters

    def run(
        self, inputs: Sequence[str], parameters: Mapping[str, Any], cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        """See TaskRunner."""
        import numpy as np

        kept = [i for i, text in enumerate(inputs) if not self._pairs or PAIR_SEPARATOR in text]
        for index in sorted(set(range(len(inputs))) - set(kept)):
            yield Failed(index, InputUnusable(index=index, reason="input.not_a_pair"))
        texts: Texts = [inputs[i] for i in kept]
        if self._pairs:
            texts = [(a, b) for a, _, b in (inputs[i].partition(PAIR_SEPARATOR) for i in kept)]
        for rows in self._model.logits(texts, cancelled):
            known = rows.values if self._model.number else None
            scores = probabilities(rows.values, self._model.several) if known is None else known
            for place, number in enumerate(rows.indices):
                row, index = scores[place], kept[number]
                if not np.isfinite(row).all():
                    # Half precision overflows in some models; a ranking of NaN would look like one.
                    yield Failed(index, RunFailed(detail="the scores are not numbers"))
                    continue
                cut = rows.cut[place] if rows.cut else 0
                yield Finished(index, self._output(row.tolist()), cut)

    def _output(self, row: Sequence[float]) -> Labels | Number:
        if self._model.number:
            return Number(row[0])
        ranked = sorted(zip(self.labels, row, strict=True), key=lambda pair: -pair[1])
        several = self._model.several and len(ranked) > 1
        return Labels(tuple(ScoredLabel(name, score) for name, score in ranked), several)


def is_inference(labels: Sequence[str]) -> bool:
    """Whether these are the labels of textual inference: the first text implies the second, or not."""
    folded = [label.strip().casefold() for label in labels]
    against = ("contradict", "not_entail", "not entail", "non_entail", "neutral")
    return any(x.startswith("entail") for x in folded) and any(
        x.startswith(against) for x in folded
    )


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
        "fr": "Chaque texte reçoit une étiquette du modèle : sujet d’un message, humeur d’un avis, spam ou non.",
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
