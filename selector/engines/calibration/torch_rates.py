# SPDX-License-Identifier: Apache-2.0
"""PyTorch: bandwidth and multiplication rate in fp32 and bf16, dispatch of one layer, an empty worker."""

from __future__ import annotations

from functools import partial
from importlib import metadata
from typing import Any

from selector.engines.calibration.timing import Stopwatch
from selector.machine.facts import EngineCalibration, Rates
from selector.machine.meter import peak_bytes

STEPS = 7
_LAYERS = 24


def _tiny() -> Any:
    """A classifier of a width whose products take no time, as transformers runs it."""
    import transformers

    config = transformers.BertConfig(
        vocab_size=64,
        hidden_size=32,
        num_hidden_layers=_LAYERS,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    # The class that real models are loaded with, so that what it imports is counted too.
    model: Any = transformers.AutoModelForSequenceClassification.from_config(config)
    return model.eval()


def measure(watch: Stopwatch, threads: int) -> EngineCalibration:
    """Raises Cancelled."""
    import torch

    torch.set_num_threads(threads)
    model = _tiny()
    ids = torch.ones((1, 8), dtype=torch.long)
    with torch.inference_mode():
        layer = watch.seconds(lambda: model(input_ids=ids)) / _LAYERS
        empty = peak_bytes()
        rates = {
            "fp32": _rates(watch, torch.float32),
            "bf16": _rates(watch, torch.bfloat16),
        }
    return EngineCalibration(metadata.version("torch"), empty, layer, rates, watch.noise)


def _rates(watch: Stopwatch, dtype: Any) -> Rates:
    import torch

    linear = torch.nn.functional.linear
    wide, vector = torch.randn(16384, 4096).to(dtype), torch.randn(1, 4096).to(dtype)
    held = wide.numel() * wide.element_size()
    read = held / watch.seconds(partial(linear, vector, wide))
    del wide  # its memory is the largest here
    weights = torch.randn(3072, 768).to(dtype)
    products = []
    for rows in (128, 1024):
        given = torch.randn(rows, 768).to(dtype)
        seconds = watch.seconds(partial(linear, given, weights))
        products.append(2.0 * rows * 768 * 3072 / seconds)
    return Rates(read, (products[0], products[1]))
