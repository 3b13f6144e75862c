# SPDX-License-Identifier: Apache-2.0
"""GGUF files with the weights of the tiny models, so that llama.cpp and transformers can be compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TEMPLATE = "{% for m in messages %}<user>{{ m.content }}<end>{% endfor %}<answer>"
_CONTROL, _NORMAL = 3, 1
_LAYER = {
    "llama": {
        "input_layernorm": "attn_norm",
        "self_attn.q_proj": "attn_q",
        "self_attn.k_proj": "attn_k",
        "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output",
        "post_attention_layernorm": "ffn_norm",
        "mlp.gate_proj": "ffn_gate",
        "mlp.up_proj": "ffn_up",
        "mlp.down_proj": "ffn_down",
    },
    "bert": {
        "attention.self.query": "attn_q",
        "attention.self.key": "attn_k",
        "attention.self.value": "attn_v",
        "attention.output.dense": "attn_output",
        "attention.output.LayerNorm": "attn_output_norm",
        "intermediate.dense": "ffn_up",
        "output.dense": "ffn_down",
        "output.LayerNorm": "layer_output_norm",
    },
}
_OUTER = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "embeddings.word_embeddings": "token_embd",
    "embeddings.position_embeddings": "position_embd",
    "embeddings.token_type_embeddings": "token_types",
    "embeddings.LayerNorm": "token_embd_norm",
}


def make_writer(
    folder: Path,
    hidden: int = 64,
    seed: int = 0,
    context: int = 256,
    end_instead_of: str = "",
    vocabulary: int = 0,
    **shape: Any,
) -> Path:
    """A Llama decoder over single bytes, with a chat template: transformers' form.

    It writes printable ASCII and never ends, unless ``end_instead_of`` names a sign. ``vocabulary`` pads
    the tokens to that many; ``shape`` goes into the configuration.
    """
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    signs = sorted(pre_tokenizers.ByteLevel.alphabet())
    special = ["<end>", "<user>", "<answer>"]
    merges = [("e", "r"), ("a", "n")]
    pieces = [*special, *signs, *(a + b for a, b in merges)]
    pieces += [f"[PAD{i}]" for i in range(vocabulary - len(pieces))]
    known = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocab=known, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(special)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": context,
        "eos_token": "<end>",
        "clean_up_tokenization_spaces": False,
        "chat_template": TEMPLATE,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    config = LlamaConfig(
        **{
            "vocab_size": len(known),
            "hidden_size": hidden,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "intermediate_size": hidden * 2,
            "max_position_embeddings": context,
            "bos_token_id": None,
            "eos_token_id": 0,
            "pad_token_id": None,
            "initializer_range": 0.2,
            "tie_word_embeddings": False,
            **shape,
        }
    )
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        head = model.lm_head.weight
        for piece, number in known.items():
            if not (piece.isascii() and len(piece) < 3):
                head[number] = 0
        if end_instead_of:
            head[0] = head[known[end_instead_of]] * 1.01
    model.save_pretrained(folder)
    return folder


def make_gguf(source: Path, target: Path, precision: str = "F32", **changes: Any) -> Path:
    """The tiny decoder or encoder of ``source`` as one GGUF file; ``changes`` go into its header."""
    import gguf
    from safetensors.numpy import load_file

    config = json.loads((source / "config.json").read_text())
    family = "llama" if config["model_type"] == "llama" else "bert"
    target.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(target, changes.pop("architecture", family))
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    _header = _llama_header if family == "llama" else _bert_header
    _header(writer, source, config, changes)
    writer.add_file_type(0)
    for name, value in load_file(source / "model.safetensors").items():
        key, _, ending = _name(name, family).rpartition(".")
        if not key:
            continue
        if family == "llama" and key.endswith(("attn_q", "attn_k")):
            # llama.cpp pairs the halves of a head that transformers keeps apart.
            heads = config["num_attention_heads" if key.endswith("q") else "num_key_value_heads"]
            value = value.reshape(heads, 2, -1, value.shape[1]).swapaxes(1, 2).reshape(value.shape)
        wanted = gguf.GGMLQuantizationType[precision]
        if value.ndim == 1 or key in {"position_embd", "token_types"}:
            wanted = gguf.GGMLQuantizationType.F32
        data = gguf.quants.quantize(value.astype("float32"), wanted)
        writer.add_tensor(f"{key}.{ending}", data, raw_dtype=wanted)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return target


def _name(name: str, family: str) -> str:
    """The GGUF name of a weight; empty for one that GGUF does not hold (a pooler)."""
    module, _, ending = name.rpartition(".")
    if module in _OUTER:
        return f"{_OUTER[module]}.{ending}"
    layer = module.removeprefix("model.layers.").removeprefix("encoder.layer.")
    number, _, part = layer.partition(".")
    known = _LAYER[family].get(part)
    return f"blk.{number}.{known}.{ending}" if known else ""


def _tokens(source: Path) -> list[str]:
    data = json.loads((source / "tokenizer.json").read_text())
    return sorted(data["model"]["vocab"], key=data["model"]["vocab"].get)


def _llama_header(writer: Any, source: Path, config: Any, changes: dict[str, Any]) -> None:
    tokens = _tokens(source)
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_dimension_count(config["hidden_size"] // config["num_attention_heads"])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    control = ("<end>", "<user>", "<answer>")
    writer.add_token_types(
        [_CONTROL if t in control or t.startswith("[PAD") else _NORMAL for t in tokens]
    )
    merges = json.loads((source / "tokenizer.json").read_text())["model"]["merges"]
    writer.add_token_merges([" ".join(pair) for pair in merges])
    writer.add_eos_token_id(0)
    writer.add_add_bos_token(False)
    if template := changes.get("template", TEMPLATE):
        writer.add_chat_template(template)


def _bert_header(writer: Any, source: Path, config: Any, changes: dict[str, Any]) -> None:
    import gguf

    tokens = _tokens(source)
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType[changes.get("pooling", "MEAN")])
    writer.add_tokenizer_model("bert")
    writer.add_token_type_count(2)
    special = [token[0] + token[-1] == "[]" and len(token) > 2 for token in tokens]
    shown = [
        token if control else token[2:] if token.startswith("##") else f"▁{token}"
        for token, control in zip(tokens, special, strict=True)
    ]
    writer.add_token_list(shown)
    writer.add_token_types([_CONTROL if control else _NORMAL for control in special])
    for name in ("unk", "pad", "cls", "sep", "mask", "bos", "eos"):
        alias = {"bos": "cls", "eos": "sep"}.get(name, name)
        token = tokens.index(f"[{alias.upper()}]")
        key = {"cls": "tokenizer.ggml.cls_token_id"}.get(name)
        if key:
            writer.add_uint32(key, token)
        else:
            getattr(writer, f"add_{name}_token_id")(token)
