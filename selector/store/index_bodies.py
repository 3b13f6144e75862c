# SPDX-License-Identifier: Apache-2.0
"""The compressed content of one row of the index: its words, and a text of the caller's. Pure."""

from __future__ import annotations

import zlib

_LIMIT = 4_000_000
"""Bytes that one content may unpack to: the file may have been tampered with."""
# What nearly every model has; changing a letter makes all kept contents unreadable.
_USUAL = (
    b'"tags":["base_model:quantized:base_model:finetune:custom_code","autotrain_compatible",'
    b'"text-generation-inference","endpoints_compatible","region:us","conversational","arxiv:'
    b'"dataset:"gguf","onnx","pytorch","tf","jax","sentence-transformers","feature-extraction",'
    b'"sentence-similarity","text2text-generation","text-classification","text-generation"'
    b'"about":{"library":["transformers","metadata"],"base_models":[[{"id":"","relation":"quantized"'
    b'"finetune"}],"card"],"documented":[["card","licence","languages","base"],"card"],"created":['
    b'"languages":["multilingual","en"],'
    b'"licence":["license:apache-2.0","permissive"],["mit","unknown"]'
    b'{"config":{"architectures":["Qwen2ForCausalLM"],["LlamaForCausalLM"],'
    b'["BertForSequenceClassification"],"model_type":"llama""bert""roberta","gguf":{"architecture":'
    b'"context_length":},"files":[[".gitattributes",0],["README.md",0],["config.json",0],'
    b'["generation_config.json",0],["merges.txt",0],["model.safetensors.index.json",0],'
    b'["model-00001-of-00002.safetensors",0],["model.safetensors",0],["pytorch_model.bin",0],'
    b'["special_tokens_map.json",0],["tokenizer.json",0],["tokenizer.model",0],'
    b'["tokenizer_config.json",0],["training_args.bin",0],["vocab.json",0],["vocab.txt",0],'
    b'["Q4_K_M.gguf",0],"weight_format":"safetensors","basis":"hub","parameters":,'
    b'"parameters_by_dtype":{"F32":,"BF16":,"I64":512},"last_modified":"2026-01-01T00:00:00.000Z",'
    b'"repo":"revision":"'
)


def pack(words: str, text: str) -> bytes:
    """Both, compressed."""
    squeeze = zlib.compressobj(6, zdict=_USUAL)
    return squeeze.compress(f"{words}\n{text}".encode("utf-8", "replace")) + squeeze.flush()


def _both(content: object) -> tuple[str, str]:
    if not isinstance(content, bytes):
        return "", ""
    try:
        plain = zlib.decompressobj(zdict=_USUAL).decompress(content, _LIMIT)
    except zlib.error:
        return "", ""
    words, _, text = plain.decode("utf-8", "replace").partition("\n")
    return words, text


def words_of(content: object) -> str:
    """The words; none when the content is not one of ours."""
    return _both(content)[0]


def unpack(content: object) -> str:
    """The caller's text; empty when the content is not one of ours."""
    return _both(content)[1]
