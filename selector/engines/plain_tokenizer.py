# SPDX-License-Identifier: Apache-2.0
"""A repository's tokenizer without transformers: tokenizer.json read by ``tokenizers`` alone.

Importing transformers' tokenizers takes seconds and brings torch along.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selector.engines.json_files import read_object
from selector.errors import LoadFailed, UnsupportedModel
from selector.tasks.models import Texts

MAX_LENGTH = 512
"""Tokens for a model that names no limit of its own."""
# Families that count positions from their padding index on, and lose that many.
_FROM_PADDING = frozenset({
    "roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "mpnet", "longformer", "data2vec-text",
    "roberta-prelayernorm", "ibert", "luke", "lilt", "xmod", "esm",
})  # fmt: skip
_SPECIAL = (
    "bos_token",
    "eos_token",
    "unk_token",
    "sep_token",
    "pad_token",
    "cls_token",
    "mask_token",
)


@dataclass(frozen=True, slots=True)
class Tokens:
    """One text as the model reads it."""

    ids: Sequence[int]
    types: Sequence[int]
    cut: int
    """Tokens at its end that were left out."""


def longest_input(config: Mapping[str, Any], tokenizer_config: Mapping[str, Any]) -> int:
    """Tokens the model takes, the smallest of what its files say."""
    positions = config.get("max_position_embeddings")
    if isinstance(positions, int) and config.get("model_type") in _FROM_PADDING:
        padding = config.get("pad_token_id")
        positions -= (padding if isinstance(padding, int) else 1) + 1
    limits = [tokenizer_config.get("model_max_length"), positions]
    known = [n for n in limits if isinstance(n, int) and 0 < n < 1_000_000]
    return min(known, default=MAX_LENGTH)


class PlainTokenizer:
    """Turns texts into token ids, cut to ``max_length``."""

    def __init__(self, tokenizer: Any, padding: int, max_length: int) -> None:
        self._tokenizer = tokenizer
        self.padding = padding
        self.max_length = max_length

    def encode(self, texts: Texts) -> list[Tokens]:
        """Tokens of each text; at least the special ones."""
        found = self._tokenizer.encode_batch(list(texts))
        return [
            Tokens(item.ids, item.type_ids, sum(_new(part) for part in item.overflowing))
            for item in found
        ]


def _new(encoding: Any) -> int:
    """Tokens of the text in an overflowing part, without the special ones around them."""
    return int(sum(1 for special in encoding.special_tokens_mask if not special))


def read_tokenizer(
    folder: Path, repo: str, config: Mapping[str, Any], max_length: int | None
) -> PlainTokenizer:
    """The tokenizer of ``folder``, cut at its own limit or ``max_length`` if that is less.

    Raises UnsupportedModel without tokenizer.json, LoadFailed when it cannot be read.
    """
    import tokenizers

    path = folder / "tokenizer.json"
    if not path.is_file():
        raise UnsupportedModel(repo=repo, reason="risk.no_tokenizer")
    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(path))
    except Exception as error:
        raise LoadFailed(repo=repo, detail=f"tokenizer.json: {error}"[:300]) from error
    settings = read_object(folder / "tokenizer_config.json")
    longest = longest_input(config, settings)
    longest = min(longest, max_length or longest)
    # What the file says of both is left over from training.
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest)
    tokenizer.add_special_tokens(_special_tokens(tokenizer, folder, settings))
    return PlainTokenizer(tokenizer, _padding(tokenizer, settings, config), longest)


def _special_tokens(tokenizer: Any, folder: Path, settings: Mapping[str, Any]) -> list[str]:
    """Tokens that the repository calls special beside tokenizer.json: never taken apart in a text.

    Only those of the vocabulary: a token made up here would have a number the model knows nothing of.
    """
    places = (read_object(folder / "special_tokens_map.json"), settings)
    found = [place.get(name) for place in places for name in _SPECIAL]
    texts = [each.get("content") if isinstance(each, Mapping) else each for each in found]
    known = (text for text in texts if isinstance(text, str) and text)
    return [text for text in dict.fromkeys(known) if tokenizer.token_to_id(text) is not None]


def _padding(tokenizer: Any, settings: Mapping[str, Any], config: Mapping[str, Any]) -> int:
    token = settings.get("pad_token")
    if isinstance(token, Mapping):
        token = token.get("content")
    number = tokenizer.token_to_id(token) if isinstance(token, str) else config.get("pad_token_id")
    return number if isinstance(number, int) and number >= 0 else 0
