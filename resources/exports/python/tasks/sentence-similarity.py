"""Sentence similarity: a text holds two, with a tab between; the answer is their cosine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from embedding import Embedder


class Runner:
    """Compares two texts."""

    def __init__(self, folder: Path, precision: str) -> None:
        self.embedder = Embedder(folder, precision)

    def run(self, texts: list[str], parameters: dict[str, Any]) -> list[dict[str, Any]]:
        """``{"kind": "similarity", "score": ...}`` for each pair, -1 to 1."""
        for text in texts:
            if "\t" not in text:
                raise ValueError(f"not two texts joined by a tab: {text[:60]!r}")
        pairs = [text.partition("\t")[::2] for text in texts]
        sides = list(dict.fromkeys(side for pair in pairs for side in pair))
        vectors = dict(zip(sides, self.embedder.vectors(sides)))
        answers = []
        for left, right in pairs:
            cosine = sum(a * b for a, b in zip(vectors[left], vectors[right]))
            answers.append({"kind": "similarity", "score": max(-1.0, min(1.0, cosine))})
        return answers
