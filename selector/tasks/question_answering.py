# SPDX-License-Identifier: Apache-2.0
"""Question answering: a question and a text in, the piece of the text that answers it out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.errors import RunFailed
from selector.input_errors import InputUnusable
from selector.tasks.base import PAIR_SEPARATOR, Task, TaskRunner
from selector.tasks.outputs import Event, Failed, Finished, Passage
from selector.tasks.torch_answerer import TorchAnswerer


class AnsweringRunner:
    """An extractive model: it points at an answer and never makes one up."""

    labels: tuple[str, ...] = ()

    def __init__(self, model: TorchAnswerer) -> None:
        self._model = model
        self.parameters = model.parameters

    def run(
        self, inputs: Sequence[str], parameters: Mapping[str, Any], cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        """See TaskRunner."""
        pairs = [(a.strip(), b) for a, _, b in (text.partition(PAIR_SEPARATOR) for text in inputs)]
        for found in self._model.answer(pairs, cancelled):
            if isinstance(found, InputUnusable):
                yield Failed(int(found.facts["index"]), found)
            elif not math.isfinite(found.score):
                yield Failed(found.index, RunFailed(detail="the scores are not numbers"))
            else:
                text = pairs[found.index][1]
                start, end = found.start, found.end
                while start < end and text[start].isspace():
                    start += 1
                yield Finished(found.index, Passage(text[start:end], found.score, start, end))


def _load(folder: Path, options: Mapping[str, Any]) -> TaskRunner:
    return AnsweringRunner(TorchAnswerer(folder, options))


TASK = Task(
    id="question-answering",
    modality="text",
    title={"en": "Find an answer in a text", "fr": "Trouver une réponse dans un texte"},
    purpose={
        "en": "A question and a text go in; the piece of the text that answers comes out, word for word.",
        "fr": "Une question et un texte entrent ; le passage du texte qui y répond ressort, mot pour mot.",
    },
    words={
        "en": (
            "answer", "faq", "manual", "handbook", "contract", "passage", "exact", "look", "facts", "who", "when", "where",
            "quote", "read", "document", "question",
        ),
        "fr": (
            "réponse", "répondre", "faq", "notice", "manuel", "contrat", "passage", "exact", "information", "quand",
            "citer", "lire", "document", "question",
        ),
    },
    input_kind="text_pair",
    output_kind="passage",
    hub_tags=("question-answering",),
    sample_inputs={
        "en": ("When does the counter open?\tThe counter is open from nine to five, and closed on Sundays.",),
        "fr": ("Quand le guichet ouvre-t-il ?\tLe guichet est ouvert de neuf à dix-sept heures, sauf le dimanche.",),
    },
    metrics=("token-f1", "exact-match"),
    load_torch=_load,
    parts={"en": ("Question", "Text"), "fr": ("Question", "Texte")},
)  # fmt: skip
