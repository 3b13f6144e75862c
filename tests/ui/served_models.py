# SPDX-License-Identifier: Apache-2.0
"""Repositories that the loopback Hub of these tests serves: the sample's weights under other cards."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path

from selector.desk.sample import sample_models
from tests.loopback_hub import Repository

BANKING = "bank/intents-nano"
RESEARCH = "lab/intents-research-only"
GIANT = "giant/two-trillion-weights"
PICKLED = "old/pickle-only"


def _card(folder: Path, licence: str) -> None:
    front = f"license: {licence}\nlanguage: [en, fr]\nlibrary_name: transformers"
    text = f"---\n{front}\npipeline_tag: text-classification\n---\n# {folder.name}\n"
    (folder / "README.md").write_text(text, encoding="utf-8")


def _trained(folder: Path, size: str, licence: str) -> Path:
    shutil.copytree(sample_models() / "petit-sample" / f"bank-messages-{size}", folder)
    _card(folder, licence)
    return folder


def _giant(folder: Path) -> Path:
    """Weights whose header promises more than any machine holds; they are never downloaded."""
    _trained(folder, "nano", "mit")
    count = 2 * 10**12
    entry = {"dtype": "F32", "shape": [count], "data_offsets": [0, 4 * count]}
    header = json.dumps({"weight": entry}).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    return folder


def _pickled(folder: Path) -> Path:
    _trained(folder, "nano", "mit")
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04K\x01.")
    return folder


def repositories(root: Path) -> list[Repository]:
    """Three classifiers that run here, one too big for any machine, one that must not be loaded."""
    return [
        Repository(BANKING, _trained(root / "nano", "nano", "apache-2.0"), downloads=5_321),
        Repository("bank/intents-small", _trained(root / "small", "small", "mit"), downloads=90),
        Repository(RESEARCH, _trained(root / "research", "nano", "cc-by-nc-4.0"), downloads=40),
        Repository(GIANT, _giant(root / "giant"), downloads=4_100_000),
        Repository(PICKLED, _pickled(root / "pickled"), downloads=7),
    ]
