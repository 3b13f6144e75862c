# SPDX-License-Identifier: Apache-2.0
"""The decision file alone: small, and enough to fetch and check the same model anywhere."""

from __future__ import annotations

from pathlib import Path

from selector.decide.document import SUFFIX, save
from selector.exports.base import Export, ExportRequest
from selector.exports.target import files_below, filling


def plain_name(repo: str) -> str:
    """A file's name for a repository: its own has been through the reference rules, others have not."""
    name = repo.rpartition("/")[2]
    return name if name.replace("-", "").replace("_", "").replace(".", "").isalnum() else "decision"


def _write(request: ExportRequest) -> list[Path]:
    name = plain_name(request.contestant.repo)
    with filling(request.folder) as folder:
        save(request.document, folder / f"{name}{SUFFIX}")
    return files_below(request.folder)


EXPORT = Export(
    id="decision",
    rank=10,
    title={"en": "Decision file", "fr": "Fichier de décision"},
    purpose={
        "en": "One small file: which model, pinned to its exact files, and the evidence. No model inside.",
        "fr": "Un petit fichier : quel modèle, figé à ses fichiers exacts, et les preuves. Sans le modèle.",
    },
    write=_write,
)
