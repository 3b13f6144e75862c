# SPDX-License-Identifier: Apache-2.0
"""A contestant pinned file by file: paths that stay inside, SHA-256, size. No numpy."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from selector.errors import DamagedFile, NotDownloaded
from selector.trial.measurement import Contestant

_SHA256 = re.compile(r"[0-9a-f]{64}")
_RESERVED = re.compile(r'[<>:"|?*\\\x00-\x1f\x7f]')


def pinned(contestant: Contestant) -> dict[str, Any]:
    """The ``contestant`` part of a document. Raises NotDownloaded when a hash cannot be known."""
    return {
        "ref": contestant.ref,
        "repo": contestant.repo,
        "revision": contestant.revision,
        "engine": contestant.engine,
        "precision": contestant.precision,
        "parameters": contestant.parameters,
        "download_bytes": contestant.download_bytes,
        "files": [
            {"path": path, "sha256": _hash(contestant, path, promised), "size": size}
            for path, promised, size in contestant.files
        ],
    }


def _hash(contestant: Contestant, path: str, promised: str) -> str:
    """The promised hash; the Hub promises none for small files, so those are read."""
    if _SHA256.fullmatch(promised):
        return promised
    try:
        return file_sha256(Path(contestant.folder) / path)
    except OSError:
        raise NotDownloaded(repo=contestant.repo, file=path) from None


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify_file(path: Path, sha256: str, size: int) -> None:
    """Raises DamagedFile when the file is not the pinned one, OSError when it is not there."""
    if path.stat().st_size != size or file_sha256(path) != sha256:
        raise DamagedFile(file=path.name)


def safe_path(path: str) -> bool:
    """Whether a repository's file name stays inside any folder on any platform."""
    pure = PurePosixPath(path)
    parts = path.split("/")
    return (
        not pure.is_absolute()
        and _RESERVED.search(path) is None
        and all(part not in {"", ".", ".."} and part == part.rstrip(". ") for part in parts)
    )


def contestant_of(document: Mapping[str, Any], folder: Path | str) -> Contestant | None:
    """The chosen contestant of a checked document, with its files in ``folder``; None without one."""
    part = document["contestant"]
    if part is None:
        return None
    return Contestant(
        ref=part["ref"],
        repo=part["repo"],
        revision=part["revision"],
        engine=part["engine"],
        precision=part["precision"],
        folder=str(folder),
        parameters=part["parameters"],
        download_bytes=part["download_bytes"],
        files=tuple((x["path"], x["sha256"], x["size"]) for x in part["files"]),
        licence=document["licence"]["id"],
    )
