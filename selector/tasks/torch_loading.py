# SPDX-License-Identifier: Apache-2.0
"""Loads a local snapshot with transformers, safely: by path, no code, no pickles, no missing weights.

Everything heavy is imported inside functions, which only workers call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selector.errors import LoadFailed, OutOfMemory, UnsupportedModel

# Weights that transformers creates anew although the file lacks them, without changing any output.
_HARMLESS = ("position_ids", "pooler.dense.weight", "pooler.dense.bias", "lm_head.weight")
MAX_LENGTH = 512


@dataclass(frozen=True, slots=True)
class TorchModel:
    """A model and its tokenizer, on ``device``, in evaluation mode."""

    model: Any
    tokenizer: Any
    device: str
    parameters: int
    max_length: int
    folder: Path


def _max_length(tokenizer: Any, config: Any) -> int:
    """Tokens the model takes; positions of RoBERTa's kind start at two, hence the margin."""
    limits = [
        int(value)
        for value in (
            getattr(tokenizer, "model_max_length", None),
            getattr(config, "max_position_embeddings", None),
        )
        if isinstance(value, int) and 0 < value < 1_000_000
    ]
    limit = min(limits, default=MAX_LENGTH)
    return (
        limit - 2
        if getattr(config, "model_type", "") in {"roberta", "camembert", "xlm-roberta"}
        else limit
    )


def load_torch_model(
    folder: Path, auto_class: str, options: Mapping[str, Any], ignore_head: bool
) -> TorchModel:
    """Load with ``auto_class`` in the wanted precision (fp32 unless told otherwise).

    ``ignore_head``: missing weights of a pooler or head do not matter to this task.

    Raises UnsupportedModel when weights are missing, LoadFailed, OutOfMemory.
    """
    import torch
    import transformers

    repo = str(options.get("repo", folder.name))
    dtype = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}[
        str(options.get("precision", "fp32"))
    ]
    device = str(options.get("device", "cpu"))
    if threads := int(options.get("threads", 0)):
        torch.set_num_threads(threads)
    transformers.logging.set_verbosity_error()
    safe: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **safe)
        model, report = getattr(transformers, auto_class).from_pretrained(
            folder, use_safetensors=True, dtype=dtype, output_loading_info=True, **safe
        )
    except MemoryError as error:
        raise OutOfMemory(repo=repo) from error
    except torch.OutOfMemoryError as error:
        raise OutOfMemory(repo=repo) from error
    except Exception as error:
        detail = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        raise LoadFailed(repo=repo, detail=detail[:300]) from error
    missing = [
        name
        for name in [*report["missing_keys"], *(str(item) for item in report["mismatched_keys"])]
        if not ignore_head and not str(name).endswith(_HARMLESS)
    ]
    if missing:
        # transformers would fill them with random numbers and give confident nonsense.
        raise UnsupportedModel(
            repo=repo, reason="its file lacks weights for this task", missing=sorted(missing)[:5]
        )
    try:
        model = model.to(device).eval()
    except RuntimeError as error:
        raise OutOfMemory(repo=repo, detail=str(error).splitlines()[0][:200]) from error
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    return TorchModel(
        model,
        tokenizer,
        device,
        int(model.num_parameters()),
        _max_length(tokenizer, model.config),
        folder,
    )


def token_lengths(
    loaded: TorchModel, texts: list[str], pairs: list[str] | None = None
) -> list[int]:
    """Tokens of each text, truncated as the model will see it."""
    encoded = loaded.tokenizer(texts, pairs, truncation=True, max_length=loaded.max_length)
    return [max(1, len(ids)) for ids in encoded["input_ids"]]


def encode(loaded: TorchModel, texts: list[str]) -> Any:
    """One padded batch of tensors on the model's device."""
    batch = loaded.tokenizer(
        texts, truncation=True, max_length=loaded.max_length, padding=True, return_tensors="pt"
    )
    return batch.to(loaded.device)
