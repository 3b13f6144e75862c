# SPDX-License-Identifier: Apache-2.0
"""A masked language model on PyTorch: which words fit into the gap of a text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selector.errors import LoadFailed
from selector.input_errors import InputUnusable
from selector.tasks.batching import run_batches
from selector.tasks.failures import is_out_of_memory
from selector.tasks.models import Stop
from selector.tasks.torch_loading import load_torch_model

_GAP = r"\[MASK\]|<mask>|_{3,}"
"""How people and model pages write a gap; the model's own way is taken as well."""


@dataclass(frozen=True, slots=True)
class Fillings:
    """The best words for the gap of input ``index``, most probable first, with probabilities."""

    index: int
    words: tuple[tuple[str, float], ...]
    cut: int
    """Tokens too far from the gap to be read."""


def window(length: int, gap: int, room: int) -> tuple[int, int]:
    """Start and end of at most ``room`` of ``length`` tokens, with ``gap`` as near the middle as can be."""
    start = max(0, min(gap - room // 2, length - room))
    return start, min(length, start + room)


class TorchMasked:
    """A masked language model with its tokenizer. Raises LoadFailed without a token for the gap."""

    def __init__(self, folder: Path, options: Mapping[str, Any]) -> None:
        self._loaded = load_torch_model(folder, "AutoModelForMaskedLM", options)
        self.parameters = self._loaded.parameters
        tokenizer = self._loaded.tokenizer
        if tokenizer.mask_token is None:
            repo = str(options.get("repo", folder.name))
            raise LoadFailed(repo=repo, detail="its tokenizer has no token for the gap")
        self._gap = re.compile(f"{_GAP}|{re.escape(tokenizer.mask_token)}")
        frame = list(tokenizer("")["input_ids"])
        self._before, self._after = frame[:1], frame[1:]

    def _ids(self, index: int, text: str) -> tuple[list[int], int, int]:
        """Tokens around the gap, the gap's place among them, and how many were left out.

        Raises InputUnusable.
        """
        tokenizer = self._loaded.tokenizer
        gaps = self._gap.findall(text)
        if len(gaps) != 1:
            raise InputUnusable(index=index, reason="input.gaps", gaps=len(gaps))
        marked = self._gap.sub(lambda _: tokenizer.mask_token, text)
        ids = list(tokenizer(marked, add_special_tokens=False)["input_ids"])
        if tokenizer.mask_token_id not in ids:
            raise InputUnusable(index=index, reason="input.gap_unseen")
        room = max(1, self._loaded.max_length - len(self._before) - len(self._after))
        gap = ids.index(tokenizer.mask_token_id)
        start, end = window(len(ids), gap, room)
        framed = [*self._before, *ids[start:end], *self._after]
        return framed, gap - start + len(self._before), len(ids) - (end - start)

    def fill(
        self, texts: Sequence[str], count: int, stop: Stop
    ) -> Iterator[Fillings | InputUnusable]:
        """The ``count`` best words for every text, in any order, or why a text has no gap to be filled.

        Ends early when ``stop()`` becomes true. Raises OutOfMemory.
        """
        import torch

        tokenizer = self._loaded.tokenizer
        read: list[tuple[list[int], int, int]] = []
        numbers: list[int] = []
        for index, text in enumerate(texts):
            try:
                read.append(self._ids(index, text))
                numbers.append(index)
            except InputUnusable as error:
                yield error

        def compute(indices: Sequence[int]) -> Any:
            rows = {"input_ids": [read[i][0] for i in indices]}
            batch = tokenizer.pad(rows, return_tensors="pt").to(self._loaded.device)
            # A tokenizer may pad in front; the gap then moves by as much.
            width = int(batch["input_ids"].shape[1])
            left = tokenizer.padding_side == "left"
            places = [read[i][1] + (width - len(read[i][0]) if left else 0) for i in indices]
            with torch.inference_mode():
                logits = self._loaded.model(**batch).logits
                chosen = logits[range(len(indices)), places].float()
                return torch.topk(chosen.softmax(-1), min(2 * count, int(chosen.shape[-1])))

        lengths = [len(ids) for ids, _, _ in read]
        for indices, best in run_batches(lengths, compute, is_out_of_memory, stop):
            for place, index in enumerate(indices):
                words: dict[str, float] = {}
                pairs = zip(best.indices[place].tolist(), best.values[place].tolist(), strict=True)
                for token, score in pairs:
                    # With and without a space in front it is the same word to a reader.
                    word = tokenizer.decode([token]).strip()
                    words[word] = words.get(word, 0.0) + score
                ranked = sorted(words.items(), key=lambda pair: -pair[1])
                yield Fillings(numbers[index], tuple(ranked[:count]), read[index][2])
