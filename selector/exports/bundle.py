# SPDX-License-Identifier: Apache-2.0
"""One file with the model and its decision, for a machine without a network: ``petit import`` takes it."""

from __future__ import annotations

from pathlib import Path

from selector.decide.document import check
from selector.exports.base import Export, ExportRequest
from selector.exports.bundle_writing import write_bundle
from selector.exports.decision import plain_name
from selector.exports.target import files_below, filling

SUFFIX = ".petit-bundle"


def _write(request: ExportRequest) -> list[Path]:
    check(request.document, str(request.folder))
    chosen = [(request.contestant, request.document)]
    name = f"{plain_name(request.contestant.repo)}{SUFFIX}"
    with filling(request.folder) as folder:
        write_bundle(chosen, folder / name, lambda _done, _total: None, lambda: False)
    return files_below(request.folder)


EXPORT = Export(
    id="bundle",
    rank=70,
    title={
        "en": "Bundle for a machine without a network",
        "fr": "Paquet pour une machine sans réseau",
    },
    purpose={
        "en": "One file with the model and the decision, every file by its SHA-256. Open it there with: petit import.",
        "fr": "Un fichier avec le modèle et la décision, chaque fichier par son SHA-256. Là-bas : petit import.",
    },
    write=_write,
    suits=lambda _task, engine: engine != "endpoint",
)
