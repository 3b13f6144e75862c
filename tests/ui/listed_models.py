"""Candidates as a search gives them, made from answers of the Hub: with facts, forms and an order."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from selector import registry
from selector.fit.predict import predict
from selector.hub.candidate import Candidate
from selector.hub.judge import Row, candidate_of, row_of
from selector.hub.ranking import rank
from selector.hub.siblings import group
from tests.ui.made_candidates import SHA
from tests.ui.made_machines import make_machine
from tests.ui.prepared import TASK

MB = 1_000_000


def bert(layers: int, width: int, parameters: int) -> dict[str, Any]:
    config = {
        "architectures": ["BertForSequenceClassification"], "model_type": "bert", "hidden_size": width,
        "num_hidden_layers": layers, "num_attention_heads": 2, "vocab_size": 30522,
        "max_position_embeddings": 512, "id2label": {"0": "lost", "1": "rate"},
    }  # fmt: skip
    return {
        "config": config,
        "safetensors": {"parameters": {"F32": parameters}, "total": parameters},
    }


def answer(repo: str, *names: str, **fields: Any) -> dict[str, Any]:
    size = 4 * fields.get("safetensors", {}).get("total", MB)
    shares = {"int8": 0.26, "q4": 0.2, "Q4_K_M": 0.16, "Q8_0": 0.27, "fp16": 0.5}
    siblings = []
    for name in ("README.md", "config.json", "tokenizer.json", *names):
        weights = name.endswith((".safetensors", ".onnx", ".gguf", ".bin"))
        share = next((part for mark, part in shares.items() if mark in name), 1.0)
        siblings.append({"rfilename": name, "size": round(size * share) if weights else 900})
    base = {
        "id": repo, "sha": SHA, "siblings": siblings, "gated": False, "pipeline_tag": TASK,
        "library_name": "transformers", "lastModified": "2026-08-01T10:00:00.000Z",
        "createdAt": "2025-02-01T10:00:00.000Z", "downloads": 1000, "likes": 12,
        "cardData": {"license": "apache-2.0", "language": ["en"]},
    }  # fmt: skip
    return {**base, **fields}


def answers() -> list[dict[str, Any]]:
    claims = [{
        "results": [{
            "dataset": {"name": "banking77"},
            "metrics": [{"type": "accuracy", "value": 0.93}, {"type": "f1", "value": 0.92}],
        }]
    }]  # fmt: skip
    card = {
        "license": "apache-2.0", "language": ["en", "fr"], "datasets": ["banking77"],
        "base_model": "microsoft/MiniLM-L12", "co2_eq_emissions": 40.5,
    }  # fmt: skip
    gguf = {
        "license": "apache-2.0",
        "base_model": "acme/mail-sorter-L6",
        "base_model_relation": "quantized",
    }
    return [
        answer(
            "acme/mail-sorter-L6", "model.safetensors", "onnx/model.onnx", "onnx/model_int8.onnx",
            "pytorch_model.bin", cardData=card, downloads=52_000, **bert(6, 384, 22 * MB),
            **{"model-index": claims},
        ),
        answer("acme/mail-sorter-L12", "model.safetensors", downloads=31_000, **bert(12, 384, 33 * MB)),
        answer(
            "who/mail-sorter-L6-GGUF", "mail-sorter-Q4_K_M.gguf", "mail-sorter-Q8_0.gguf",
            cardData=gguf, tags=["base_model:quantized:acme/mail-sorter-L6"], downloads=90,
            gguf={"total": 22 * MB, "architecture": "bert", "context_length": 512},
        ),
        answer(
            "acme/mail-sorter-with-a-rather-long-name-large-multilingual-v2", "model.safetensors",
            cardData={"license": "other", "license_name": "llama3.1", "license_link": "https://example.org/licence"},
            gated="manual", downloads=800_000, **bert(24, 1024, 355 * MB),
        ),
        answer(
            "old/pickled", "pytorch_model.bin", cardData={}, downloads=10,
            securityRepoStatus={"scansDone": True, "filesWithIssues": [{"path": "pytorch_model.bin", "level": "unsafe"}]},
        ),
    ]  # fmt: skip


def listed() -> tuple[Candidate, ...]:
    """Four candidates, best first; the GGUF repository is a form of the first."""
    rows: list[Row] = [row_of(raw) for raw in answers()]
    engines = {"torch": registry.engine("torch")}
    task, machine = registry.task(TASK), make_machine()
    kept, _ = group(rows)
    found = [candidate_of(row, task, machine, engines, predict) for row in kept]
    return tuple(rank(found, now=datetime(2026, 11, 20, tzinfo=UTC)))
