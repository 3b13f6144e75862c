"""Opens the model's graph and tokenizer from its folder: ONNX Runtime and tokenizers, nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import tokenizers

MAX_LENGTH = 512
MAX_WASTE = 0.10
MAX_TOKENS = 4096
MAX_ITEMS = 64
# Families that count positions from their padding index on, and lose that many.
FROM_PADDING = {
    "roberta", "xlm-roberta", "xlm-roberta-xl", "camembert", "mpnet", "longformer", "data2vec-text",
    "roberta-prelayernorm", "ibert", "luke", "lilt", "xmod", "esm",
}
SPECIAL = ("bos", "eos", "unk", "sep", "pad", "cls", "mask")


@dataclass(frozen=True)
class Loaded:
    """An open graph with its tokenizer."""

    session: Any
    tokenizer: Any
    padding: int
    config: dict[str, Any]
    folder: Path

    def outputs(self) -> list[str]:
        """Names of what the graph gives."""
        return [item.name for item in self.session.get_outputs()]


def read(path: Path) -> dict[str, Any]:
    """A JSON object; an empty one where there is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _content(token: Any) -> Any:
    return token.get("content") if isinstance(token, dict) else token


def _longest(config: dict[str, Any], settings: dict[str, Any]) -> int:
    positions = config.get("max_position_embeddings")
    padding = config.get("pad_token_id")
    if isinstance(positions, int) and config.get("model_type") in FROM_PADDING:
        positions -= (padding if isinstance(padding, int) else 1) + 1
    limits = [settings.get("model_max_length"), positions]
    return min((n for n in limits if isinstance(n, int) and 0 < n < 1_000_000), default=MAX_LENGTH)


def load(folder: Path, max_length: int | None = None) -> Loaded:
    """Open what settings.json names, on the processor; texts are cut at the model's own length."""
    graph = read(folder.parent / "settings.json")["graph"]
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        str(folder / graph), options, providers=["CPUExecutionProvider"]
    )
    config, settings = read(folder / "config.json"), read(folder / "tokenizer_config.json")
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    longest = _longest(config, settings)
    tokenizer.no_padding()
    tokenizer.enable_truncation(min(longest, max_length or longest))
    places = (read(folder / "special_tokens_map.json"), settings)
    named = [_content(place.get(f"{name}_token")) for place in places for name in SPECIAL]
    known = [t for t in named if isinstance(t, str) and t and tokenizer.token_to_id(t) is not None]
    tokenizer.add_special_tokens(list(dict.fromkeys(known)))
    pad = _content(settings.get("pad_token"))
    number = tokenizer.token_to_id(pad) if isinstance(pad, str) else config.get("pad_token_id")
    padding = number if isinstance(number, int) and number >= 0 else 0
    return Loaded(session, tokenizer, padding, config, folder)


def batches(loaded: Loaded, texts: list[Any], output: str) -> Iterator[tuple[list[int], Any, Any]]:
    """Texts, or pairs of texts, of similar length together: their indices, the output's rows, and the attention mask."""
    if not texts:
        return
    encoded = loaded.tokenizer.encode_batch(texts)
    inputs = {item.name: item for item in loaded.session.get_inputs()}
    for indices in _tight([max(1, len(item.ids)) for item in encoded]):
        shape = len(indices), max(1, *(len(encoded[i].ids) for i in indices))
        ids = np.full(shape, loaded.padding, np.int64)
        mask, types = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for row, i in enumerate(indices):
            length = len(encoded[i].ids)
            ids[row, :length], types[row, :length] = encoded[i].ids, encoded[i].type_ids
            mask[row, :length] = 1
        given = {
            "input_ids": ids,
            "attention_mask": mask,
            "token_type_ids": types,
            "position_ids": np.maximum(mask.cumsum(1) - 1, 0),
        }
        fed = {
            name: given[name].astype(np.int32) if item.type == "tensor(int32)" else given[name]
            for name, item in inputs.items()
        }
        (found,) = loaded.session.run([output], fed)
        yield indices, found.astype(np.float32, copy=False), mask


def _tight(lengths: list[int]) -> list[list[int]]:
    """Indices in batches, longest first, with little padding."""
    found: list[list[int]] = []
    used = 0
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        batch = found[-1] if found else []
        padded = lengths[batch[0]] * (len(batch) + 1) if batch else 0
        if (
            batch
            and len(batch) < MAX_ITEMS
            and padded <= MAX_TOKENS
            and padded - (used + lengths[index]) <= MAX_WASTE * padded
        ):
            batch.append(index)
            used += lengths[index]
        else:
            found.append([index])
            used = lengths[index]
    return found
