# SPDX-License-Identifier: Apache-2.0
"""An encoder-decoder on PyTorch that rewrites texts, many at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selector.tasks.batching import run_batches
from selector.tasks.failures import is_out_of_memory
from selector.tasks.language_codes import LanguageChoice, is_language
from selector.tasks.models import Stop
from selector.tasks.torch_loading import load_torch_model, tokenize


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What the model wrote for input ``index``; ``cut`` counts tokens of the input it did not read."""

    index: int
    text: str
    tokens: int
    cut: int


class TorchRewriter:
    """A model of the kinds of BART, T5, Pegasus and Marian with its tokenizer.

    Raises what load_torch_model raises.
    """

    def __init__(self, folder: Path, options: Mapping[str, Any]) -> None:
        self._loaded = load_torch_model(folder, "AutoModelForSeq2SeqLM", options)
        self.parameters = self._loaded.parameters
        self._vocabulary: dict[str, int] = self._loaded.tokenizer.get_vocab()

    def prefix(self, task: str) -> str:
        """What the model's files say is to stand before each text for this task: T5's kind."""
        named = getattr(self._loaded.model.config, "task_specific_params", None)
        own = named.get(task) if isinstance(named, Mapping) else None
        found = own.get("prefix") if isinstance(own, Mapping) else None
        return found if isinstance(found, str) else ""

    @property
    def family(self) -> str:
        """The model's kind, as its configuration names it."""
        return str(self._loaded.model.config.model_type)

    def prefixes(self, start: str) -> dict[str, str]:
        """What stands before a text, for every task of the model's files whose name begins with ``start``."""
        named = getattr(self._loaded.model.config, "task_specific_params", None)
        names = [str(name) for name in named] if isinstance(named, Mapping) else []
        found = {name: self.prefix(name) for name in names if name.startswith(start)}
        return {name: prefix for name, prefix in found.items() if prefix}

    def knows(self, token: str) -> bool:
        """Whether the tokenizer has exactly this token."""
        return token in self._vocabulary

    def _encode(
        self, texts: Sequence[str], told: LanguageChoice
    ) -> tuple[dict[str, list[list[int]]], list[int]]:
        """Columns of tokens with the language said in front, and how many tokens were cut off each text."""
        if not told.before_is_token:
            given = [told.before + text for text in texts]
            encoded, cut = tokenize(self._loaded, given, self._loaded.max_length)
            return {name: list(encoded.get(name, ())) for name in _READ}, cut
        own = self._vocabulary[told.before]
        encoded, cut = tokenize(self._loaded, texts, self._loaded.max_length - 1)
        ids = [list(row) for row in encoded.get("input_ids", ())]
        names = {n for token, n in self._vocabulary.items() if is_language(token)}
        for row in ids:
            # Some tokenizers put the language they were saved with in front.
            if row and row[0] in names:
                row[0] = own
            else:
                row.insert(0, own)
        return {"input_ids": ids, "attention_mask": [[1] * len(row) for row in ids]}, cut

    def rewrite(
        self,
        texts: Sequence[str],
        most: int,
        stop: Stop,
        told: LanguageChoice = LanguageChoice(),  # noqa: B008 - frozen
    ) -> Iterator[Rewritten]:
        """Every text's answer of up to ``most`` tokens, in any order; greedy, the same on every run.

        Ends early, also inside a batch, when ``stop()`` becomes true. Raises OutOfMemory.
        """
        import torch
        import transformers

        tokenizer, model = self._loaded.tokenizer, self._loaded.model

        class Stopping(transformers.StoppingCriteria):
            def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
                return torch.full((input_ids.shape[0],), stop(), device=input_ids.device)

        # A decoder with numbered places has no more of them than this, one of which starts the answer.
        places = getattr(model.config, "max_position_embeddings", None)
        if isinstance(places, int) and places > 1:
            most = min(most, places - 1)
        encoded, cut = self._encode(texts, told)
        first = {"forced_bos_token_id": self._vocabulary[told.first]} if told.first else {}

        def compute(indices: Sequence[int]) -> list[list[int]]:
            rows = {name: [encoded[name][i] for i in indices] for name in _READ}
            batch = tokenizer.pad(rows, return_tensors="pt").to(self._loaded.device)
            with torch.inference_mode():
                written = model.generate(
                    **batch,
                    max_new_tokens=most,
                    num_beams=1,
                    do_sample=False,
                    **first,
                    stopping_criteria=transformers.StoppingCriteriaList([Stopping()]),
                )
            return [[int(token) for token in row] for row in written.tolist()]

        special = {*tokenizer.all_special_ids, *first.values()}
        lengths = [max(1, len(ids)) for ids in encoded.get("input_ids", ())]
        for indices, rows in run_batches(lengths, compute, is_out_of_memory, stop):
            if stop():
                return  # what was cut short by it is no answer
            for index, row in zip(indices, rows, strict=True):
                kept = [token for token in row if token not in special]
                yield Rewritten(index, tokenizer.decode(kept).strip(), len(kept), cut[index])


_READ = ("input_ids", "attention_mask")
