# SPDX-License-Identifier: Apache-2.0
"""Everything in the model cache, whoever put it there, listed without reading any weights."""

from __future__ import annotations

import os
import stat
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from selector.engines.facts import formats_of
from selector.engines.json_files import read_object
from selector.errors import BadReference
from selector.hub.facts import COMMIT
from selector.hub.hashes import HashMemory
from selector.hub.layout import repo_of
from selector.hub.stored_forms import StoredForm, stored_forms
from selector.reference import parse_reference

UNFINISHED = ".incomplete"
"""How huggingface_hub ends the names of what it is downloading."""
_FILES = 20_000
_DEPTH = 12
_CONFIG_BYTES = 1_000_000

Owned = Callable[[str, str, str], bool]
"""Whether Petit has fetched this path of this commit of this repository."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One commit of one model on this disk; sizes in bytes, times in seconds since the epoch."""

    repo: str
    revision: str
    branches: tuple[str, ...]
    path: str
    bytes: int
    frees_bytes: int
    """What the disk gets back when it is removed: not what other commits or hard links still hold."""
    files: int
    formats: tuple[str, ...]
    last_used: float | None
    verified: bool | None
    """None: not every file was read and hashed since it last changed."""
    foreign: tuple[str, ...]
    """Files that another program has put there, or all we know of: ask before removing."""
    shipped: bool = False
    """Comes with Petit and cannot be removed."""
    variants: tuple[StoredForm, ...] = ()
    """The forms in which its weights are here."""

    @property
    def ref(self) -> str:
        """``ORG/NAME@REVISION``."""
        return f"{self.repo}@{self.revision}"

    def to_json(self) -> dict[str, Any]:
        """Every field, and the reference."""
        return {"ref": self.ref, **asdict(self)}


def entry_from_json(data: dict[str, Any]) -> Entry:
    """The inverse. Raises TypeError or KeyError on anything else."""
    fields: dict[str, Any] = {
        key: tuple(x) if isinstance(x, list) else x for key, x in data.items()
    }
    fields.pop("ref")
    fields["variants"] = tuple(StoredForm(**form) for form in data.get("variants") or ())
    return Entry(**fields)


@dataclass(frozen=True, slots=True)
class Found:
    """A file of a snapshot: its name there, the link or file itself, and where the bytes are."""

    name: str
    path: Path
    real: Path
    size: int
    used: float
    inside: bool
    """The bytes are in the repository's own folder."""


def files_of(snapshot: Path, folder: Path) -> list[Found]:
    """The files of a snapshot; broken links have size 0."""
    found = []
    for path in _walk(snapshot):
        try:
            real = path.resolve()
            state = real.stat()
        except (OSError, RuntimeError):
            found.append(Found(_name(path, snapshot), path, path, 0, 0.0, False))
            continue
        if stat.S_ISREG(state.st_mode):
            inside = real.is_relative_to(folder)
            used = max(state.st_atime, state.st_mtime)
            found.append(Found(_name(path, snapshot), path, real, state.st_size, used, inside))
        if len(found) >= _FILES:
            break
    return found


def _name(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _walk(root: Path, depth: int = 0) -> Iterator[Path]:
    """Files and links below ``root``; links to folders are not entered."""
    try:
        with os.scandir(root) as entries:
            items = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    for item in items:
        if item.is_dir(follow_symlinks=False):
            if depth < _DEPTH:
                yield from _walk(Path(item.path), depth + 1)
        else:
            yield Path(item.path)


def folders(parent: Path) -> list[Path]:
    """Real folders below ``parent``, by name; links are not followed."""
    try:
        with os.scandir(parent) as entries:
            return sorted(Path(e.path) for e in entries if e.is_dir(follow_symlinks=False))
    except OSError:
        return []


def branches(folder: Path) -> dict[str, list[str]]:
    """The branch names of each commit."""
    known: dict[str, list[str]] = {}
    refs = folder / "refs"
    for path in _walk(refs) if not refs.is_symlink() else ():
        try:
            commit = path.read_text(encoding="ascii")[:64].strip()
        except (OSError, ValueError):
            continue
        known.setdefault(commit, []).append(_name(path, refs))
    return known


def removal(folder: Path, revision: str) -> tuple[list[Path], int]:
    """What to delete so that a commit is gone, and how many bytes the disk gets back.

    A blob goes when no other commit shows it; its bytes come back when nothing else holds them: a hard
    link from elsewhere does, and so does the store that another tool's links lead to. What another tool
    is downloading stays.
    """
    snapshot = folder / "snapshots" / revision
    others = [root for root in folders(folder / "snapshots") if root != snapshot]
    if not others:
        doomed = [path for path in _walk(folder) if path.suffix != UNFINISHED]
    else:
        used = {found.real for root in others for found in files_of(root, folder)}
        shown = list(_walk(snapshot))
        blobs = [path for path in _blobs(folder) if path.resolve() not in used]
        blobs = [path for path in blobs if path.suffix != UNFINISHED]
        refs = [folder / "refs" / name for name in branches(folder).get(revision, [])]
        doomed = [*shown, *blobs, *refs]
    links: Counter[tuple[int, int]] = Counter()
    held: dict[tuple[int, int], tuple[int, int]] = {}
    for path in doomed:
        try:
            state = path.lstat()
        except OSError:
            continue
        if stat.S_ISREG(state.st_mode):
            key = (state.st_dev, state.st_ino)
            links[key] += 1
            held[key] = (state.st_nlink, state.st_size)
    freed = sum(size for key, (count, size) in held.items() if links[key] >= count)
    return doomed, freed


def _blobs(folder: Path) -> list[Path]:
    place = folder / "blobs"
    return [] if place.is_symlink() else list(_walk(place))


def repositories(cache: Path) -> Iterator[tuple[str, Path]]:
    """Models of the cache and their folders."""
    for folder in folders(cache):
        name = repo_of(folder)
        try:
            repo = parse_reference(name).repo if name else None
        except BadReference:
            continue
        if repo is not None:
            yield repo, folder.resolve()


def shelf(cache: Path, memory: HashMemory, owned: Owned) -> list[Entry]:
    """Every commit of every model in ``cache``, the one used last first. Never raises for what it finds."""
    entries = []
    for repo, folder in repositories(cache):
        known = branches(folder)
        for snapshot in folders(folder / "snapshots"):
            if COMMIT.fullmatch(snapshot.name):
                entry = _entry(repo, folder, snapshot, known, memory, owned)
                if entry is not None:
                    entries.append(entry)
    return sorted(entries, key=lambda entry: (-(entry.last_used or 0), entry.repo, entry.revision))


def _entry(
    repo: str,
    folder: Path,
    snapshot: Path,
    known: dict[str, list[str]],
    memory: HashMemory,
    owned: Owned,
) -> Entry | None:
    found = files_of(snapshot, folder)
    if not found:
        return None
    revision = snapshot.name
    return Entry(
        repo=repo,
        revision=revision,
        branches=tuple(known.get(revision, ())),
        path=str(snapshot),
        bytes=sum({file.real: file.size for file in found}.values()),
        frees_bytes=removal(folder, revision)[1],
        files=len(found),
        formats=tuple(formats_of(file.name for file in found)),
        last_used=min(max(file.used for file in found), time.time()) or None,
        verified=_verified(found, memory),
        foreign=tuple(file.name for file in found if not owned(repo, revision, file.name)),
        variants=stored_forms(((file.name, file.size) for file in found), _config(found)),
    )


def _config(found: list[Found]) -> Mapping[str, object]:
    small = (file for file in found if file.name == "config.json" and file.size <= _CONFIG_BYTES)
    return next((read_object(file.real) for file in small), {})


def _verified(found: list[Found], memory: HashMemory) -> bool | None:
    unknown = False
    for file in found:
        known = memory.get(file.real)
        if known is None:
            unknown = True
        elif file.real.parent.name == "blobs" and not known.named(file.real.name):
            return False
    return None if unknown else True
