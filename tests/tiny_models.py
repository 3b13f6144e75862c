# SPDX-License-Identifier: Apache-2.0
"""Real models of real architectures with few weights, made on the spot and saved as repositories."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

WORDS = [
    *(
        "my",
        "card",
        "is",
        "lost",
        "the",
        "not",
        "here",
        "where",
        "how",
        "do",
        "i",
        "get",
        "a",
        "refund",
    ),
    *("please", "merci", "bonjour", "carte", "perdue", "je", "veux"),
]


def _tokenizer(folder: Path, decoder: bool = False) -> int:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = [f"##{c}" for c in "abcdefghijklmnopqrstuvwxyz"] + list(
        "abcdefghijklmnopqrstuvwxyz.,!?"
    )
    vocabulary = {word: i for i, word in enumerate([*special, *dict.fromkeys([*WORDS, *letters])])}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    if not decoder:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]",
            pair="[CLS] $A [SEP] $B:1 [SEP]:1",
            special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
        )
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": 64,
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "mask_token": "[MASK]",
    }
    if decoder:
        config["eos_token"] = "[SEP]"
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return len(vocabulary)


def _card(folder: Path, tag: str, licence: str = "apache-2.0") -> None:
    front = f"---\nlicense: {licence}\nlanguage: [en]\npipeline_tag: {tag}\nlibrary_name: transformers\n---\n"
    (folder / "README.md").write_text(f"{front}# {folder.name}\nRandom weights, for tests.\n")


def make_classifier(
    folder: Path,
    labels: Sequence[str] = ("lost_card", "refund", "other"),
    hidden: int = 32,
    seed: int = 0,
) -> Path:
    """A BERT classifier with random weights."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=_tokenizer(folder),
        hidden_size=hidden,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=hidden * 2,
        max_position_embeddings=64,
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
        initializer_range=0.3,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    _card(folder, "text-classification")
    return folder


def make_encoder(folder: Path, hidden: int = 32, seed: int = 0) -> Path:
    """A BERT encoder without a head."""
    import torch
    from transformers import BertConfig, BertModel

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=_tokenizer(folder),
        hidden_size=hidden,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=hidden * 2,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(folder)
    _card(folder, "feature-extraction")
    return folder


def make_masked(folder: Path, hidden: int = 32, seed: int = 0) -> Path:
    """A BERT that fills gaps, with random weights."""
    import torch
    from transformers import BertConfig, BertForMaskedLM

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=_tokenizer(folder),
        hidden_size=hidden,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=hidden * 2,
        max_position_embeddings=64,
        initializer_range=0.3,
    )
    BertForMaskedLM(config).save_pretrained(folder)
    _card(folder, "fill-mask")
    return folder


def make_rewriter(folder: Path, hidden: int = 32, seed: int = 0) -> Path:
    """A BART with random weights, declared for summaries; it never stops by itself for long."""
    import torch
    from transformers import BartConfig, BartForConditionalGeneration

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    config = BartConfig(
        vocab_size=_tokenizer(folder),
        d_model=hidden,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=hidden * 2,
        decoder_ffn_dim=hidden * 2,
        max_position_embeddings=64,
        pad_token_id=0,
        bos_token_id=2,
        eos_token_id=3,
        decoder_start_token_id=2,
        forced_eos_token_id=None,
        init_std=0.3,
    )
    BartForConditionalGeneration(config).save_pretrained(folder)
    _card(folder, "summarization")
    return folder


def make_decoder(folder: Path, hidden: int = 32, seed: int = 0, layers: int = 2) -> Path:
    """A Llama decoder with random weights; it never stops by itself for long."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=_tokenizer(folder, decoder=True),
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=2,
        num_key_value_heads=2,
        intermediate_size=hidden * 2,
        max_position_embeddings=2048,
        bos_token_id=2,
        eos_token_id=None,
        pad_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    _card(folder, "text-generation")
    return folder


def make_tagger(
    folder: Path,
    tags: Sequence[str] = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC"),
    hidden: int = 32,
    seed: int = 0,
) -> Path:
    """A BERT that tags tokens, with random weights."""
    import torch
    from transformers import BertConfig, BertForTokenClassification

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=_tokenizer(folder),
        hidden_size=hidden,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=hidden * 2,
        max_position_embeddings=64,
        num_labels=len(tags),
        id2label=dict(enumerate(tags)),
        label2id={tag: i for i, tag in enumerate(tags)},
        initializer_range=0.3,
    )
    BertForTokenClassification(config).save_pretrained(folder)
    _card(folder, "token-classification")
    return folder


def _bert(folder: Path, name: str, hidden: int, seed: int, tag: str, **more: Any) -> Path:
    """A BERT of one kind with random weights."""
    import torch
    import transformers

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    config = transformers.BertConfig(
        vocab_size=_tokenizer(folder),
        hidden_size=hidden,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=hidden * 2,
        max_position_embeddings=64,
        initializer_range=0.3,
        **more,
    )
    getattr(transformers, name)(config).save_pretrained(folder)
    _card(folder, tag)
    return folder


def make_inference(
    folder: Path,
    labels: Sequence[str] = ("contradiction", "neutral", "entailment"),
    hidden: int = 32,
    seed: int = 0,
) -> Path:
    """A BERT that says whether one text implies another, with random weights."""
    names = {"id2label": dict(enumerate(labels)), "label2id": {x: i for i, x in enumerate(labels)}}
    kind, tag = "BertForSequenceClassification", "zero-shot-classification"
    return _bert(folder, kind, hidden, seed, tag, num_labels=len(labels), **names)


def make_ranker(folder: Path, hidden: int = 32, seed: int = 0) -> Path:
    """A BERT that gives one score to two texts, with random weights."""
    kind = "BertForSequenceClassification"
    return _bert(folder, kind, hidden, seed, "text-ranking", num_labels=1)


def make_answerer(folder: Path, hidden: int = 32, seed: int = 0) -> Path:
    """A BERT that points at an answer in a text, with random weights."""
    return _bert(folder, "BertForQuestionAnswering", hidden, seed, "question-answering")


def make_translator(folder: Path, hidden: int = 32, seed: int = 0) -> Path:
    """A BART with random weights, declared for translation between two languages."""
    make_rewriter(folder, hidden, seed)
    _card(folder, "translation")
    return folder


def make_image_classifier(
    folder: Path, labels: Sequence[str] = ("disc", "door", "other"), seed: int = 0
) -> Path:
    """A vision transformer with random weights, for pictures of 16 by 16 points."""
    import torch
    from transformers import ViTConfig, ViTForImageClassification

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    config = ViTConfig(
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        image_size=16,
        patch_size=8,
        num_labels=len(labels),
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
        initializer_range=0.3,
    )
    ViTForImageClassification(config).save_pretrained(folder)
    reading = {
        "image_processor_type": "ViTImageProcessor",
        "do_resize": True,
        "size": {"height": 16, "width": 16},
        "do_rescale": True,
        "do_normalize": True,
        "image_mean": [0.5, 0.5, 0.5],
        "image_std": [0.5, 0.5, 0.5],
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(reading))
    _card(folder, "image-classification")
    return folder


def make_speech(folder: Path, seed: int = 0) -> Path:
    """A wav2vec with random weights that names a letter for each moment."""
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    signs = ["<pad>", "<s>", "</s>", "<unk>", "|", *"abcdefgh"]
    config = Wav2Vec2Config(
        vocab_size=len(signs),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        conv_dim=(8, 8),
        conv_stride=(40, 8),
        conv_kernel=(80, 8),
        num_feat_extract_layers=2,
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
        pad_token_id=0,
        initializer_range=0.5,
    )
    Wav2Vec2ForCTC(config).save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps({sign: i for i, sign in enumerate(signs)}))
    special = {"pad_token": "<pad>", "unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"}
    spelling = {"tokenizer_class": "Wav2Vec2CTCTokenizer", "word_delimiter_token": "|", **special}
    (folder / "tokenizer_config.json").write_text(json.dumps(spelling))
    hearing = {
        "feature_extractor_type": "Wav2Vec2FeatureExtractor",
        "feature_size": 1,
        "sampling_rate": 16000,
        "padding_value": 0.0,
        "do_normalize": True,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(hearing))
    _card(folder, "automatic-speech-recognition")
    return folder


def make_listener(folder: Path, seed: int = 0) -> Path:
    """A Whisper with random weights, which writes what it hears."""
    import torch
    from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    config = WhisperConfig(
        vocab_size=_tokenizer(folder, decoder=True),
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        max_target_positions=24,
        pad_token_id=0,
        bos_token_id=2,
        eos_token_id=3,
        decoder_start_token_id=2,
        suppress_tokens=[],
        begin_suppress_tokens=[],
        init_std=0.3,
    )
    WhisperForConditionalGeneration(config).save_pretrained(folder)
    WhisperFeatureExtractor(feature_size=80).save_pretrained(folder)
    _card(folder, "automatic-speech-recognition")
    return folder
