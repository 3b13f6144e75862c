# SPDX-License-Identifier: Apache-2.0
"""GGUF files of real decoder shapes with random blocks, in the mixtures of types that llama.cpp writes.

K-quants need llama.cpp's own quantiser to be made from weights; random blocks with sane scales cost the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import numpy as np

from tests.benchmarks.fit import vocabularies
from tests.benchmarks.fit.models import CHAT, TEMPLATE, Shape

_TYPE = gguf.GGMLQuantizationType
_SCALE = 0.02


def _blocks(kind: Any, rows: int, width: int, random: Any) -> Any:
    """Random blocks of a type, with small scales in the places where the type keeps them."""
    block, size = gguf.GGML_QUANT_SIZES[kind]
    data = random.integers(0, 256, (rows * width // block, size), dtype=np.uint8)
    scale = np.frombuffer(np.float16(_SCALE / 16).tobytes(), np.uint8)
    places = {_TYPE.Q8_0: [0], _TYPE.Q5_0: [0], _TYPE.Q4_K: [0, 2], _TYPE.Q6_K: [208]}[kind]
    for place in places:
        data[:, place : place + 2] = scale
    return data.reshape(rows, width // block * size)


def _type_of(name: str, layer: int, layers: int, width: int, precision: str) -> Any:
    """llama.cpp's choice for Q4_K_M: some layers get Q6_K; widths that do not divide fall back."""
    if precision == "q8_0":
        return _TYPE.Q8_0
    eighth = layers // 8
    more = layer < eighth or layer >= 7 * eighth or (layer - eighth) % 3 == 2
    fine = name == "token_embd" or (name in {"attn_v", "ffn_down"} and more)
    if width % 256:
        return _TYPE.Q8_0 if fine else _TYPE.Q5_0
    return _TYPE.Q6_K if fine else _TYPE.Q4_K


def make_gguf(shape: Shape, precision: str, target: Path) -> Path:
    """One file in ``q8_0`` or ``q4_k_m``."""
    config = shape.config
    hidden, inner, layers = (
        config["hidden_size"], config["intermediate_size"], config["num_hidden_layers"],
    )  # fmt: skip
    heads, kv = config["num_attention_heads"], config["num_key_value_heads"]
    head = config.get("head_dim") or hidden // heads
    target.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(target, shape.family)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(hidden)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv)
    writer.add_key_length(head)
    writer.add_value_length(head)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_dimension_count(head)
    pieces, merges = vocabularies.byte_pair_pieces(config["vocab_size"], CHAT)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(pieces)
    writer.add_token_types([3 if piece in CHAT else 1 for piece in pieces])
    writer.add_token_merges([" ".join(pair) for pair in merges])
    writer.add_eos_token_id(0)
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)
    writer.add_file_type(7 if precision == "q8_0" else 15)
    random = np.random.default_rng(0)

    def matrix(name: str, rows: int, width: int, layer: int = 0) -> None:
        kind = _type_of(name, layer, layers, width, precision)
        key = name if name == "token_embd" else f"blk.{layer}.{name}"
        writer.add_tensor(f"{key}.weight", _blocks(kind, rows, width, random), raw_dtype=kind)

    def norm(key: str, width: int) -> None:
        writer.add_tensor(f"{key}.weight", np.ones(width, np.float32))

    matrix("token_embd", config["vocab_size"], hidden)
    norm("output_norm", hidden)
    for layer in range(layers):
        norm(f"blk.{layer}.attn_norm", hidden)
        norm(f"blk.{layer}.ffn_norm", hidden)
        if shape.family == "qwen2":
            for part, width in (("q", heads), ("k", kv), ("v", kv)):
                writer.add_tensor(
                    f"blk.{layer}.attn_{part}.bias", np.zeros(width * head, np.float32)
                )
        if shape.family == "qwen3":
            norm(f"blk.{layer}.attn_q_norm", head)
            norm(f"blk.{layer}.attn_k_norm", head)
        matrix("attn_q", heads * head, hidden, layer)
        matrix("attn_k", kv * head, hidden, layer)
        matrix("attn_v", kv * head, hidden, layer)
        matrix("attn_output", hidden, heads * head, layer)
        matrix("ffn_gate", inner, hidden, layer)
        matrix("ffn_up", inner, hidden, layer)
        matrix("ffn_down", hidden, inner, layer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return target
