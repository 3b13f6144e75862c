# SPDX-License-Identifier: Apache-2.0
"""For every task a tiny model with random weights and a few inputs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.tiny_models import (
    make_answerer,
    make_classifier,
    make_decoder,
    make_encoder,
    make_image_classifier,
    make_inference,
    make_masked,
    make_ranker,
    make_rewriter,
    make_speech,
    make_tagger,
    make_translator,
)

HOSTILE = 'evil"""\n\'); import os; os.system("touch hacked") # ${name} $task {0} %s </script>'
SOUNDS = Path(__file__).parent / "sounds"
IMAGES = Path(__file__).parent / "images"
TEXTS = {
    "text-classification": [
        "my card is lost",
        "refund please, i do not get a refund!",
        "merci " * 90,
    ],
    "feature-extraction": ["my card is lost", "où est ma carte", "a " * 100],
    "sentence-similarity": ["my card is lost\twhere is my card", "refund\tbonjour"],
    "token-classification": ["my card is lost here", "où est ma carte ?", "the refund card " * 60],
    "zero-shot-classification": ["my card is lost", "how do i get a refund ?", "merci " * 90],
    "text-ranking": [
        "my card ?\tthe card is here",
        "my card ?\trefund",
        "where ?\t" + "here " * 90,
    ],
    "question-answering": [
        "where is my card ?\tthe card is not here, it is lost",
        "a refund ?\tbonjour",
        "how do i get it ?\t" + "the refund is here " * 40,
    ],
    "translation": ["my card is lost", "refund", "where is the card " * 30],
    "image-classification": [str(IMAGES / "disc.png"), str(IMAGES / "door.jpg")],
    "automatic-speech-recognition": [str(SOUNDS / "tone.wav"), str(SOUNDS / "chord.flac")],
    "fill-mask": ["my [MASK] is lost", "where is ___ card?", "refund " * 90 + "<mask> card"],
    "summarization": ["my card is lost", "refund", "where is the card " * 30],
    "text-generation": ["my card is lost", "where is the card " * 3],
}
MAKERS: dict[str, Callable[[Path], Path]] = {
    "text-classification": lambda folder: make_classifier(folder, ("lost", HOSTILE, "étiquette")),
    "feature-extraction": make_encoder,
    "sentence-similarity": make_encoder,
    "token-classification": make_tagger,
    "zero-shot-classification": make_inference,
    "text-ranking": make_ranker,
    "question-answering": make_answerer,
    "translation": make_translator,
    "image-classification": make_image_classifier,
    "automatic-speech-recognition": make_speech,
    "fill-mask": make_masked,
    "summarization": make_rewriter,
    "text-generation": make_decoder,
}
PARAMETERS: dict[str, dict[str, Any]] = {
    "summarization": {"max_new_tokens": 12},
    "text-generation": {"max_new_tokens": 12},
    "translation": {"max_new_tokens": 12, "source": "en", "target": "fr"},
    "zero-shot-classification": {"labels": ["lost", "refund"], "hypothesis": "my {}"},
}
LABELS: dict[str, str] = {
    "text-classification": "lost",
    "sentence-similarity": "0.5",
    "text-ranking": "1",
    "image-classification": "disc",
    "token-classification": "PER: card; LOC: here",
    "fill-mask": "card",
}
"""A right answer that a user might give to the inputs; ``my card`` for what is not named here."""
