# SPDX-License-Identifier: Apache-2.0
"""Puts a checked bundle's models into the Hugging Face cache: all of them, or nothing of them.

Contents become blobs named by their SHA-256. A commit that is new is built under a name that nobody
reads, and appears with one rename; a commit that is there already gets the files it lacks.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from selector.decide.pinned import file_sha256
from selector.errors import NotEnoughDisk, TargetNotWritable
from selector.export_errors import PinnedFileDiffers
from selector.exports.bundle_manifest import BundledModel
from selector.exports.bundle_reading import Bundle, Progress
from selector.hub.layout import link, read_ref, repo_folder, sync_folder, write_ref
from selector.hub.storage import RESERVE_BYTES, free_bytes


@dataclass(slots=True)
class _Made:
    """What was written, newest last, to be taken back."""

    files: list[Path] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)

    def undo(self) -> None:
        for path in reversed(self.files):
            path.unlink(missing_ok=True)
        for folder in reversed(self.folders):
            shutil.rmtree(folder, ignore_errors=True)


def place(
    bundle: Bundle, cache: Path, progress: Progress, cancelled: Callable[[], bool]
) -> list[tuple[BundledModel, Path]]:
    """Write all models; gives each with the folder of its commit.

    ``bundle`` has been verified; its bytes are hashed once more as they are written. Raises
    NotEnoughDisk, TargetNotWritable, PinnedFileDiffers when a file of that commit is here with
    another content, BundleUnreadable, Cancelled. Whatever it raises, the cache is as before.
    """
    _refuse_other_contents(bundle, cache)
    need, have = _missing_bytes(bundle, cache), free_bytes(cache)
    if need and have < need + RESERVE_BYTES:
        raise NotEnoughDisk(need_bytes=need, have_bytes=have, path=str(cache))
    made, done = _Made(), 0

    def moved(size: int) -> None:
        nonlocal done
        done += size
        progress(done, need)

    try:
        for model in bundle.manifest.models:
            _blobs(bundle, model, repo_folder(cache, model.repo), made, moved, cancelled)
        placed = [
            (model, _snapshot(model, repo_folder(cache, model.repo), made))
            for model in bundle.manifest.models
        ]
    except OSError as error:
        made.undo()
        raise TargetNotWritable(path=str(cache), detail=str(error)) from error
    except BaseException:
        made.undo()
        raise
    return placed


def _refuse_other_contents(bundle: Bundle, cache: Path) -> None:
    for model in bundle.manifest.models:
        root = repo_folder(cache, model.repo) / "snapshots" / model.revision
        for file in model.files:
            here = root / file.path
            if here.is_file() and (
                here.stat().st_size != file.size or file_sha256(here) != file.sha256
            ):
                raise PinnedFileDiffers(repo=model.repo, file=file.path)


def _missing_bytes(bundle: Bundle, cache: Path) -> int:
    wanted = {
        repo_folder(cache, model.repo) / "blobs" / file.sha256: file.size
        for model in bundle.manifest.models
        for file in model.files
    }
    return sum(size for blob, size in wanted.items() if not blob.is_file())


def _new_folder(folder: Path, made: _Made) -> None:
    """Make it and its parents; the topmost new one is what an undo removes."""
    if folder.is_dir():
        return
    top = folder
    while not top.parent.is_dir():
        top = top.parent
    folder.mkdir(parents=True)
    made.folders.append(top)


def _blobs(
    bundle: Bundle,
    model: BundledModel,
    folder: Path,
    made: _Made,
    moved: Callable[[int], None],
    cancelled: Callable[[], bool],
) -> None:
    _new_folder(folder / "blobs", made)
    for file in {file.sha256: file for file in model.files}.values():
        blob = folder / "blobs" / file.sha256
        if blob.is_file() and blob.stat().st_size == file.size and file_sha256(blob) == file.sha256:
            continue
        temporary = blob.with_name(f"{blob.name}.{os.getpid()}.importing")
        made.files.append(temporary)
        with temporary.open("wb") as target:
            for block in bundle.blocks(f"blobs/{file.sha256}", cancelled):
                target.write(block)
                moved(len(block))
            target.flush()
            os.fsync(target.fileno())
        temporary.replace(blob)
        made.files[-1] = blob
    sync_folder(folder / "blobs")


def _snapshot(model: BundledModel, folder: Path, made: _Made) -> Path:
    root = folder / "snapshots" / model.revision
    _new_folder(root.parent, made)
    if root.is_dir():
        for file in model.files:
            target = root / file.path
            if not target.is_file():
                _new_folder(target.parent, made)
                made.files.append(target)
                link(folder / "blobs" / file.sha256, target)
    else:
        # The same depth, so that links from it hold after the rename.
        building = root.with_name(f".{root.name}.{os.getpid()}.importing")
        made.folders.append(building)
        for file in model.files:
            link(folder / "blobs" / file.sha256, building / file.path)
        building.rename(root)
        made.folders[-1] = root
    if read_ref(folder, "main") is None:
        made.files.append(folder / "refs" / "main")
        write_ref(folder, "main", model.revision)
    return root
