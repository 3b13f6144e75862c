# SPDX-License-Identifier: Apache-2.0
"""The Hugging Face cache on disk: blobs by hash, snapshots that link to them, branch names.

``models--ORG--NAME/{blobs/<hash>, snapshots/<commit>/<path> -> ../../blobs/<hash>, refs/<branch>}``:
written so that the unmodified huggingface_hub finds every file as its own.
"""

from __future__ import annotations

import errno
import os
import re
import shutil
from pathlib import Path

from selector.engines.facts import FileFact
from selector.hub.safe_path import is_safe, safe_path
from selector.reference import parse_reference

_FOLDER = re.compile(r"models--([^/\\]+)")


def repo_folder(cache: Path, repo: str) -> Path:
    """The folder of one repository. Raises BadReference."""
    return cache / f"models--{parse_reference(repo).repo.replace('/', '--')}"


def repo_of(folder: Path) -> str | None:
    """The repository whose folder this is."""
    match = _FOLDER.fullmatch(folder.name)
    return match[1].replace("--", "/", 1) if match else None


def blob_name(file: FileFact) -> str | None:
    """What the cache calls the content of ``file``."""
    return file.sha256 or file.git_sha1


def snapshot_file(folder: Path, revision: str, path: str) -> Path:
    """Where a file of a commit is. Raises UnsafePath."""
    return folder / "snapshots" / revision / safe_path(path)


def adopt(part: Path, blob: Path) -> None:
    """Make a finished part the blob: all of it or nothing, also across disks. Raises OSError."""
    blob.parent.mkdir(parents=True, exist_ok=True)
    try:
        part.replace(blob)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        temporary = blob.with_name(f"{blob.name}.{os.getpid()}.tmp")
        try:
            with part.open("rb") as source, temporary.open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
                target.flush()
                os.fsync(target.fileno())
            temporary.replace(blob)
        finally:
            temporary.unlink(missing_ok=True)
        part.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Force the names in a folder to the disk. Raises OSError."""
    if os.name == "nt":  # pragma: no cover
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def link(blob: Path, target: Path) -> None:
    """Show a blob under its name in a snapshot: a link, or where there are none a copy."""
    if target.exists() and target.samefile(blob):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{os.getpid()}.{blob.name[:16]}.link")
    temporary.unlink(missing_ok=True)
    try:
        temporary.symlink_to(os.path.relpath(blob, target.parent))
    except OSError:
        try:
            temporary.hardlink_to(blob)
        except OSError:
            shutil.copyfile(blob, temporary)
    temporary.replace(target)


def write_ref(folder: Path, branch: str, revision: str) -> None:
    """Remember which commit a branch or tag was, for offline use by name."""
    if not is_safe(branch):
        return
    target = folder / "refs" / branch
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    temporary.write_text(revision, encoding="ascii")
    temporary.replace(target)


def read_ref(folder: Path, branch: str) -> str | None:
    """The commit of a branch, as far as it is known here."""
    if not is_safe(branch):
        return None
    try:
        return (folder / "refs" / branch).read_text(encoding="ascii")[:64].strip()
    except (OSError, ValueError):
        return None
