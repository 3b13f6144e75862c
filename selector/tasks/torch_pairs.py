# SPDX-License-Identifier: Apache-2.0
"""A classifier of two texts on PyTorch: inference, ranking, and what is built on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.tasks.batching import run_batches
from selector.tasks.failures import is_out_of_memory
from selector.tasks.models import Rows, Stop, labels_of
from selector.tasks.torch_loading import load_torch_model

Pair = tuple[str, str]


class TorchPairClassifier:
    """A sequence classifier that reads two texts at once. Raises what load_torch_model raises."""

    def __init__(self, folder: Path, options: Mapping[str, Any]) -> None:
        self._loaded = load_torch_model(folder, "AutoModelForSequenceClassification", options)
        self.parameters = self._loaded.parameters
        self.labels = labels_of(self._loaded.model.config.to_dict()).names

    def logits(self, pairs: Sequence[Pair], stop: Stop) -> Iterator[Rows]:
        """Every pair's logits, in any order; ends early when ``stop()`` becomes true.

        Where both do not fit, the longer text loses its end. ``cut`` counts what was left out.
        """
        import torch

        if not pairs:
            return
        tokenizer = self._loaded.tokenizer
        firsts, seconds = [a for a, _ in pairs], [b for _, b in pairs]
        encoded = tokenizer(
            firsts, seconds, truncation="longest_first", max_length=self._loaded.max_length
        )
        lengths = [max(1, len(ids)) for ids in encoded["input_ids"]]
        cut = [0] * len(pairs)
        # Only those at the limit can have lost something; the others are not read twice.
        full = [i for i, length in enumerate(lengths) if length >= self._loaded.max_length]
        if full:
            whole = tokenizer([firsts[i] for i in full], [seconds[i] for i in full])["input_ids"]
            for i, ids in zip(full, whole, strict=True):
                cut[i] = max(0, len(ids) - lengths[i])

        def compute(indices: Sequence[int]) -> Any:
            rows = {name: [column[i] for i in indices] for name, column in encoded.items()}
            batch = tokenizer.pad(rows, return_tensors="pt").to(self._loaded.device)
            with torch.inference_mode():
                return self._loaded.model(**batch).logits.float().cpu().numpy()

        for indices, values in run_batches(lengths, compute, is_out_of_memory, stop):
            yield Rows(indices, values, [cut[i] for i in indices])
