# SPDX-License-Identifier: Apache-2.0
"""Feature extraction: one text in, one normalised vector out, for search and grouping."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.errors import RunFailed
from selector.tasks.base import Task
from selector.tasks.models import Embedder
from selector.tasks.outputs import Event, Failed, Finished, Vector
from selector.tasks.torch_encoder import load_torch_embedder


class EmbeddingRunner:
    """An encoder with its repository's pooling; vectors have length one."""

    labels: tuple[str, ...] = ()

    def __init__(self, model: Embedder) -> None:
        self._model = model
        self.parameters = model.parameters

    def run(
        self, inputs: Sequence[str], parameters: Mapping[str, Any], cancelled: Callable[[], bool]
    ) -> Iterator[Event]:
        """See TaskRunner."""
        import numpy as np

        for rows in self._model.vectors(inputs, cancelled):
            for place, index in enumerate(rows.indices):
                row = rows.values[place]
                if not np.isfinite(row).all():
                    yield Failed(
                        index, RunFailed(detail="the vector has values that are no numbers")
                    )
                    continue
                cut = rows.cut[place] if rows.cut else 0
                yield Finished(index, Vector(tuple(row.tolist())), cut)


def load_embeddings(folder: Path, options: Mapping[str, Any]) -> EmbeddingRunner:
    """Load any encoder; a classifier's or generator's head is left aside."""
    return EmbeddingRunner(load_torch_embedder(folder, options))


TASK = Task(
    id="feature-extraction",
    modality="text",
    title={"en": "Turn texts into vectors", "fr": "Transformer des textes en vecteurs"},
    purpose={
        "en": "Each text becomes a list of numbers; texts that mean the same lie close together, for search and grouping.",
        "fr": "Chaque texte devient une suite de nombres ; les textes de même sens sont proches : recherche, regroupement.",
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
    head="embedder",
    runner=EmbeddingRunner,
)  # fmt: skip
