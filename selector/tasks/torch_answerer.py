# SPDX-License-Identifier: Apache-2.0
"""A model that marks the answer to a question in a text, on PyTorch; long texts in overlapping windows."""

from __future__ import annotations

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

OVERLAP = 0.25
"""Share of a window of the text that the next one reads again: an answer at an edge is seen whole."""
LONGEST_ANSWER = 30
"""Tokens, as in the evaluations of SQuAD."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The answer to input ``index``: characters of the text, and its probability."""

    index: int
    start: int
    end: int
    score: float


@dataclass(frozen=True, slots=True)
class _Best:
    """Of one window: how high the best answer's logits add up, its probability, its characters."""

    height: float
    score: float
    start: int
    end: int


class TorchAnswerer:
    """An extractive question answerer with its tokenizer. Raises LoadFailed without offsets of tokens."""

    def __init__(self, folder: Path, options: Mapping[str, Any]) -> None:
        self._loaded = load_torch_model(folder, "AutoModelForQuestionAnswering", options)
        self.parameters = self._loaded.parameters
        if not getattr(self._loaded.tokenizer, "is_fast", False):
            repo = str(options.get("repo", folder.name))
            raise LoadFailed(repo=repo, detail="its tokenizer does not say where a token stands")

    def answer(
        self, pairs: Sequence[tuple[str, str]], stop: Stop
    ) -> Iterator[Answered | InputUnusable]:
        """Of each (question, text) the best answer, or why it cannot be asked.

        Ends early when ``stop()`` becomes true. Raises OutOfMemory.
        """
        import torch

        tokenizer, limit = self._loaded.tokenizer, self._loaded.max_length
        room = limit - tokenizer.num_special_tokens_to_add(pair=True)
        asked: list[int] = []
        for index, (question, _) in enumerate(pairs):
            tokens = len(tokenizer(question, add_special_tokens=False)["input_ids"])
            if tokens > room // 2:
                yield InputUnusable(
                    index=index, reason="input.question_too_long", tokens=tokens, limit=room // 2
                )
            else:
                asked.append(index)
        if not asked:
            return
        encoded = tokenizer(
            [pairs[i][0] for i in asked],
            [pairs[i][1] for i in asked],
            truncation="only_second",
            max_length=limit,
            stride=max(1, int(room // 2 * OVERLAP)),
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        owners = [int(i) for i in encoded["overflow_to_sample_mapping"]]
        missing = [owners.count(number) for number in range(len(asked))]
        best: dict[int, _Best] = {}
        fed = [name for name in tokenizer.model_input_names if name in encoded]

        def compute(indices: Sequence[int]) -> list[_Best | None]:
            rows = {name: [encoded[name][i] for i in indices] for name in fed}
            batch = tokenizer.pad(rows, return_tensors="pt").to(self._loaded.device)
            with torch.inference_mode():
                found = self._loaded.model(**batch)
            kept = batch["attention_mask"].bool()
            return [
                self._best(
                    found.start_logits[row][kept[row]].float(),
                    found.end_logits[row][kept[row]].float(),
                    encoded.sequence_ids(i),
                    encoded["offset_mapping"][i],
                )
                for row, i in enumerate(indices)
            ]

        lengths = [len(ids) for ids in encoded["input_ids"]]
        for indices, windows in run_batches(lengths, compute, is_out_of_memory, stop):
            for i, window in zip(indices, windows, strict=True):
                owner = owners[i]
                missing[owner] -= 1
                if window is not None and (owner not in best or window.height > best[owner].height):
                    best[owner] = window
                if missing[owner] == 0:
                    yield self._answered(asked[owner], best.get(owner))

    @staticmethod
    def _answered(index: int, found: _Best | None) -> Answered | InputUnusable:
        if found is None:
            return InputUnusable(index=index, reason="input.nothing_to_read")
        return Answered(index, found.start, found.end, found.score)

    @staticmethod
    def _best(starts: Any, ends: Any, sides: Sequence[int | None], offsets: Any) -> _Best | None:
        """The likeliest stretch of the text's tokens, at most LONGEST_ANSWER of them."""
        import torch

        # Tokens that stand for no character are no place for an answer.
        places = [i for i, side in enumerate(sides) if side == 1 and offsets[i][1] > offsets[i][0]]
        if not places:
            return None
        first, last = starts[places], ends[places]
        height = first[:, None] + last[None, :]
        allowed = torch.ones_like(height, dtype=torch.bool).triu().tril(LONGEST_ANSWER - 1)
        height = height.masked_fill(~allowed, float("-inf"))
        flat = int(height.argmax())
        a, b = flat // len(places), flat % len(places)
        score = float(first.softmax(-1)[a] * last.softmax(-1)[b])
        return _Best(float(height[a, b]), score, offsets[places[a]][0], offsets[places[b]][1])
