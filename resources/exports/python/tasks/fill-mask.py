"""Fill-mask: the words that fit into the one gap of a text, the most probable first."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch

from model_loading import load

WORDS = 10


class Runner:
    """A masked language model; the gap is written [MASK], <mask> or ___."""

    def __init__(self, folder: Path, precision: str) -> None:
        self.loaded = load(folder, "AutoModelForMaskedLM", precision)
        self.mask = self.loaded.tokenizer.mask_token
        self.gap = re.compile(rf"\[MASK\]|<mask>|_{{3,}}|{re.escape(self.mask)}")
        frame = list(self.loaded.tokenizer("")["input_ids"])
        self.before, self.after = frame[:1], frame[1:]

    def run(self, texts: list[str], parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """``{"kind": "labels", "labels": [{"label", "score"}, ...]}`` for each text.

        Raises ValueError for a text without exactly one gap.
        """
        return [self._fill(text) for text in texts]

    def _fill(self, text: str) -> dict[str, Any]:
        tokenizer = self.loaded.tokenizer
        if len(self.gap.findall(text)) != 1:
            raise ValueError("one gap [MASK] is needed")
        marked = self.gap.sub(lambda _: self.mask, text)
        ids = list(tokenizer(marked, add_special_tokens=False)["input_ids"])
        gap = ids.index(tokenizer.mask_token_id)
        # A long text is read around its gap.
        room = max(1, self.loaded.max_length - len(self.before) - len(self.after))
        start = max(0, min(gap - room // 2, len(ids) - room))
        framed = [*self.before, *ids[start : start + room], *self.after]
        with torch.inference_mode():
            logits = self.loaded.model(input_ids=torch.tensor([framed])).logits
            chosen = logits[0, gap - start + len(self.before)].float()
            best = torch.topk(chosen.softmax(-1), min(2 * WORDS, len(chosen)))
        words: dict[str, float] = {}
        for token, score in zip(best.indices.tolist(), best.values.tolist()):
            word = tokenizer.decode([token]).strip()
            words[word] = words.get(word, 0.0) + score
        ranked = sorted(words.items(), key=lambda pair: -pair[1])[:WORDS]
        labels = [{"label": word, "score": score} for word, score in ranked]
        return {"kind": "labels", "labels": labels}
