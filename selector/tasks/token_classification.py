# SPDX-License-Identifier: Apache-2.0
"""Token classification: a text in, the spans that it marks out: names, places, amounts, parts of speech."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.errors import RunFailed
from selector.tasks.base import Task, TaskRunner
from selector.tasks.outputs import Event, Failed, Finished, Spans
from selector.tasks.readable import without_empty
from selector.tasks.tagging import has_outside, spans_of
from selector.tasks.torch_tagger import TorchTagger


class TaggingRunner:
    """A token classifier; tokens of one thing are joined, words are never cut in two."""

    def __init__(self, model: TorchTagger) -> None:
        self._model = model
        self.labels: tuple[str, ...] = ()
        self.parameters = model.parameters
        self._whole_words = not has_outside(model.tags)

    def run(
        self, inputs: Sequence[str], parameters: Mapping[str, Any], cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        """See TaskRunner."""
        kept, refused = without_empty(inputs)
        for refusal in refused:
            yield Failed(int(refusal.facts["index"]), refusal)
        for place, tokens in self._model.tag([inputs[i] for i in kept], cancelled):
            index = kept[place]
            if not all(math.isfinite(token.score) for token in tokens):
                yield Failed(index, RunFailed(detail="the scores are not numbers"))
                continue
            yield Finished(index, Spans(spans_of(inputs[index], tokens, self._whole_words)))


def _load(folder: Path, options: Mapping[str, Any]) -> TaskRunner:
    return TaggingRunner(TorchTagger(folder, options))


TASK = Task(
    id="token-classification",
    modality="text",
    title={"en": "Mark names, places, dates", "fr": "Repérer noms, lieux, dates"},
    purpose={
        "en": "Each text gets marks where something stands: people, firms, places, dates, amounts.",
        "fr": "Chaque texte est annoté là où figure une mention : personnes, sociétés, lieux, dates, montants.",
    },
    words={
        "en": (
            "entity", "entities", "ner", "extract", "names", "anonymise", "anonymize", "redact", "pseudonymise",
            "mask names", "personal data", "people", "companies", "places", "dates", "amounts", "addresses",
            "mention", "highlight", "spot", "part of speech", "pos", "tagging", "keyword", "keywords",
        ),
        "fr": (
            "entité", "entités", "extraire", "extraction", "noms", "anonymiser", "anonymisation", "caviarder",
            "pseudonymiser", "masquer", "données personnelles", "personnes", "entreprises", "sociétés", "lieux",
            "dates", "montants", "adresses", "mention", "repérer", "surligner", "grammaire", "mots-clés",
        ),
    },
    input_kind="text",
    output_kind="spans",
    hub_tags=("token-classification",),
    sample_inputs={
        "en": ("Marie Curie was born in Warsaw and worked in Paris.", "Acme Ltd paid 300 euros to John Smith on Monday."),
        "fr": ("Marie Curie est née à Varsovie et travaillait à Paris.", "La société Martin a payé 300 euros à Jean Petit."),
    },
    metrics=("span-f1", "span-place-f1"),
    load_torch=_load,
)  # fmt: skip
