# SPDX-License-Identifier: Apache-2.0
"""Feature extraction: one text in, one normalised vector out, for search and grouping."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.tasks.base import Task, TaskRunner
from selector.tasks.batching import tight_batches
from selector.tasks.outputs import Finished, Partial, Vector
from selector.tasks.torch_loading import TorchModel, encode, load_torch_model, token_lengths


def pooling_of(folder: Path) -> str:
    """``cls`` when the repository's 1_Pooling/config.json says so, else ``mean``."""
    try:
        config = json.loads((folder / "1_Pooling" / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return "mean"
    return (
        "cls"
        if isinstance(config, dict) and config.get("pooling_mode_cls_token") is True
        else "mean"
    )


class EmbeddingRunner:
    """An encoder with pooling; vectors have length one."""

    labels: tuple[str, ...] = ()

    def __init__(self, loaded: TorchModel) -> None:
        self._loaded = loaded
        self._pooling = pooling_of(loaded.folder)
        self.parameters = loaded.parameters

    def run(
        self, inputs: Sequence[str], parameters: Mapping[str, Any], cancelled: Callable[[], bool]
    ) -> Iterator[Partial | Finished]:
        """See TaskRunner."""
        import torch

        texts = list(inputs)
        for indices in tight_batches(token_lengths(self._loaded, texts)):
            if cancelled():
                return
            with torch.inference_mode():
                batch = encode(self._loaded, [texts[i] for i in indices])
                hidden = self._loaded.model(**batch).last_hidden_state
                if self._pooling == "cls":
                    pooled = hidden[:, 0]
                else:
                    mask = batch["attention_mask"].unsqueeze(-1).to(hidden.dtype)
                    pooled = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1)
                vectors = torch.nn.functional.normalize(pooled.float(), dim=-1).cpu()
            for index, row in zip(indices, vectors.tolist(), strict=True):
                yield Finished(index, Vector(tuple(row)))


def _load(folder: Path, options: Mapping[str, Any]) -> TaskRunner:
    return EmbeddingRunner(load_torch_model(folder, "AutoModel", options, ignore_head=True))


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
            "embedding", "embed", "vector", "search", "find", "group", "cluster", "retrieve", "retrieval",
            "index", "semantic", "rag", "feature",
        ),
        "fr": (
            "vecteur", "plongement", "recherche", "chercher", "trouver", "regrouper", "grouper", "indexer",
            "sémantique", "rag",
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
    load_torch=_load,
)  # fmt: skip
