# SPDX-License-Identifier: Apache-2.0
"""Models of real shapes with random weights, made on the spot: what they cost is what real ones cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from tests.benchmarks.fit import vocabularies

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
TEMPLATE = "{% for m in messages %}<user>{{ m.content }}<end>{% endfor %}<answer>"
CHAT = ["<end>", "<user>", "<answer>"]
Kind = Literal["text", "image", "pair", "audio", "writer", "translator"]


@dataclass(frozen=True)
class Load:
    """What one measurement asks of a model: ``items`` at once, ``tokens`` each, ``new`` written."""

    items: int = 1
    tokens: int = 0
    new: int = 0


@dataclass(frozen=True)
class Shape:
    """One model. ``family`` groups those that are left out together when constants are fitted."""

    name: str
    family: str
    auto: str
    task: str
    kind: Kind
    config_class: str
    config: dict[str, Any]
    forms: tuple[str, ...]
    loads: tuple[Load, Load]
    tokenizer: Callable[[Path, int, int], None] | None = None
    context: int = 512
    stored: str = "float32"
    held_out: bool = False
    """Never looked at while constants were fitted."""


def _pieces(folder: Path, size: int, context: int) -> None:
    vocabularies.word_tokenizer(folder, size, context, SPECIAL)


def _chat(folder: Path, size: int, context: int) -> None:
    vocabularies.byte_pair_tokenizer(folder, size, context, CHAT, TEMPLATE)


def _bert(hidden: int, layers: int) -> dict[str, Any]:
    return {
        "vocab_size": 30522, "hidden_size": hidden, "num_hidden_layers": layers, "num_labels": 4,
        "num_attention_heads": 12, "intermediate_size": hidden * 4,
    }  # fmt: skip


_CLASSIFIER = ("AutoModelForSequenceClassification", "text-classification", "text")
_WRITER = ("AutoModelForCausalLM", "text-generation", "writer")
_TEXT = (Load(1, 32), Load(64, 64))
_WRITTEN = (Load(1, 32, 32), Load(1, 512, 32))
_ENCODED = ("torch-fp32", "onnx-fp32", "onnx-int8")

SHAPES = (
    Shape("MiniLM-L6", "bert", *_CLASSIFIER, "BertConfig", _bert(384, 6), _ENCODED, _TEXT, _pieces),
    Shape(
        "DistilBERT", "bert", *_CLASSIFIER, "DistilBertConfig",
        {"vocab_size": 30522, "dim": 768, "n_layers": 6, "n_heads": 12, "hidden_dim": 3072, "num_labels": 4},
        _ENCODED, _TEXT, _pieces,
    ),
    Shape("BERT-base", "bert", *_CLASSIFIER, "BertConfig", _bert(768, 12), _ENCODED, _TEXT, _pieces),
    Shape(
        "DeBERTa-v3-small", "deberta-v2", *_CLASSIFIER, "DebertaV2Config",
        {
            "vocab_size": 128100, "hidden_size": 768, "num_hidden_layers": 6, "num_attention_heads": 12,
            "intermediate_size": 3072, "relative_attention": True, "position_buckets": 256,
            "norm_rel_ebd": "layer_norm", "share_att_key": True, "pos_att_type": ["p2c", "c2p"],
            "max_relative_positions": -1, "position_biased_input": False, "type_vocab_size": 0,
            "num_labels": 4,
        },
        ("torch-fp32",), _TEXT, vocabularies.unigram_tokenizer,
    ),
    Shape(
        "ESM2-8M", "esm", *_CLASSIFIER, "EsmConfig",
        {
            "vocab_size": 33, "hidden_size": 320, "num_hidden_layers": 6, "num_attention_heads": 20,
            "intermediate_size": 1280, "position_embedding_type": "rotary", "pad_token_id": 0,
            "mask_token_id": 4, "max_position_embeddings": 1026, "token_dropout": True, "num_labels": 4,
        },
        ("torch-fp32",), (Load(1, 32), Load(8, 400)), _pieces, context=1024,
    ),
    Shape(
        "ViT-base", "vit", "AutoModelForImageClassification", "image-classification", "image",
        "ViTConfig", {"num_labels": 1000}, ("torch-fp32",), (Load(1), Load(8)),
    ),
    Shape(
        "ResNet-50", "resnet", "AutoModelForImageClassification", "image-classification", "image",
        "ResNetConfig", {"num_labels": 1000}, ("torch-fp32",), (Load(1), Load(8)),
    ),
    Shape(
        "CLIP-B/32", "clip", "AutoModel", "zero-shot-image-classification", "pair",
        "CLIPConfig", {}, ("torch-fp32",), (Load(1, 16), Load(8, 16)),
    ),
    Shape(
        "whisper-tiny", "whisper", "AutoModelForSpeechSeq2Seq", "automatic-speech-recognition", "audio",
        "WhisperConfig",
        {
            "vocab_size": 51865, "d_model": 384, "encoder_layers": 4, "decoder_layers": 4,
            "encoder_attention_heads": 6, "decoder_attention_heads": 6, "encoder_ffn_dim": 1536,
            "decoder_ffn_dim": 1536, "num_mel_bins": 80,
        },
        ("torch-fp32",), (Load(1, 0, 32), Load(1, 0, 96)), _chat,
    ),
    Shape(
        "MarianMT", "marian", "AutoModelForSeq2SeqLM", "translation", "translator", "MarianConfig",
        {
            "vocab_size": 58101, "d_model": 512, "encoder_layers": 6, "decoder_layers": 6,
            "encoder_attention_heads": 8, "decoder_attention_heads": 8, "encoder_ffn_dim": 2048,
            "decoder_ffn_dim": 2048, "max_position_embeddings": 512, "pad_token_id": 58100,
            "decoder_start_token_id": 58100, "eos_token_id": 0, "scale_embedding": True,
            "static_position_embeddings": True, "activation_function": "swish",
        },
        ("torch-fp32",), (Load(1, 32, 32), Load(8, 128, 64)), vocabularies.unigram_tokenizer,
    ),
    Shape(
        "T5-small", "t5", "AutoModelForSeq2SeqLM", "translation", "translator", "T5Config",
        {
            "vocab_size": 32128, "d_model": 512, "d_kv": 64, "d_ff": 2048, "num_layers": 6, "num_heads": 8,
            "decoder_start_token_id": 0,
        },
        ("torch-fp32",), (Load(1, 32, 32), Load(8, 128, 64)), vocabularies.unigram_tokenizer,
    ),
    Shape(
        "SmolLM2-135M", "llama", *_WRITER, "LlamaConfig",
        {
            "vocab_size": 49152, "hidden_size": 576, "num_hidden_layers": 30, "num_attention_heads": 9,
            "num_key_value_heads": 3, "intermediate_size": 1536, "max_position_embeddings": 8192,
            "tie_word_embeddings": True, "bos_token_id": None, "eos_token_id": 0, "pad_token_id": None,
        },
        ("torch-fp32", "torch-bf16", "llama-q8_0", "llama-q4_k_m"), _WRITTEN, _chat, 8192,
        stored="bfloat16",
    ),
    Shape(
        "Qwen3-0.6B", "qwen3", *_WRITER, "Qwen3Config",
        {
            "vocab_size": 151936, "hidden_size": 1024, "num_hidden_layers": 28, "num_attention_heads": 16,
            "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 3072,
            "max_position_embeddings": 40960, "tie_word_embeddings": True, "bos_token_id": None,
            "eos_token_id": 0, "pad_token_id": None,
        },
        ("torch-fp32", "torch-bf16", "llama-q8_0", "llama-q4_k_m"), _WRITTEN, _chat, 40960,
        stored="bfloat16",
    ),
)  # fmt: skip


HELD_OUT = (
    Shape(
        "RoBERTa-base", "roberta", *_CLASSIFIER, "RobertaConfig",
        {**_bert(768, 12), "vocab_size": 50265, "max_position_embeddings": 514, "type_vocab_size": 1},
        _ENCODED, _TEXT, _pieces,
    ),
    Shape(
        "ELECTRA-small", "electra", *_CLASSIFIER, "ElectraConfig",
        {
            "vocab_size": 30522, "embedding_size": 128, "hidden_size": 256, "num_hidden_layers": 12,
            "num_attention_heads": 4, "intermediate_size": 1024, "num_labels": 4,
        },
        ("torch-fp32",), _TEXT, _pieces,
    ),
    Shape(
        "XLM-R-base", "xlm-roberta", *_CLASSIFIER, "XLMRobertaConfig",
        {**_bert(768, 12), "vocab_size": 250002, "max_position_embeddings": 514, "type_vocab_size": 1},
        ("torch-fp32",), _TEXT, vocabularies.unigram_tokenizer,
    ),
    Shape(
        "DeiT-small", "deit", "AutoModelForImageClassification", "image-classification", "image",
        "DeiTConfig",
        {"hidden_size": 384, "num_attention_heads": 6, "intermediate_size": 1536, "num_labels": 1000},
        ("torch-fp32",), (Load(1), Load(8)),
    ),
    Shape(
        "ConvNeXt-tiny", "convnext", "AutoModelForImageClassification", "image-classification", "image",
        "ConvNextConfig", {"num_labels": 1000}, ("torch-fp32",), (Load(1), Load(8)),
    ),
    Shape(
        "BART-base", "bart", "AutoModelForSeq2SeqLM", "translation", "translator", "BartConfig",
        {
            "vocab_size": 50265, "d_model": 768, "encoder_layers": 6, "decoder_layers": 6,
            "encoder_attention_heads": 12, "decoder_attention_heads": 12, "encoder_ffn_dim": 3072,
            "decoder_ffn_dim": 3072, "forced_eos_token_id": None,
        },
        ("torch-fp32",), (Load(1, 32, 32), Load(4, 128, 64)), _chat,
    ),
    Shape(
        "GPT-2", "gpt2", *_WRITER, "GPT2Config",
        {"vocab_size": 50257, "bos_token_id": None, "eos_token_id": 0, "pad_token_id": None},
        ("torch-fp32",), (Load(1, 32, 32), Load(1, 512, 32)), _chat, 1024,
    ),
    Shape(
        "Qwen2.5-0.5B", "qwen2", *_WRITER, "Qwen2Config",
        {
            "vocab_size": 151936, "hidden_size": 896, "num_hidden_layers": 24, "num_attention_heads": 14,
            "num_key_value_heads": 2, "intermediate_size": 4864, "max_position_embeddings": 32768,
            "tie_word_embeddings": True, "bos_token_id": None, "eos_token_id": 0, "pad_token_id": None,
        },
        ("torch-bf16", "llama-q8_0"), _WRITTEN, _chat, 32768, stored="bfloat16",
    ),
)  # fmt: skip
_LOOKED_AT = ("XLM-R-base", "GPT-2")
HELD_OUT = tuple(replace(each, held_out=each.name not in _LOOKED_AT) for each in HELD_OUT)
SHAPES = (*SHAPES, *HELD_OUT)
TINY = (
    Shape(
        "tiny-encoder", "bert", *_CLASSIFIER, "BertConfig",
        {
            "vocab_size": 400, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
            "intermediate_size": 64, "num_labels": 3,
        },
        ("torch-fp32", "onnx-int8"), (Load(1, 8), Load(4, 16)), _pieces,
    ),
    Shape(
        "tiny-decoder", "llama", *_WRITER, "LlamaConfig",
        {
            "vocab_size": 400, "hidden_size": 256, "num_hidden_layers": 2, "num_attention_heads": 4,
            "num_key_value_heads": 2, "intermediate_size": 512, "max_position_embeddings": 512,
            "tie_word_embeddings": True, "bos_token_id": None, "eos_token_id": 0, "pad_token_id": None,
        },
        ("torch-bf16", "llama-q8_0", "llama-q4_k_m"), (Load(1, 8, 4), Load(1, 32, 4)), _chat, 512,
        stored="bfloat16",
    ),
)  # fmt: skip


def make(shape: Shape, folder: Path) -> Path:
    """The model as a repository would hold it: configuration, safetensors, tokenizer."""
    import torch
    import transformers

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    config = getattr(transformers, shape.config_class)(**shape.config)
    config.dtype = shape.stored
    config.architectures = config.architectures or []
    before = torch.get_default_dtype()
    torch.set_default_dtype(getattr(torch, shape.stored))
    try:
        model: Any = getattr(transformers, shape.auto).from_config(config)
    finally:
        torch.set_default_dtype(before)
    if getattr(model, "generation_config", None) is not None:
        model.generation_config.forced_eos_token_id = None
    model.save_pretrained(folder)
    if shape.tokenizer is not None:
        shape.tokenizer(folder, shape.config["vocab_size"], shape.context)
    return folder
