"""Token classification: the spans of a text and what they are, in order."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import torch

from model_loading import load

OVERLAP = 0.25
OUTSIDE = {"o", "out", "outside", "null", "none", ""}


class Runner:
    """A token classifier; texts of any length are read in overlapping windows."""

    def __init__(self, folder: Path, precision: str) -> None:
        self.loaded = load(folder, "AutoModelForTokenClassification", precision)
        config = self.loaded.model.config
        count = int(config.num_labels)
        self.tags = [str(config.id2label.get(i, f"LABEL_{i}")) for i in range(count)]
        self.whole_words = all(split(tag)[1] for tag in self.tags)

    def run(self, texts: list[str], parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """``{"kind": "spans", "spans": [{"start", "end", "label", "score", "text"}, ...]}`` for each text.

        Raises ValueError for an empty text.
        """
        if not all(text.strip() for text in texts):
            raise ValueError("a text is empty")
        return [{"kind": "spans", "spans": self._spans(text, self._tokens(text))} for text in texts]

    def _tokens(self, text: str) -> list[tuple[int, int, str, float, int | None]]:
        """Start, end, tag, score and word of every token."""
        tokenizer, limit = self.loaded.tokenizer, self.loaded.max_length
        room = max(1, limit - tokenizer.num_special_tokens_to_add())
        overlap = min(int(room * OVERLAP), room - 1)
        encoded = tokenizer(
            [text],
            truncation=True,
            max_length=limit,
            stride=overlap,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
            return_special_tokens_mask=True,
        )
        fed = [name for name in tokenizer.model_input_names if name in encoded]
        found: dict[int, tuple[int, tuple[int, int, str, float, int | None]]] = {}
        for window in range(len(encoded["input_ids"])):
            batch = {name: torch.tensor([encoded[name][window]]) for name in fed}
            with torch.inference_mode():
                best = self.loaded.model(**batch).logits[0].float().softmax(-1).max(-1)
            places = [i for i, x in enumerate(encoded["special_tokens_mask"][window]) if not x]
            words, offsets = encoded.word_ids(window), encoded["offset_mapping"][window]
            for number, i in enumerate(places):
                depth = min(number, len(places) - 1 - number)
                place = window * (room - overlap) + number
                if place not in found or found[place][0] < depth:
                    tag, score = self.tags[int(best.indices[i])], float(best.values[i])
                    found[place] = depth, (*offsets[i], tag, score, words[i])
        return [token for _, (_, token) in sorted(found.items())]

    def _spans(self, text: str, tokens: list[Any]) -> list[dict[str, Any]]:
        spans: list[tuple[int, int, str, list[float]]] = []
        open_label, ended, before = "", True, None
        for token in tokens:
            start, end, tag, score, word = token
            goes_on = (
                before is not None
                and word is not None
                and word == before[4]
                and start == before[1]
                and text[start:end][:1].isalnum()
            )
            before = token
            if end <= start:
                continue
            prefix, label = split(tag)
            joins = label and label == open_label and not ended and prefix not in set("BSU")
            if goes_on:
                if open_label:
                    first, _, name, scores = spans[-1]
                    spans[-1] = first, end, name, [*scores, score]
                continue
            if joins and not self.whole_words:
                first, _, name, scores = spans[-1]
                spans[-1] = first, end, name, [*scores, score]
            elif label:
                spans.append((start, end, label, [score]))
            open_label, ended = label, prefix in set("ESLU")
        return [x for x in (trimmed(text, *span) for span in spans) if x["end"] > x["start"]]


def split(tag: str) -> tuple[str, str]:
    """Prefix and label; the label is empty outside of everything."""
    if tag.strip().lower() in OUTSIDE:
        return "", ""
    found = re.fullmatch(r"([BIESLU])[-_](.+)", tag, re.DOTALL)
    return (found[1], found[2]) if found else ("", tag)


def trimmed(text: str, start: int, end: int, label: str, scores: list[float]) -> dict[str, Any]:
    """A span without the spaces around it."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    score = sum(scores) / len(scores)
    return {"start": start, "end": end, "label": label, "score": score, "text": text[start:end]}
