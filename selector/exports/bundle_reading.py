# SPDX-License-Identifier: Apache-2.0
"""Reads a bundle from a stranger: every name and every byte is checked before anything is written."""

from __future__ import annotations

import hashlib
import json
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selector.errors import Cancelled
from selector.export_errors import BundleUnreadable
from selector.exports.bundle_manifest import (
    BLOB,
    DECISION,
    MANIFEST,
    MANIFEST_BYTES,
    Manifest,
    manifest_from_json,
)

BLOCK = 1 << 20
_MOST_MEMBERS = 20_000
_FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError)
Progress = Callable[[int, int], None]


class Bundle:
    """An open bundle whose names have been checked; ``verify`` checks the bytes."""

    def __init__(self, archive: zipfile.ZipFile, manifest: Manifest, path: str) -> None:
        self._archive = archive
        self._path = path
        self.manifest = manifest

    @property
    def total_bytes(self) -> int:
        """Of all contents."""
        return sum(size for _, size in self.manifest.members().values())

    def verify(self, progress: Progress, cancelled: Callable[[], bool]) -> None:
        """Hash every member; writes nothing. Raises BundleUnreadable, Cancelled."""
        done, total = 0, self.total_bytes
        for name in self.manifest.members():
            for block in self.blocks(name, cancelled):
                done += len(block)
                progress(done, total)

    def blocks(self, name: str, cancelled: Callable[[], bool]) -> Iterator[bytes]:
        """A member's bytes; the last is followed by a check of size and hash.

        Raises BundleUnreadable, Cancelled.
        """
        sha256, size = self.manifest.members()[name]
        digest, read = hashlib.sha256(), 0
        try:
            with self._archive.open(name) as member:
                while block := member.read(BLOCK):
                    if cancelled():
                        raise Cancelled
                    read += len(block)
                    digest.update(block)
                    yield block
        except _FAULTS as error:
            raise BundleUnreadable(path=self._path, reason="damaged", name=name) from error
        if read != size or digest.hexdigest() != sha256:
            raise BundleUnreadable(path=self._path, reason="damaged", name=name)


@contextmanager
def opened(path: Path) -> Iterator[Bundle]:
    """Open a bundle and check its manifest and all names in it. Raises BundleUnreadable."""
    if not path.is_file():
        raise BundleUnreadable(path=str(path), reason="missing")
    try:
        file = path.open("rb")
    except OSError as error:
        raise BundleUnreadable(path=str(path), reason="permission") from error
    with file:
        try:
            archive = zipfile.ZipFile(file)
        except (*_FAULTS, OSError) as error:
            raise BundleUnreadable(path=str(path), reason="not_bundle") from error
        with archive:
            yield Bundle(archive, _checked(archive, path), str(path))


def _checked(archive: zipfile.ZipFile, path: Path) -> Manifest:
    """Names, kinds and sizes, from the archive's own list. Raises BundleUnreadable."""
    infos = archive.infolist()
    if len(infos) > _MOST_MEMBERS:
        raise BundleUnreadable(path=str(path), reason="too_large")
    seen: set[str] = set()
    for info in infos:
        # The name as it is in the file: zipfile cuts one at a zero byte.
        name = info.orig_filename
        if name != MANIFEST and not BLOB.fullmatch(name) and not DECISION.fullmatch(name):
            raise BundleUnreadable(path=str(path), reason="unsafe_path", name=name[:100])
        if name in seen:
            raise BundleUnreadable(path=str(path), reason="twice", name=name[:100])
        seen.add(name)
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in {0, stat.S_IFREG}:
            raise BundleUnreadable(path=str(path), reason="link", name=name[:100])
        # Nothing is packed, so that nothing can swell, and members cannot share their bytes.
        if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
            raise BundleUnreadable(path=str(path), reason="packed", name=name[:100])
        if info.flag_bits & 0x1:
            raise BundleUnreadable(path=str(path), reason="packed", name=name[:100])
    if sum(info.file_size for info in infos) > path.stat().st_size:
        raise BundleUnreadable(path=str(path), reason="packed", name="")
    manifest = manifest_from_json(_manifest(archive, path), str(path))
    members = manifest.members()
    if missing := sorted(set(members) - seen):
        raise BundleUnreadable(path=str(path), reason="missing_file", name=missing[0])
    if unlisted := sorted(seen - set(members) - {MANIFEST}):
        raise BundleUnreadable(path=str(path), reason="unlisted", name=unlisted[0])
    for info in infos:
        if info.filename != MANIFEST and members[info.filename][1] != info.file_size:
            raise BundleUnreadable(path=str(path), reason="damaged", name=info.filename)
    return manifest


def _manifest(archive: zipfile.ZipFile, path: Path) -> Any:
    try:
        if archive.getinfo(MANIFEST).file_size > MANIFEST_BYTES:
            raise BundleUnreadable(path=str(path), reason="too_large")
        return json.loads(archive.read(MANIFEST).decode("utf-8"))
    except KeyError as error:
        raise BundleUnreadable(path=str(path), reason="bundle_format") from error
    except (*_FAULTS, RecursionError) as error:
        raise BundleUnreadable(path=str(path), reason="damaged", name=MANIFEST) from error
