# SPDX-License-Identifier: Apache-2.0
"""llama.cpp: bandwidth while writing and multiplication rate while reading, in 8 and in 4 bits, an empty worker.

It has no way to time one product, so a small decoder with random blocks is written on the spot. llama.cpp
times its own prompts and tokens.
"""

from __future__ import annotations

import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

from selector.engines.calibration.timing import REPEATS, Stopwatch
from selector.engines.llama_server import LlamaServer, ServerOptions
from selector.machine.facts import EngineCalibration, Rates
from selector.machine.meter import now_bytes

STEPS = 8
_TINY_LAYERS = (2, 12)
_HIDDEN, _INNER, _LAYERS, _HEADS, _PIECES = 1024, 3072, 4, 16, 320
_WEIGHTS = _LAYERS * (4 * _HIDDEN * _HIDDEN + 3 * _HIDDEN * _INNER)
_PROMPTS = (32, 256)
_NEW = 16
_SCALE_AT = {"Q8_0": (0,), "Q4_K": (0, 2)}


def write_decoder(target: Path, kind: str, layers: int = _LAYERS, hidden: int = _HIDDEN) -> int:
    """A decoder in ``Q8_0`` or ``Q4_K`` with random blocks; gives the bytes of its file."""
    import gguf
    import numpy as np

    inner, heads = hidden * _INNER // _HIDDEN, _HEADS
    quantised = gguf.GGMLQuantizationType[kind]
    block, size = gguf.GGML_QUANT_SIZES[quantised]
    random = np.random.default_rng(0)
    # Small scales, so that nothing overflows on its way through the layers.
    scale = np.frombuffer(np.float16(0.001).tobytes(), np.uint8)
    writer: Any = gguf.GGUFWriter(target, "llama")
    writer.add_context_length(1024)
    writer.add_embedding_length(hidden)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(heads)
    writer.add_head_count_kv(heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(hidden // heads)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([f"<{i}>" for i in range(_PIECES)])
    writer.add_token_types([1] * _PIECES)
    writer.add_token_merges(["a b"])
    writer.add_eos_token_id(0)
    writer.add_add_bos_token(False)

    def matrix(name: str, rows: int, width: int) -> None:
        data = random.integers(0, 256, (rows * width // block, size), dtype=np.uint8)
        for place in _SCALE_AT[kind]:
            data[:, place : place + 2] = scale
        shaped = data.reshape(rows, width // block * size)
        writer.add_tensor(f"{name}.weight", shaped, raw_dtype=quantised)

    def ones(name: str) -> None:
        writer.add_tensor(f"{name}.weight", np.ones(hidden, np.float32))

    matrix("token_embd", _PIECES, hidden)
    ones("output_norm")
    for layer in range(layers):
        ones(f"blk.{layer}.attn_norm")
        ones(f"blk.{layer}.ffn_norm")
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            matrix(f"blk.{layer}.{part}", hidden, hidden)
        for part in ("ffn_gate", "ffn_up"):
            matrix(f"blk.{layer}.{part}", inner, hidden)
        matrix(f"blk.{layer}.ffn_down", hidden, inner)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return target.stat().st_size


def measure(watch: Stopwatch, threads: int) -> EngineCalibration:
    """Raises Cancelled, LoadFailed, OutOfMemory."""
    with tempfile.TemporaryDirectory() as folder:
        layer, empty = _empty(watch, Path(folder), threads)
        rates = {}
        for precision, kind in (("q8_0", "Q8_0"), ("q4_k_m", "Q4_K")):
            path = Path(folder, f"{precision}.gguf")
            held = write_decoder(path, kind)
            rates[precision] = _rates(watch, path, held, layer, threads)
            path.unlink()
    return EngineCalibration(metadata.version("xllamacpp"), empty, layer, rates, watch.noise)


def _empty(watch: Stopwatch, folder: Path, threads: int) -> tuple[float, int]:
    """Seconds of one layer whose products take no time, and the size of this process."""
    steps, empty = [], 0
    for layers in _TINY_LAYERS:
        path = folder / f"{layers}.gguf"
        write_decoder(path, "Q8_0", layers, hidden=256)
        server = LlamaServer(ServerOptions(path, "calibration", threads, 256))
        turns = [_ask(server, 8, 2 * _NEW)[1] for _ in range(REPEATS + 1)]
        steps.append(watch.judge(turns[1:]))
        empty = empty or now_bytes() - path.stat().st_size
    few, many = _TINY_LAYERS
    return max(0.0, steps[1] - steps[0]) / (many - few), empty


def _ask(server: LlamaServer, tokens: int, new: int) -> tuple[float, float]:
    """Seconds of the prompt and of one new token, as llama.cpp counts them."""
    said: dict[str, Any] = {}

    def take(chunk: Any) -> bool:
        for part in chunk if isinstance(chunk, list) else [chunk]:
            if isinstance(part, dict) and "timings" in part:
                said.update(part["timings"])
        return False

    server.complete(
        {
            "prompt": [5 + i % 256 for i in range(tokens)],
            "n_predict": new,
            "ignore_eos": True,
            "temperature": 0,
            "stream": True,
        },
        take,
    )
    return said["prompt_ms"] / 1000, said["predicted_per_token_ms"] / 1000


def _rates(watch: Stopwatch, path: Path, held: int, layer_s: float, threads: int) -> Rates:
    server = LlamaServer(ServerOptions(path, "calibration", threads, 512))
    _ask(server, 8, 2)  # reads the file into memory
    reading: list[float] = []
    writing: list[float] = []
    for tokens in _PROMPTS:
        turns = [_ask(server, tokens, _NEW if tokens == _PROMPTS[0] else 1) for _ in range(REPEATS)]
        reading.append(watch.judge([turn[0] for turn in turns]))
        if tokens == _PROMPTS[0]:
            writing = [turn[1] for turn in turns]
    step = watch.judge(writing)
    # What its layers cost whatever they hold is not reading; at least half of a step is.
    step = max(step - _LAYERS * layer_s, step / 2)
    # From two lengths of prompts to the rates with 128 and 1024 rows: seconds = a * rows + b.
    few, many = _PROMPTS
    slope = max((reading[1] - reading[0]) / (many - few), reading[1] / many / 4)
    start = max(0.0, reading[1] - slope * many)
    flop = 2.0 * _WEIGHTS
    first, second = (flop * rows / (slope * rows + start) for rows in (128, 1024))
    return Rates(held / step, (first, second))
