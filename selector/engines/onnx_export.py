# SPDX-License-Identifier: Apache-2.0
"""Writes a transformers encoder as an ONNX graph, and an int8 form of a graph. Imports torch inside.

No optimum: its exporters want another transformers. ``torch.onnx.export`` traces the model itself;
whether the graph really does the same is checked by who asks for it (see onnx_made.py).
"""

from __future__ import annotations

import inspect
import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from selector.errors import LoadFailed, OutOfMemory
from selector.machine.cpu import probe_cpu
from selector.tasks.failures import first_line, is_out_of_memory
from selector.tasks.torch_loading import POOLER, TorchModel, load_torch_model

_CLASSES = {"classifier": "AutoModelForSequenceClassification", "embedder": "AutoModel"}
_OUTPUTS = {"classifier": "logits", "embedder": "last_hidden_state"}
# Two lengths, so that padding and the attention mask are part of what is traced.
_EXAMPLES = ("the quick brown fox jumps over the lazy dog", "a shorter one")


def export_graph(folder: Path, head: str, target: Path, options: Mapping[str, Any]) -> None:
    """Write the model of ``folder`` to ``target`` in fp32.

    Raises UnsupportedModel, LoadFailed, OutOfMemory.
    """
    may_lack = POOLER if head == "embedder" else ()
    loaded = load_torch_model(folder, _CLASSES[head], {**options, "precision": "fp32"}, may_lack)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _trace(loaded, _OUTPUTS[head], target)
    except Exception as error:
        repo = str(options.get("repo", folder.name))
        if is_out_of_memory(error):
            raise OutOfMemory(repo=repo) from error
        raise LoadFailed(repo=repo, detail=first_line(error)) from error


def _trace(loaded: TorchModel, output: str, target: Path) -> None:
    import torch

    model: Any = loaded.model.get_encoder() if loaded.model.config.is_encoder_decoder else None
    model = model if model is not None else loaded.model
    encoded = loaded.tokenizer(list(_EXAMPLES), padding=True, return_tensors="pt")
    known = inspect.signature(model.forward).parameters
    names = [name for name in ("input_ids", "attention_mask", "token_type_ids") if name in known]
    names = [name for name in names if name in encoded]

    class Named(torch.nn.Module):
        """The model with its inputs by position and one output."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *tensors: Any) -> Any:
            given = dict(zip(names, tensors, strict=True))
            return getattr(self.model(**given, return_dict=True), output)

    batch = torch.export.Dim("batch")
    tokens = torch.export.Dim("tokens", max=max(3, loaded.max_length))
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    # Clones: one tensor given twice would be traced as one input.
    tensors = tuple(encoded[name].clone() for name in names)
    program = torch.onnx.export(
        Named().eval(),
        tensors,
        dynamo=True,
        verbose=False,
        input_names=names,
        output_names=[output],
        dynamic_shapes=(tuple({0: batch, 1: tokens} for _ in names),),
    )
    assert program is not None
    program.save(str(target))


def quantise_graph(source: Path, target: Path) -> None:
    """Write an int8 form of a graph: weights once, activations at run time. Raises LoadFailed.

    One scale for each channel: on a MiniLM the median cosine to fp32 is then 0.994 instead of 0.972, at
    the same speed. Processors without VNNI add pairs of products in 16 bits, which saturates: they get
    7 bits (0.993).
    """
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)  # the quantiser advises on the root logger
    try:
        _quantise(source, target, reduced=not _has_vnni())
    except Exception as error:
        raise LoadFailed(repo=source.name, detail=first_line(error)) from error
    finally:
        root.setLevel(level)


def _has_vnni() -> bool:
    """Whether 8-bit products add up without saturation: x86 with VNNI, and every ARM."""
    return not {"avx512_vnni", "avx_vnni", "asimd"}.isdisjoint(probe_cpu([]).features)


def _quantise(source: Path, target: Path, reduced: bool) -> None:
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = onnx.load(str(source))
    # The exporter's notes on shapes contradict what the quantiser infers, and it gives up on them.
    del model.graph.value_info[:]
    quantize_dynamic(
        model,
        str(target),
        op_types_to_quantize=["MatMul", "Gemm", "Gather"],
        per_channel=True,
        reduce_range=reduced,
        weight_type=QuantType.QInt8,
        use_external_data_format=source.with_name(f"{source.name}.data").exists(),
    )
