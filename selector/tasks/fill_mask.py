# SPDX-License-Identifier: Apache-2.0
"""Fill-mask: a text with one gap in, the words that fit into it out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.errors import RunFailed
from selector.input_errors import InputUnusable
from selector.tasks.base import Task, TaskRunner
from selector.tasks.outputs import Event, Failed, Finished, Labels, ScoredLabel
from selector.tasks.torch_masked import TorchMasked

WORDS = 10
"""How many words are given for each gap."""


class FillingRunner:
    """A masked language model."""

    labels: tuple[str, ...] = ()

    def __init__(self, model: TorchMasked) -> None:
        self._model = model
        self.parameters = model.parameters

    def run(
        self, inputs: Sequence[str], parameters: Mapping[str, Any], cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        """See TaskRunner."""
        for found in self._model.fill(inputs, WORDS, cancelled):
            if isinstance(found, InputUnusable):
                yield Failed(int(found.facts["index"]), found)
                continue
            if not all(math.isfinite(score) for _, score in found.words):
                yield Failed(found.index, RunFailed(detail="the scores are not numbers"))
                continue
            labels = Labels(tuple(ScoredLabel(word, score) for word, score in found.words))
            yield Finished(found.index, labels, found.cut)


def _load(folder: Path, options: Mapping[str, Any]) -> TaskRunner:
    return FillingRunner(TorchMasked(folder, options))


TASK = Task(
    id="fill-mask",
    modality="text",
    title={"en": "Fill the gap in a sentence", "fr": "Compléter un texte à trou"},
    purpose={
        "en": "A text with one gap, written [MASK], gets the words that fit best: cloze tests, missing or unreadable words.",
        "fr": "Un texte avec un trou, noté [MASK], reçoit les mots possibles : exercices, mots effacés ou illisibles.",
    },
    words={
        "en": ("gap", "blank", "missing", "cloze", "mask", "masked", "fill", "guess", "unreadable"),
        "fr": ("trou", "lacune", "manquant", "masqué", "masque", "deviner", "illisible", "compléter"),
    },
    input_kind="text",
    output_kind="labels",
    hub_tags=("fill-mask",),
    sample_inputs={
        "en": ("The capital of France is [MASK].", "I lost my [MASK] and cannot pay."),
        "fr": ("La capitale de la France est [MASK].", "J’ai perdu ma [MASK] et ne peux plus payer."),
    },
    metrics=("accuracy",),
    load_torch=_load,
)  # fmt: skip
