# SPDX-License-Identifier: Apache-2.0
"""An image classifier on PyTorch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.input_errors import InputUnusable
from selector.tasks.batching import run_batches
from selector.tasks.failures import is_out_of_memory
from selector.tasks.images import read_image
from selector.tasks.models import Rows, Stop, labels_of
from selector.tasks.torch_loading import load_torch_model

AT_ONCE = 8
"""Images decoded at a time: decoded, each is far larger than its file."""


class TorchImageClassifier:
    """A model with its image processor. Raises what load_torch_model raises."""

    def __init__(self, folder: Path, options: Mapping[str, Any]) -> None:
        self._loaded = load_torch_model(
            folder, "AutoModelForImageClassification", options, reader="AutoImageProcessor"
        )
        found = labels_of(self._loaded.model.config.to_dict())
        self.labels, self.several = found.names, found.several
        self.parameters = self._loaded.parameters

    def logits(self, paths: Sequence[str], stop: Stop) -> Iterator[Rows | InputUnusable]:
        """Every image's logits, or why it cannot be read; ends early when ``stop()`` becomes true."""
        import torch

        for start in range(0, len(paths), AT_ONCE):
            if stop():
                return
            images: list[Any] = []
            numbers: list[int] = []
            for index in range(start, min(start + AT_ONCE, len(paths))):
                try:
                    images.append(read_image(index, paths[index]))
                    numbers.append(index)
                except InputUnusable as error:
                    yield error

            def compute(indices: Sequence[int], images: list[Any] = images) -> Any:
                chosen = [images[i] for i in indices]
                batch = self._loaded.tokenizer(images=chosen, return_tensors="pt")
                pixels = batch["pixel_values"].to(self._loaded.device, self._loaded.model.dtype)
                with torch.inference_mode():
                    return self._loaded.model(pixel_values=pixels).logits.float().cpu().numpy()

            for indices, values in run_batches([1] * len(images), compute, is_out_of_memory, stop):
                yield Rows([numbers[i] for i in indices], values)
