# SPDX-License-Identifier: Apache-2.0
"""Image classification: a picture in, labels with probabilities out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.errors import RunFailed
from selector.input_errors import InputUnusable
from selector.tasks.base import Task, TaskRunner
from selector.tasks.outputs import Event, Failed, Finished, Labels, ScoredLabel
from selector.tasks.text_classification import probabilities
from selector.tasks.torch_vision import TorchImageClassifier

MOST_LABELS = 20
"""Labels given for a picture: models of a thousand classes have no more to say."""


class ImageRunner:
    """An image classifier; softmax, or sigmoid where several labels may hold."""

    def __init__(self, model: TorchImageClassifier) -> None:
        self._model = model
        self.labels = model.labels
        self.parameters = model.parameters

    def run(
        self, inputs: Sequence[str], parameters: Mapping[str, Any], cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        """See TaskRunner; inputs are paths of files."""
        import numpy as np

        several = self._model.several and len(self.labels) > 1
        for found in self._model.logits(inputs, cancelled):
            if isinstance(found, InputUnusable):
                yield Failed(int(found.facts["index"]), found)
                continue
            scores = probabilities(found.values, self._model.several)
            for place, index in enumerate(found.indices):
                row = scores[place]
                if not np.isfinite(row).all():
                    yield Failed(index, RunFailed(detail="the scores are not numbers"))
                    continue
                pairs = zip(self.labels, row.tolist(), strict=True)
                ranked = sorted(pairs, key=lambda pair: -pair[1])[:MOST_LABELS]
                labels = tuple(ScoredLabel(name, score) for name, score in ranked)
                yield Finished(index, Labels(labels, several))


def _load(folder: Path, options: Mapping[str, Any]) -> TaskRunner:
    return ImageRunner(TorchImageClassifier(folder, options))


TASK = Task(
    id="image-classification",
    modality="image",
    title={"en": "Sort pictures into categories", "fr": "Classer des images par catégorie"},
    purpose={
        "en": "Each picture gets one of the model’s labels: what is on it, whether a part is damaged, which plant it is.",
        "fr": "Chaque image reçoit une étiquette du modèle : ce qu’on y voit, une pièce abîmée ou non, quelle plante c’est.",
    },
    words={
        "en": (
            "picture", "pictures", "photo", "photos", "image", "images", "recognise", "recognize", "visual", "camera",
            "scan", "defect", "damaged", "plant", "object", "looks",
        ),
        "fr": (
            "image", "images", "photo", "photos", "photographie", "reconnaître", "reconnaissance", "visuel", "caméra",
            "scan", "défaut", "abîmé", "plante", "objet", "voir",
        ),
    },
    input_kind="image",
    output_kind="labels",
    hub_tags=("image-classification",),
    sample_inputs={"en": (), "fr": ()},
    metrics=("accuracy", "macro-f1"),
    load_torch=_load,
)  # fmt: skip
