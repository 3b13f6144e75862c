# SPDX-License-Identifier: Apache-2.0
"""Classifiers and embedders on PyTorch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.tasks.batching import run_batches
from selector.tasks.failures import is_out_of_memory
from selector.tasks.models import Rows, Stop, Texts, labels_of
from selector.tasks.pooling import Pooling, pool, pooling_of
from selector.tasks.torch_loading import POOLER, TorchModel, load_torch_model, tokenize


def _rows(loaded: TorchModel, texts: Texts, limit: int, stop: Stop, forward: Any) -> Any:
    """Tight batches through ``forward``, which takes a padded batch and gives an array of rows."""
    import torch

    encoded, cut = tokenize(loaded, texts, limit)

    def compute(indices: Sequence[int]) -> Any:
        rows = {name: [column[i] for i in indices] for name, column in encoded.items()}
        batch = loaded.tokenizer.pad(rows, return_tensors="pt").to(loaded.device)
        with torch.inference_mode():
            return forward(batch)

    lengths = [max(1, len(ids)) for ids in encoded["input_ids"]] if texts else []
    for indices, values in run_batches(lengths, compute, is_out_of_memory, stop):
        yield Rows(indices, values, [cut[i] for i in indices])


class TorchClassifier:
    """See Classifier."""

    def __init__(self, loaded: TorchModel) -> None:
        self._loaded = loaded
        found = labels_of(loaded.model.config.to_dict())
        self.labels, self.several, self.number = found.names, found.several, found.number
        self.parameters = loaded.parameters

    def logits(self, texts: Texts, stop: Stop) -> Iterator[Rows]:
        """See Classifier."""

        def forward(batch: Any) -> Any:
            return self._loaded.model(**batch).logits.float().cpu().numpy()

        yield from _rows(self._loaded, texts, self._loaded.max_length, stop, forward)


class TorchEmbedder:
    """See Embedder: an encoder with its repository's pooling."""

    def __init__(self, loaded: TorchModel, pooling: Pooling) -> None:
        self._loaded = loaded
        self._pooling = pooling
        self.parameters = loaded.parameters
        model = loaded.model
        # A model that also writes (T5's kind) is asked for its reading half only.
        self._encoder = model.get_encoder() if model.config.is_encoder_decoder else model
        self._limit = min(loaded.max_length, pooling.max_length or loaded.max_length)

    def vectors(self, texts: Sequence[str], stop: Stop) -> Iterator[Rows]:
        """See Embedder."""

        def forward(batch: Any) -> Any:
            hidden = self._encoder(**batch).last_hidden_state.float().cpu().numpy()
            return pool(hidden, batch["attention_mask"].cpu().numpy(), self._pooling.modes)

        prompted = [self._pooling.prompt + text for text in texts]
        yield from _rows(self._loaded, prompted, self._limit, stop, forward)


def load_torch_classifier(folder: Path, options: Mapping[str, Any]) -> TorchClassifier:
    """Raises what load_torch_model raises."""
    return TorchClassifier(load_torch_model(folder, "AutoModelForSequenceClassification", options))


def load_torch_embedder(folder: Path, options: Mapping[str, Any]) -> TorchEmbedder:
    """Any encoder; a classifier's or generator's head is left aside. Raises as load_torch_model."""
    pooling = pooling_of(folder, str(options.get("repo", folder.name)))
    return TorchEmbedder(load_torch_model(folder, "AutoModel", options, may_lack=POOLER), pooling)
