# SPDX-License-Identifier: Apache-2.0
"""Loads a local snapshot with transformers, safely: by path, no code, no pickles, no missing weights.

Everything heavy is imported inside functions, which only workers call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selector.errors import LoadFailed, OutOfMemory, UnknownEngine, UnsupportedModel
from selector.tasks.failures import first_line, is_out_of_memory
from selector.tasks.models import Texts

# Buffers that older files lack and transformers computes anew, without changing any output.
_HARMLESS = ("position_ids", "inv_freq")
# A pooler matters to a classifier, but not to who reads the hidden states.
POOLER = ("pooler.dense.weight", "pooler.dense.bias")
MAX_LENGTH = 512
"""Tokens for a model that names no limit of its own."""


@dataclass(frozen=True, slots=True)
class TorchModel:
    """A model and its tokenizer, on ``device``, in evaluation mode."""

    model: Any
    tokenizer: Any
    device: str
    parameters: int
    max_length: int
    folder: Path


def _max_length(tokenizer: Any, model: Any) -> int:
    """Tokens the model takes, the smallest of what its files say."""
    limits = [getattr(tokenizer, "model_max_length", None)]
    positions = getattr(model.config, "max_position_embeddings", None)
    if isinstance(positions, int):
        # RoBERTa's kind counts positions from its padding index on, and loses that many.
        for name, module in model.named_modules():
            if name.endswith("position_embeddings") and getattr(module, "padding_idx", None):
                positions -= int(module.padding_idx) + 1
                break
    limits.append(positions)
    known = [n for n in limits if isinstance(n, int) and 0 < n < 1_000_000]
    return min(known, default=MAX_LENGTH)


def _dtype(precision: str) -> Any:
    import torch

    known = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
    if precision not in known:
        names = [f"torch-{name}" for name in known]
        raise UnknownEngine(engine=f"torch-{precision}", known=names)
    return known[precision]


def load_torch_model(
    folder: Path,
    auto_class: str,
    options: Mapping[str, Any],
    may_lack: tuple[str, ...] = (),
    reader: str = "AutoTokenizer",
) -> TorchModel:
    """Load with ``auto_class`` in the wanted precision (fp32 unless told otherwise).

    ``reader``: what turns inputs into tensors, kept as ``tokenizer``.
    ``may_lack``: endings of weights that may be missing because this task does not use them.

    Raises UnsupportedModel when other weights are missing, UnknownEngine, LoadFailed, OutOfMemory.
    """
    import torch
    import transformers

    repo = str(options.get("repo", folder.name))
    dtype = _dtype(str(options.get("precision", "fp32")))
    device = str(options.get("device") or "cpu")
    if threads := int(options.get("threads") or 0):
        torch.set_num_threads(threads)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    if not any(folder.glob("*.safetensors")):
        pickles = sorted(path.name for path in folder.glob("*.bin"))
        code = "risk.pickle_only" if pickles else "risk.no_weights"
        raise UnsupportedModel(repo=repo, reason=code, files=pickles[:5])
    safe: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = getattr(transformers, reader).from_pretrained(folder, **safe)
        model, report = getattr(transformers, auto_class).from_pretrained(
            folder, use_safetensors=True, dtype=dtype, output_loading_info=True, **safe
        )
        lacking = [*report["missing_keys"], *(str(key) for key in report["mismatched_keys"])]
        missing = [key for key in lacking if not str(key).endswith((*_HARMLESS, *may_lack))]
        if missing:
            # transformers would fill them with random numbers and give confident nonsense.
            raise UnsupportedModel(
                repo=repo, reason="risk.no_head", missing=sorted(missing)[:5], count=len(missing)
            )
        model = model.to(device).eval()
    except UnsupportedModel:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise OutOfMemory(repo=repo) from error
        if "trust_remote_code" in str(error):
            raise UnsupportedModel(repo=repo, reason="risk.remote_code") from error
        raise LoadFailed(repo=repo, detail=first_line(error)) from error
    if reader != "AutoTokenizer":
        parameters = int(model.num_parameters())
        return TorchModel(model, tokenizer, device, parameters, MAX_LENGTH, folder)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    if getattr(model.config, "pad_token_id", None) is None:
        # A decoder that classifies finds the last real token by this number.
        model.config.pad_token_id = tokenizer.pad_token_id
    return TorchModel(
        model,
        tokenizer,
        device,
        int(model.num_parameters()),
        _max_length(tokenizer, model),
        folder,
    )


def tokenize(
    loaded: TorchModel, texts: Texts, max_length: int
) -> tuple[Mapping[str, list[list[int]]], list[int]]:
    """Columns of token ids, each text cut at ``max_length`` tokens, and how many were cut off."""
    if not texts:
        return {}, []
    tokenizer = loaded.tokenizer
    encoded = tokenizer(list(texts), truncation=True, max_length=max_length)
    full = [len(ids) >= max_length for ids in encoded["input_ids"]]
    long = [text for text, at_limit in zip(texts, full, strict=True) if at_limit]
    # Only those at the limit can have lost something; the others are not read twice.
    whole = iter(len(ids) for ids in tokenizer(long)["input_ids"]) if long else iter(())
    cut = [
        max(0, next(whole) - len(ids)) if at_limit else 0
        for ids, at_limit in zip(encoded["input_ids"], full, strict=True)
    ]
    return {name: list(column) for name, column in encoded.items()}, cut
