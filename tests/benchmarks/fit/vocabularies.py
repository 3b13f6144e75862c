# SPDX-License-Identifier: Apache-2.0
"""Tokenizers of real sizes with made-up pieces: what they hold in memory is what real ones hold."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

_CONSONANTS, _VOWELS = "bcdfghjklmnpqrstvwxz", "aeiouy"


def made_words(n: int, seed: int = 0) -> list[str]:
    """``n`` different pronounceable words, short ones first as in real vocabularies."""
    chance = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < n:
        syllables = chance.choices([1, 2, 3, 4], [10, 40, 35, 15])[0]
        word = "".join(
            chance.choice(_CONSONANTS) + chance.choice(_VOWELS) for _ in range(syllables)
        )
        found[word + chance.choice(["", "", "n", "s", "r"])] = None
    return list(found)


def _settings(folder: Path, context: int, **more: Any) -> None:
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": context,
        "clean_up_tokenization_spaces": False,
        **more,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))


def word_tokenizer(folder: Path, size: int, context: int, first: list[str]) -> None:
    """A WordPiece tokenizer (BERT's kind) of ``size`` pieces; ``first`` are its special ones."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    pieces = [*first, *made_words(size - len(first))]
    known = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.WordPiece(vocab=known, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[(name, known[name]) for name in ("[CLS]", "[SEP]")],
    )
    tokenizer.add_special_tokens(first)
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    _settings(folder, context, **names)


def unigram_tokenizer(folder: Path, size: int, context: int) -> None:
    """A Unigram tokenizer (SentencePiece's kind: DeBERTa-v3, T5, Marian) of ``size`` pieces."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    letters = list(_CONSONANTS + _VOWELS)
    words = [f"▁{word}" for word in made_words(size - len(special) - len(letters) - 1)]
    pieces = [(name, 0.0) for name in special]
    pieces += [(piece, -5.0 - i / 1e4) for i, piece in enumerate(["▁", *words])]
    pieces += [(letter, -20.0) for letter in letters]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=1, byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    tokenizer.add_special_tokens(special)
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    _settings(folder, context, eos_token="[SEP]", **names)


def byte_pair_pieces(size: int, special: list[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Pieces and merges of a byte-level BPE (GPT-2's kind) with ``size`` pieces."""
    from tokenizers import pre_tokenizers

    chance = random.Random(1)
    signs = sorted(pre_tokenizers.ByteLevel.alphabet())
    letters = [c for c in signs if c.isascii() and c.isalpha()] + ["Ġ"]
    pieces = dict.fromkeys([*special, *signs])
    short = list(letters)
    merges: list[tuple[str, str]] = []
    while len(pieces) < size:
        pair = chance.choice(short), chance.choice(short)
        joined = "".join(pair)
        if joined in pieces or len(joined) > 12:
            continue
        pieces[joined] = None
        merges.append(pair)
        if len(joined) < 7:
            short.append(joined)
    return list(pieces), merges


def byte_pair_tokenizer(
    folder: Path, size: int, context: int, special: list[str], template: str = ""
) -> None:
    """A byte-level BPE tokenizer of ``size`` pieces; the first of ``special`` ends a text."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    pieces, merges = byte_pair_pieces(size, special)
    known = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocab=known, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(special)
    tokenizer.save(str(folder / "tokenizer.json"))
    more = {"chat_template": template} if template else {}
    _settings(folder, context, eos_token=special[0], pad_token=special[0], **more)
