# SPDX-License-Identifier: Apache-2.0
"""Sentence similarity: two texts in, how much they mean the same out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.errors import PetitError
from selector.tasks.base import PAIR_SEPARATOR, Task, TaskRunner
from selector.tasks.feature_extraction import EmbeddingRunner, load_embeddings
from selector.tasks.items import Items
from selector.tasks.models import Embedder
from selector.tasks.outputs import Event, Failed, Finished, Similarity, Vector


class SimilarityRunner:
    """Cosine of the two texts' embeddings; each different text is embedded once."""

    labels: tuple[str, ...] = ()

    def __init__(self, embeddings: EmbeddingRunner) -> None:
        self._items = Items(embeddings, "text")
        self.parameters = embeddings.parameters

    def run(
        self, inputs: Sequence[str], parameters: Mapping[str, Any], cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        """See TaskRunner."""
        pairs = [text.partition(PAIR_SEPARATOR)[::2] for text in inputs]
        texts = list(dict.fromkeys(side for pair in pairs for side in pair))
        vectors: dict[str, tuple[float, ...]] = {}
        cut: dict[str, int] = {}
        failures: dict[str, PetitError] = {}
        for event in self._items.run(texts, parameters, cancelled):
            if isinstance(event, Failed):
                failures[texts[event.index]] = event.error
            elif isinstance(event, Finished) and isinstance(event.output, Vector):
                vectors[texts[event.index]] = event.output.values
                cut[texts[event.index]] = event.cut
        for index, (left, right) in enumerate(pairs):
            failure = failures.get(left) or failures.get(right)
            if failure is not None:
                yield Failed(index, failure)
            elif left in vectors and right in vectors:  # else cancelled on the way
                cosine = sum(a * b for a, b in zip(vectors[left], vectors[right], strict=True))
                score = Similarity(max(-1.0, min(1.0, cosine)))
                yield Finished(index, score, cut[left] + cut[right])


def similarity(model: Embedder) -> SimilarityRunner:
    """The runner on any engine's embedder."""
    return SimilarityRunner(EmbeddingRunner(model))


def _load(folder: Path, options: Mapping[str, Any]) -> TaskRunner:
    return SimilarityRunner(load_embeddings(folder, options))


TASK = Task(
    id="sentence-similarity",
    modality="text",
    title={"en": "Compare the meaning of two texts", "fr": "Comparer le sens de deux textes"},
    purpose={
        "en": "Two texts get a number from −1 to 1 that says how much they mean the same: duplicates, matching answers.",
        "fr": "Deux textes reçoivent un nombre de −1 à 1 qui dit s’ils ont le même sens : doublons, réponses proches.",
    },
    words={
        "en": (
            "similar", "similarity", "compare", "comparison", "duplicate", "paraphrase", "match", "same",
            "alike", "meaning", "closest", "pair", "sentence", "question",
        ),
        "fr": (
            "similaire", "similarité", "semblable", "comparer", "comparaison", "doublon", "double",
            "dupliqué", "paraphrase", "ressembler", "ressemblance", "même", "sens", "proche", "paire",
            "phrase", "question",
        ),
    },
    input_kind="text_pair",
    output_kind="similarity",
    hub_tags=("sentence-similarity", "feature-extraction"),
    sample_inputs={
        "en": ("How do I change my PIN?\tI want a new secret code.", "My card is lost.\tWhat is the exchange rate?"),
        "fr": ("Comment changer mon code ?\tJe voudrais un nouveau code secret.",),
    },
    metrics=("spearman",),
    load_torch=_load,
    head="embedder",
    runner=similarity,
)  # fmt: skip
