# SPDX-License-Identifier: Apache-2.0
"""What a bundle says is in it: models at their commits, every file by SHA-256, and decisions. Pure.

A bundle is a ZIP whose members are stored as they are, never packed: ``manifest.json`` first, then
``blobs/<sha256>`` for each content, once, and ``decisions/<name>.petit.json``. Nothing in it may have
another name, so that no name can lead out of a folder.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from selector.errors import BadReference
from selector.export_errors import BundleUnreadable
from selector.hub.facts import COMMIT
from selector.hub.safe_path import is_safe
from selector.reference import parse_reference

FORMAT = "petit.bundle"
VERSION = 1
MANIFEST = "manifest.json"
MANIFEST_BYTES = 8 * 1024 * 1024
DECISION = re.compile(r"decisions/[0-9A-Za-z][0-9A-Za-z._-]{0,99}\.petit\.json")
BLOB = re.compile(r"blobs/[0-9a-f]{64}")
SHA256 = re.compile(r"[0-9a-f]{64}")
_MOST_MODELS, _MOST_FILES = 50, 2000
_PICKLES = {".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".h5", ".joblib", ".npy", ".py"}
"""Of these a stranger's bundle brings none: some programs run what they load from them."""


@dataclass(frozen=True, slots=True)
class BundledFile:
    """A file of a model; its content is the member ``blobs/<sha256>``."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class BundledModel:
    """A model at one commit: the files that its form needs."""

    repo: str
    revision: str
    files: tuple[BundledFile, ...]

    @property
    def ref(self) -> str:
        """``ORG/NAME@REVISION``."""
        return f"{self.repo}@{self.revision}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """All that is in a bundle."""

    models: tuple[BundledModel, ...]
    decisions: tuple[BundledFile, ...]
    """``path`` is the member's own name."""

    def members(self) -> dict[str, tuple[str, int]]:
        """SHA-256 and size of every member but the manifest, by name."""
        found = {f.path: (f.sha256, f.size) for f in self.decisions}
        for model in self.models:
            found |= {f"blobs/{f.sha256}": (f.sha256, f.size) for f in model.files}
        return found

    def to_json(self) -> dict[str, Any]:
        """The content of ``manifest.json``."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "models": [
                {
                    "repo": model.repo,
                    "revision": model.revision,
                    "files": [_file_json(file) for file in model.files],
                }
                for model in self.models
            ],
            "decisions": [_file_json(file) for file in self.decisions],
        }


def _file_json(file: BundledFile) -> dict[str, Any]:
    return {"path": file.path, "sha256": file.sha256, "size": file.size}


def manifest_from_json(data: Any, path: str) -> Manifest:
    """Read and check it: shapes, names, hashes. Raises BundleUnreadable with the reason.

    ``path`` is the bundle's, for the message.
    """
    if not isinstance(data, Mapping) or data.get("format") != FORMAT:
        raise BundleUnreadable(path=path, reason="bundle_format")
    version = data.get("version")
    if type(version) is not int or version < 1:
        raise BundleUnreadable(path=path, reason="version")
    if version > VERSION:
        raise BundleUnreadable(path=path, reason="newer")
    try:
        models = tuple(_model(each, path) for each in _list(data["models"], _MOST_MODELS))
        decisions = tuple(_file(each) for each in _list(data["decisions"], _MOST_MODELS))
    except (KeyError, TypeError, ValueError) as error:
        raise BundleUnreadable(path=path, reason="shape", where=str(error)[:100]) from error
    for file in decisions:
        if not DECISION.fullmatch(file.path):
            raise BundleUnreadable(path=path, reason="unsafe_path", name=file.path[:100])
    if not models or len({model.ref for model in models}) < len(models):
        raise BundleUnreadable(path=path, reason="shape", where="models")
    sizes: dict[str, int] = {}
    for file in (file for model in models for file in model.files):
        if sizes.setdefault(file.sha256, file.size) != file.size:
            raise BundleUnreadable(path=path, reason="shape", where="size")
    return Manifest(models, decisions)


def _list(value: Any, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise ValueError("length")
    return value


def _model(data: Any, path: str) -> BundledModel:
    repo, revision = str(data["repo"]), str(data["revision"])
    try:
        known = parse_reference(repo).repo == repo
    except BadReference:
        known = False
    if not known or not COMMIT.fullmatch(revision):
        raise BundleUnreadable(path=path, reason="unsafe_path", name=repo[:100])
    files = tuple(_file(each) for each in _list(data["files"], _MOST_FILES))
    if not files:
        raise ValueError("files")
    names: set[str] = set()
    folders: set[str] = set()
    for file in files:
        # Some systems take two spellings for one file.
        name = file.path.casefold()
        if not is_safe(file.path) or name in names:
            raise BundleUnreadable(path=path, reason="unsafe_path", name=file.path[:100])
        if PurePosixPath(name).suffix in _PICKLES:
            raise BundleUnreadable(path=path, reason="pickled", name=file.path[:100])
        names.add(name)
        folders |= {str(parent) for parent in PurePosixPath(name).parents}
    if names & folders:
        raise BundleUnreadable(path=path, reason="unsafe_path", name=min(names & folders)[:100])
    return BundledModel(repo, revision, files)


def _file(data: Any) -> BundledFile:
    path, sha256, size = data["path"], data["sha256"], data["size"]
    if not isinstance(path, str) or not isinstance(sha256, str) or not SHA256.fullmatch(sha256):
        raise ValueError("sha256")
    if type(size) is not int or size < 0:
        raise ValueError("size")
    return BundledFile(path, sha256, size)
