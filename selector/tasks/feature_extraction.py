# SPDX-License-Identifier: Apache-2.0
"""Feature extraction: one text in, one normalised vector out, for search and grouping."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.errors import RunFailed
from selector.tasks.base import Task
from selector.tasks.outputs import Finished, Partial, Vector
from selector.tasks.pooling import Pooling, pool, pooling_of
from selector.tasks.torch_loading import POOLER, TorchModel, batches, load_torch_model


class EmbeddingRunner:
    """An encoder with its repository's pooling; vectors have length one."""

    labels: tuple[str, ...] = ()

    def __init__(self, loaded: TorchModel, pooling: Pooling) -> None:
        self._loaded = loaded
        self._pooling = pooling
        self.parameters = loaded.parameters
        model = loaded.model
        # A model that also writes (T5's kind) is asked for its reading half only.
        self._encoder = model.get_encoder() if model.config.is_encoder_decoder else model
        self._max_length = min(loaded.max_length, self._pooling.max_length or loaded.max_length)

    def run(
        self, inputs: Sequence[str], parameters: Mapping[str, Any], cancelled: Callable[[], bool]
    ) -> Iterator[Partial | Finished]:
        """See TaskRunner."""
        import torch

        texts = [self._pooling.prompt + text for text in inputs]
        for indices, batch in batches(self._loaded, texts, self._max_length):
            if cancelled():
                return
            with torch.inference_mode():
                hidden = self._encoder(**batch).last_hidden_state
                vectors = pool(hidden, batch["attention_mask"], self._pooling.modes).cpu()
            for index, row in zip(indices, vectors.tolist(), strict=True):
                if not all(math.isfinite(value) for value in row):
                    raise RunFailed(index=index, detail="the vector has values that are no numbers")
                yield Finished(index, Vector(tuple(row)))


def load_embeddings(folder: Path, options: Mapping[str, Any]) -> EmbeddingRunner:
    """Load any encoder; a classifier's or generator's head is left aside."""
    pooling = pooling_of(folder, str(options.get("repo", folder.name)))
    loaded = load_torch_model(folder, "AutoModel", options, may_lack=POOLER)
    return EmbeddingRunner(loaded, pooling)


TASK = Task(
    id="feature-extraction",
    modality="text",
    title={"en": "Turn texts into vectors", "fr": "Transformer des textes en vecteurs"},
    purpose={
        "en": "Each text becomes a list of numbers; texts that mean the same lie close together, for search and grouping.",
        "fr": "Chaque texte devient une suite de nombres ; les textes de même sens sont proches : recherche, regroupement.",
    },
    words={
        "en": (
            "search", "embedding", "embed", "vector", "group", "cluster", "retrieve", "retrieval", "semantic",
            "rag", "index", "recommend", "feature", "find", "document",
        ),
        "fr": (
            "recherche", "chercher", "vecteur", "plongement", "regrouper", "regroupement", "grouper",
            "sémantique", "rag", "indexer", "recommander", "retrouver", "trouver", "document",
        ),
    },
    input_kind="text",
    output_kind="vector",
    hub_tags=("feature-extraction", "sentence-similarity"),
    sample_inputs={
        "en": ("How do I change my PIN?", "I want a new secret code."),
        "fr": ("Comment changer mon code ?", "Je voudrais un nouveau code secret."),
    },
    metrics=("neighbour-accuracy",),
    load_torch=load_embeddings,
)  # fmt: skip
