# SPDX-License-Identifier: Apache-2.0
"""A token classifier on PyTorch; texts of any length are read in overlapping windows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from selector.errors import LoadFailed
from selector.tasks.batching import run_batches
from selector.tasks.failures import is_out_of_memory
from selector.tasks.models import Stop, labels_of
from selector.tasks.tagging import Tagged
from selector.tasks.torch_loading import load_torch_model

OVERLAP = 0.25
"""Share of a window that the next one reads again: what lies at an edge is seen with its surroundings."""


@dataclass(slots=True)
class _Text:
    """Tokens of one text as they come in, window by window."""

    tokens: dict[int, tuple[int, Tagged]] = field(default_factory=dict)
    """By place: how far from the edges of its window it was read, and what was read."""
    missing: int = 0
    """Windows still to be read."""


class TorchTagger:
    """A token classifier with its tokenizer. Raises LoadFailed without offsets of tokens."""

    def __init__(self, folder: Path, options: Mapping[str, Any]) -> None:
        self._loaded = load_torch_model(folder, "AutoModelForTokenClassification", options)
        self.parameters = self._loaded.parameters
        self.tags = labels_of(self._loaded.model.config.to_dict()).names
        if not getattr(self._loaded.tokenizer, "is_fast", False):
            repo = str(options.get("repo", folder.name))
            raise LoadFailed(repo=repo, detail="its tokenizer does not say where a token stands")

    def tag(self, texts: Sequence[str], stop: Stop) -> Iterator[tuple[int, list[Tagged]]]:
        """Every text's number and its tokens in order; ends early when ``stop()`` becomes true."""
        import torch

        if not texts:
            return
        tokenizer, limit = self._loaded.tokenizer, self._loaded.max_length
        room = max(1, limit - tokenizer.num_special_tokens_to_add())
        overlap = min(int(room * OVERLAP), room - 1)
        encoded = tokenizer(
            list(texts),
            truncation=True,
            max_length=limit,
            stride=overlap,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
        )
        owners = [int(i) for i in encoded["overflow_to_sample_mapping"]]
        found = [_Text() for _ in texts]
        firsts: list[int] = []
        for owner in owners:
            firsts.append(found[owner].missing * (room - overlap))
            found[owner].missing += 1
        fed = [name for name in tokenizer.model_input_names if name in encoded]

        def compute(indices: Sequence[int]) -> Any:
            rows = {name: [encoded[name][i] for i in indices] for name in fed}
            batch = tokenizer.pad(rows, return_tensors="pt").to(self._loaded.device)
            with torch.inference_mode():
                scores = self._loaded.model(**batch).logits.float().softmax(-1).max(-1)
            # A tokenizer may pad in front: only what was read is looked at.
            kept = batch["attention_mask"].bool()
            return [
                (scores.values[row][kept[row]].tolist(), scores.indices[row][kept[row]].tolist())
                for row in range(len(indices))
            ]

        lengths = [max(1, len(ids)) for ids in encoded["input_ids"]]
        for indices, rows in run_batches(lengths, compute, is_out_of_memory, stop):
            for i, (values, tags) in zip(indices, rows, strict=True):
                text = found[owners[i]]
                self._take(text, encoded, i, firsts[i], values, tags)
                text.missing -= 1
                if text.missing == 0:
                    yield owners[i], [token for _, (_, token) in sorted(text.tokens.items())]

    def _take(
        self,
        text: _Text,
        encoded: Any,
        window: int,
        first: int,
        values: Sequence[float],
        tags: Sequence[int],
    ) -> None:
        """Keep of each token what the window said in which it stood farthest from an edge."""
        special = encoded["special_tokens_mask"][window]
        words = encoded.word_ids(window)
        offsets = encoded["offset_mapping"][window]
        places = [i for i, each in enumerate(special) if not each]
        for number, i in enumerate(places):
            depth = min(number, len(places) - 1 - number)
            known = text.tokens.get(first + number)
            if known is not None and known[0] >= depth:
                continue
            start, end = offsets[i]
            read = Tagged(int(start), int(end), self.tags[tags[i]], float(values[i]), words[i])
            text.tokens[first + number] = depth, read
