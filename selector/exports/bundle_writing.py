# SPDX-License-Identifier: Apache-2.0
"""Writes a bundle: one file with models, their decisions and a SHA-256 of everything, or no file."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from selector.decide.seal import sealed
from selector.errors import Cancelled, NotDownloaded, NotEnoughDisk, TargetExists, TargetNotWritable
from selector.export_errors import PinnedFileDiffers
from selector.exports.bundle_manifest import (
    MANIFEST,
    BundledFile,
    BundledModel,
    Manifest,
)
from selector.hub.storage import RESERVE_BYTES, free_bytes
from selector.trial.measurement import Contestant

BLOCK = 1 << 20
Progress = Callable[[int, int], None]
"""Bytes done, and of how many."""


def write_bundle(
    chosen: Sequence[tuple[Contestant, Mapping[str, Any]]],
    target: Path,
    progress: Progress,
    cancelled: Callable[[], bool],
) -> Manifest:
    """Pack contestants, each with its decision document, into ``target``.

    Every file is hashed while it is copied; one that is not the pinned one ends it. Raises TargetExists,
    TargetNotWritable, NotEnoughDisk, NotDownloaded, PinnedFileDiffers, Cancelled.
    """
    target = target.absolute()
    manifest, sources, texts = _plan(chosen)
    total = sum(size for _, size in manifest.members().values())
    try:
        if target.is_symlink() or target.exists():
            raise TargetExists(path=str(target))
        target.parent.mkdir(parents=True, exist_ok=True)
        if (have := free_bytes(target.parent)) < total + RESERVE_BYTES:
            raise NotEnoughDisk(need_bytes=total, have_bytes=have, path=str(target.parent))
        with tempfile.NamedTemporaryFile(
            dir=target.parent, prefix=f".{target.name}.", delete=False
        ) as file:
            temporary = Path(file.name)
            try:
                with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                    _text(archive, MANIFEST, json.dumps(manifest.to_json(), indent=1).encode())
                    for name, text in texts.items():
                        _text(archive, name, text)
                    done = 0
                    for repo, member, source, path in sources:
                        done = _blob(
                            archive, repo, member, source, path, done, total, progress, cancelled
                        )
                file.close()
                temporary.chmod(0o644)
                temporary.rename(target)
            finally:
                temporary.unlink(missing_ok=True)
    except OSError as error:
        raise TargetNotWritable(path=str(target), detail=str(error)) from error
    return manifest


Source = tuple[str, BundledFile, Path, str]


def _plan(
    chosen: Sequence[tuple[Contestant, Mapping[str, Any]]],
) -> tuple[Manifest, list[Source], dict[str, bytes]]:
    """The manifest, the files to read (each content once), and the decisions by name."""
    models: dict[tuple[str, str], dict[str, BundledFile]] = {}
    sources: dict[str, Source] = {}
    texts: dict[str, bytes] = {}
    for number, (contestant, document) in enumerate(chosen, 1):
        files = models.setdefault((contestant.repo, contestant.revision), {})
        for path, sha256, size in contestant.files:
            file = BundledFile(path, sha256, size)
            files[path] = file
            real = (Path(contestant.folder) / path).resolve()
            sources.setdefault(sha256, (contestant.repo, file, real, path))
        name = f"decisions/{number}-{contestant.repo.rpartition('/')[2][:80]}.petit.json"
        texts[name] = json.dumps(sealed(document), ensure_ascii=False, indent=2).encode()
    manifest = Manifest(
        tuple(
            BundledModel(repo, revision, tuple(files.values()))
            for (repo, revision), files in models.items()
        ),
        tuple(
            BundledFile(name, hashlib.sha256(text).hexdigest(), len(text))
            for name, text in texts.items()
        ),
    )
    return manifest, list(sources.values()), texts


def _member(name: str, size: int) -> zipfile.ZipInfo:
    """The same bytes every time: no date, no owner."""
    info = zipfile.ZipInfo(name)
    info.external_attr = 0o644 << 16
    info.file_size = size
    return info


def _text(archive: zipfile.ZipFile, name: str, text: bytes) -> None:
    archive.writestr(_member(name, len(text)), text)


def _blob(
    archive: zipfile.ZipFile,
    repo: str,
    file: BundledFile,
    source: Path,
    path: str,
    done: int,
    total: int,
    progress: Progress,
    cancelled: Callable[[], bool],
) -> int:
    """Copy one content; gives the bytes done so far."""
    if not source.is_file():
        raise NotDownloaded(repo=repo, file=path)
    digest, copied = hashlib.sha256(), 0
    info = _member(f"blobs/{file.sha256}", file.size)
    with source.open("rb") as opened, archive.open(info, "w", force_zip64=True) as member:
        while block := opened.read(BLOCK):
            if cancelled():
                raise Cancelled
            digest.update(block)
            member.write(block)
            copied += len(block)
            progress(done + copied, total)
    if digest.hexdigest() != file.sha256 or copied != file.size:
        raise PinnedFileDiffers(repo=repo, file=path)
    return done + copied
