# SPDX-License-Identifier: Apache-2.0
"""Repositories of one family for the loopback Hub: in several forms, gated, and unsafe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from selector.hub.architecture import Support, key_of, version
from selector.store.architectures import remember_architecture
from selector.store.database import Database
from tests.hub.conftest import folder
from tests.hub.gguf_files import model
from tests.loopback_hub import Repository

L6, L12 = "acme/mail-sorter-L6", "acme/mail-sorter-L12"
GGUF = "who/mail-sorter-L6-GGUF"
GATED = "acme/mail-sorter-gated"
UNSAFE = "old/mail-sorter-pickled"


def bert(layers: int) -> dict[str, Any]:
    """A configuration of one width."""
    return {
        "architectures": ["BertForSequenceClassification"], "model_type": "bert", "hidden_size": 32,
        "num_hidden_layers": layers, "num_attention_heads": 2, "vocab_size": 100,
        "id2label": {"0": "lost", "1": "rate"},
    }  # fmt: skip


def names_of(config: dict[str, Any]) -> dict[str, Any]:
    """What the Hub itself tells of a configuration."""
    return {key: config[key] for key in ("architectures", "model_type")}


def weights(layers: int) -> int:
    """How many weights the files of a model with so many layers hold."""
    return 5000 * layers


def _card(licence: str) -> str:
    tags = "library_name: transformers\npipeline_tag: text-classification"
    return f"{tags}\nlanguage: en\nlicense: {licence}"


def family(root: Path) -> list[Repository]:
    """One model in many forms, a larger one, one with terms, and one that is only a pickle."""
    onnx = dict.fromkeys(("onnx/model.onnx", "onnx/model_int8.onnx"), b"\x08\x08" * 9000)
    pickle = {"pytorch_model.bin": b"\x80\x04K\x01."}
    forms = folder(
        root / "L6",
        {**onnx, **pickle},
        card=_card("apache-2.0"),
        config=bert(6),
        weights=4 * weights(6),
    )
    larger = folder(root / "L12", card=_card("mit"), config=bert(12), weights=4 * weights(12))
    terms = _card("other") + "\nlicense_name: acme-1\nlicense_link: https://example.org/terms"
    gated = folder(root / "gated", card=terms, config=bert(3), weights=4 * weights(3))
    unsafe = folder(root / "pickled", pickle, card=_card("mit"), config=bert(2), weights=0)
    base = f"base_model: {L6}\nbase_model_relation: quantized"
    packed = root / "gguf"
    packed.mkdir()
    (packed / "mail-sorter-Q4_K_M.gguf").write_bytes(model("bert", weights=weights(6)))
    (packed / "README.md").write_text(f"---\n{_card('apache-2.0')}\n{base}\n---\n# Packed\n")
    return [
        Repository(L6, forms, downloads=900),
        Repository(L12, larger, downloads=800),
        Repository(GATED, gated, downloads=700, gated="manual"),
        Repository(UNSAFE, unsafe, downloads=5, unsafe_files={"pytorch_model.bin": "unsafe"}),
        Repository(GGUF, packed, downloads=50),
    ]


def keep_built(database: Database, config: dict[str, Any], parameters: int) -> None:
    """As if this configuration had been built before, which takes seconds."""
    answer = Support("runs", parameters, config["architectures"][0])
    remember_architecture(database, key_of(config, version()), answer.to_json())
