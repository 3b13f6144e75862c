"""Trains the sample's tokenizers and classifiers from nothing, and measures the saved files."""

from __future__ import annotations

import json
import math
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from sample_text import INTENTS, Message, Noise, fold
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.pipeline import make_union
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from tokenizers.trainers import BpeTrainer
from torch.nn import functional
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    BertConfig,
    BertForSequenceClassification,
)

MAX_TOKENS = 64
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]


@dataclass(frozen=True)
class Recipe:
    """The shape of one model and how it is trained."""

    name: str
    vocabulary: int
    width: int
    layers: int
    heads: int
    inner: int
    epochs: int
    rate: float
    dropout: float
    smoothing: float = 0.1
    piece_dropout: float = 0.1
    taught: float = 1.0  # the share of a line's target that is the teacher's opinion
    splices: float = 1.0  # spliced lines, known by the teacher's opinion alone, per line
    batch: int = 48
    free_weight: int = 3  # how often a free line is seen for one sight of a generated one
    seed: int = 7


def train_tokenizer(texts: list[str], size: int) -> Tokenizer:
    """Train a byte-pair tokenizer that ignores case and accents."""
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace("’", "'"),
            normalizers.NFKD(),
            normalizers.StripAccents(),
            normalizers.Lowercase(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.BPEDecoder(suffix="</w>")
    trainer = BpeTrainer(
        vocab_size=size,
        min_frequency=1,
        special_tokens=SPECIAL,
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    start, end = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", start), ("[SEP]", end)],
    )
    return tokenizer


def new_model(recipe: Recipe, vocabulary: int) -> BertForSequenceClassification:
    """Build an untrained model of the recipe's shape."""
    torch.manual_seed(recipe.seed)
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=recipe.width,
        num_hidden_layers=recipe.layers,
        num_attention_heads=recipe.heads,
        intermediate_size=recipe.inner,
        max_position_embeddings=MAX_TOKENS,
        type_vocab_size=2,
        hidden_dropout_prob=recipe.dropout,
        attention_probs_dropout_prob=0.1,
        classifier_dropout=recipe.dropout,
        initializer_range=0.04,
        pad_token_id=0,
        id2label=dict(enumerate(INTENTS)),
        label2id={label: index for index, label in enumerate(INTENTS)},
        problem_type="single_label_classification",
    )
    model = BertForSequenceClassification(config)
    with torch.no_grad():  # words first: where they stand matters little at the start
        model.bert.embeddings.position_embeddings.weight.mul_(0.1)
    return model


def pad(rows: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Return token ids of one width, and the mask of the real ones."""
    wide = max(len(row) for row in rows)
    ids = torch.tensor([row + [0] * (wide - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (wide - len(row)) for row in rows])
    return ids, mask


def predict(
    model: torch.nn.Module, tokenizer: Tokenizer, texts: list[str], batch: int = 64
) -> torch.Tensor:
    """Return the logits of the texts, without noise."""
    model.eval()
    rows = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    parts = []
    with torch.no_grad():
        for start in range(0, len(rows), batch):
            ids, mask = pad([row[:MAX_TOKENS] for row in rows[start : start + batch]])
            parts.append(model(input_ids=ids, attention_mask=mask).logits)
    return torch.cat(parts)


class Teacher:
    """A linear model over word and letter n-grams: it generalises well from few lines.

    It is far too broad to be kept (every n-gram is a column), so its opinions on many noisy and
    spliced lines are taught to the small networks instead.
    """

    def __init__(self, train: list[Message], noise: Noise, free_weight: int, seed: int) -> None:
        rng = random.Random(seed)
        texts = [m.text for m in train] + [noise.apply(m, rng) for m in train]
        weights = [float(free_weight if m.free else 1) for m in train]
        self.reader = make_union(
            TfidfVectorizer(preprocessor=fold, ngram_range=(1, 2), sublinear_tf=True),
            TfidfVectorizer(
                preprocessor=fold,
                analyzer="char_wb",
                ngram_range=(2, 5),
                sublinear_tf=True,
                min_df=2,
            ),
        )
        labels = [INTENTS.index(m.label) for m in train]
        self.judge = LogisticRegression(C=10.0, max_iter=100)
        self.judge.fit(self.reader.fit_transform(texts), labels * 2, weights * 2)

    def opinions(self, texts: list[str]) -> torch.Tensor:
        """Return the probabilities of every intent, in the order of ``INTENTS``."""
        found = self.judge.predict_proba(self.reader.transform(texts))
        return torch.tensor(found, dtype=torch.float32)


def splice(lines: list[str], rng: random.Random) -> str:
    """Return a run of words of one line, at times followed by one of another line."""
    parts = []
    for _ in range(rng.choice((1, 1, 2))):
        words = rng.choice(lines).split()
        start = rng.randrange(len(words))
        parts += words[start : start + rng.randint(2, 9)]
    return " ".join(parts)


def _batches(texts: list[str], size: int, rng: random.Random) -> list[list[int]]:
    """Group lines of like length, in a random order."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]) + rng.random() * 12)
    groups = [order[i : i + size] for i in range(0, len(order), size)]
    rng.shuffle(groups)
    return groups


def train_model(
    recipe: Recipe,
    tokenizer: Tokenizer,
    train: list[Message],
    noise: Noise,
    teacher: Teacher,
) -> BertForSequenceClassification:
    """Train one model; every epoch sees a new noisy version of every line, and new splices."""
    rng = random.Random(recipe.seed)
    model = new_model(recipe, tokenizer.get_vocab_size())
    kept = {name: value.clone() for name, value in model.state_dict().items()}
    lines = [m for m in train for _ in range(recipe.free_weight if m.free else 1)]
    spliced = int(len(lines) * recipe.splices)
    sure = functional.one_hot(torch.tensor([INTENTS.index(m.label) for m in lines])).float()
    sure = sure * (1 - recipe.smoothing) + recipe.smoothing / len(INTENTS)
    steps = recipe.epochs * math.ceil((len(lines) + spliced) / recipe.batch)
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.rate, weight_decay=0.05)
    done = 0
    for _ in range(recipe.epochs):
        texts = [noise.apply(m, rng) for m in lines]
        texts += [splice(texts[: len(lines)], rng) for _ in range(spliced)]
        targets = sure
        if recipe.taught:
            targets = teacher.opinions(texts)
            targets[: len(lines)].mul_(recipe.taught).add_(sure * (1 - recipe.taught))
        tokenizer.model.dropout = recipe.piece_dropout
        rows = [encoding.ids[:MAX_TOKENS] for encoding in tokenizer.encode_batch(texts)]
        tokenizer.model.dropout = None
        model.train()
        for group in _batches(texts, recipe.batch, rng):
            ids, mask = pad([rows[i] for i in group])
            logits = model(input_ids=ids, attention_mask=mask).logits
            loss = functional.cross_entropy(logits, targets[group])
            share = done / steps
            warm = min(1.0, share / 0.06)
            for group_of in optimizer.param_groups:
                group_of["lr"] = recipe.rate * warm * (0.02 + 0.98 * (1 - share))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            done += 1
            decay = min(0.995, done / (done + 10))
            for name, value in model.state_dict().items():
                if value.is_floating_point():
                    kept[name].lerp_(value, 1 - decay)
    model.load_state_dict(kept)
    model.eval()
    return model


def save(model: BertForSequenceClassification, tokenizer: Tokenizer, folder: Path) -> None:
    """Write config, weights (16 bits, to be read as 32) and tokenizer in the usual files."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "architectures": ["BertForSequenceClassification"],
        **model.config.to_diff_dict(),
        "num_labels": None,
        "dtype": "float32",
    }
    config = {key: value for key, value in config.items() if value is not None}
    config["label2id"] = {label: index for index, label in enumerate(INTENTS)}
    config["id2label"] = {str(index): label for index, label in enumerate(INTENTS)}
    _write_json(folder / "config.json", config)
    weights = {
        name: value.half().contiguous()
        for name, value in model.state_dict().items()
        if value.is_floating_point()
    }
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    tokenizer.model.dropout = None
    (folder / "tokenizer.json").write_text(tokenizer.to_str(pretty=False), encoding="utf-8")
    names = {"pad_token": 0, "unk_token": 1, "cls_token": 2, "sep_token": 3}
    _write_json(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": MAX_TOKENS,
            "model_input_names": ["input_ids", "attention_mask"],
            "clean_up_tokenization_spaces": False,
            **{name: SPECIAL[index] for name, index in names.items()},
        },
    )


def _write_json(path: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=2)
    path.write_text(text + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Measure:
    """What a saved model scores on a set of messages."""

    parameters: int
    weight_bytes: int
    count: int
    accuracy: float
    macro_f1: float
    by_language: dict[str, tuple[int, float]]
    by_intent: dict[str, float]


def measure(folder: Path, messages: list[Message]) -> Measure:
    """Load the saved files as anyone would and measure them."""
    tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model, info = AutoModelForSequenceClassification.from_pretrained(
        folder,
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
        output_loading_info=True,
        dtype=torch.float32,
    )
    wrong = {key: value for key, value in info.items() if value}
    if wrong:
        raise ValueError(f"{folder.name} does not load cleanly: {wrong}")
    model.eval()
    found: list[str] = []
    with torch.no_grad():
        for start in range(0, len(messages), 64):
            texts = [m.text for m in messages[start : start + 64]]
            inputs = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
            best = model(**inputs).logits.argmax(dim=-1).tolist()
            found += [model.config.id2label[index] for index in best]
    truth = [m.label for m in messages]
    right = [a == b for a, b in zip(found, truth, strict=True)]

    def share(key: str, value: str) -> tuple[int, float]:
        own = [ok for ok, m in zip(right, messages, strict=True) if getattr(m, key) == value]
        return len(own), sum(own) / len(own)

    return Measure(
        parameters=sum(p.numel() for p in model.parameters()),
        weight_bytes=(folder / "model.safetensors").stat().st_size,
        count=len(messages),
        accuracy=float(accuracy_score(truth, found)),
        macro_f1=float(f1_score(truth, found, average="macro")),
        by_language={language: share("language", language) for language in ("en", "fr")},
        by_intent={intent: share("label", intent)[1] for intent in INTENTS},
    )
