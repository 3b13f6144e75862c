"""Question answering: the piece of a text that answers a question, word for word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from model_loading import load

OVERLAP = 0.25
LONGEST_ANSWER = 30


class Runner:
    """An extractive model; each input is a question and a text, joined by a tab."""

    def __init__(self, folder: Path, precision: str) -> None:
        self.loaded = load(folder, "AutoModelForQuestionAnswering", precision)

    def run(self, texts: list[str], parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """``{"kind": "passage", "text", "score", "start", "end"}`` for each pair.

        Raises ValueError where the question is too long, or there is nothing to read.
        """
        return [self._answer(text) for text in texts]

    def _answer(self, joined: str) -> dict[str, Any]:
        question, tab, text = joined.partition("\t")
        tokenizer, limit = self.loaded.tokenizer, self.loaded.max_length
        room = limit - tokenizer.num_special_tokens_to_add(pair=True)
        question = question.strip()
        tokens = len(tokenizer(question, add_special_tokens=False)["input_ids"])
        if not tab or tokens > room // 2:
            raise ValueError("a short question and a text are needed, joined by a tab")
        encoded = tokenizer(
            [question],
            [text],
            truncation="only_second",
            max_length=limit,
            stride=max(1, int(room // 2 * OVERLAP)),
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        fed = [name for name in tokenizer.model_input_names if name in encoded]
        best: tuple[float, float, int, int] | None = None
        for window in range(len(encoded["input_ids"])):
            batch = {name: torch.tensor([encoded[name][window]]) for name in fed}
            with torch.inference_mode():
                found = self.loaded.model(**batch)
            offsets = encoded["offset_mapping"][window]
            sides = encoded.sequence_ids(window)
            places = [i for i, x in enumerate(sides) if x == 1 and offsets[i][1] > offsets[i][0]]
            if not places:
                continue
            first = found.start_logits[0][places].float()
            last = found.end_logits[0][places].float()
            height = first[:, None] + last[None, :]
            allowed = torch.ones_like(height, dtype=torch.bool).triu().tril(LONGEST_ANSWER - 1)
            flat = int(height.masked_fill(~allowed, float("-inf")).argmax())
            a, b = flat // len(places), flat % len(places)
            if best is None or float(height[a, b]) > best[0]:
                score = float(first.softmax(-1)[a] * last.softmax(-1)[b])
                best = float(height[a, b]), score, offsets[places[a]][0], offsets[places[b]][1]
        if best is None:
            raise ValueError("there is nothing to read")
        _, score, start, end = best
        while start < end and text[start].isspace():
            start += 1
        return {"kind": "passage", "text": text[start:end], "score": score, "start": start, "end": end}
