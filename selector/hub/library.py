# SPDX-License-Identifier: Apache-2.0
"""The models on this disk: in the Hugging Face cache, and in read-only folders that ship with Petit."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from selector.engines.json_files import read_object
from selector.errors import BadReference, BadSetting, NotDownloaded, NotOurs
from selector.hub.candidate import LocalModel
from selector.hub.facts import COMMIT, weight_format
from selector.hub.hashes import SHA256_SIGNS, Hasher, HashMemory
from selector.hub.layout import read_ref, repo_folder, repo_of
from selector.hub.shelf import UNFINISHED, Entry, Owned, files_of, folders, removal, shelf
from selector.reference import Reference, parse_reference

_HASHED_AT_ONCE = 200_000
"""Files up to this size are hashed while listing; larger ones when they are verified."""
_INDEX = "model.safetensors.index.json"
_FILES = 5000
_NAMED = 20


def _never() -> bool:
    return False


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    """Every file below ``root`` with its name there; linked folders are not entered."""
    for folder, below, names in os.walk(root):
        below.sort()
        for name in sorted(names):
            path = Path(folder) / name
            yield path.relative_to(root).as_posix(), path


def _inside(real: Path, roots: tuple[Path, ...]) -> bool:
    return any(real.is_relative_to(root) for root in roots)


def _model(
    repo: str, revision: str, root: Path, roots: tuple[Path, ...], memory: HashMemory
) -> LocalModel | None:
    """One snapshot; None when there are no weights in it, or not all of them."""
    files, verified = [], True
    for count, (name, path) in enumerate(_files(root)):
        real = path.resolve()
        if count >= _FILES or not _inside(real, roots) or not real.is_file():
            verified = False  # a link that leads out of the cache, or nowhere
            continue
        size = real.stat().st_size
        promised = real.name if real.parent.name == "blobs" else None
        known = memory.get(real)
        if known is None and size <= _HASHED_AT_ONCE:
            known = memory.of(real)
        if known is None:
            verified = False
            files.append((name, promised if promised and len(promised) == 64 else "", size))
            continue
        verified = verified and (promised is None or known.named(promised))
        files.append((name, known.sha256, size))
    names = {name for name, _, _ in files}
    shards = read_object(root / _INDEX).get("weight_map") if _INDEX in names else None
    whole = not isinstance(shards, dict) or {str(name) for name in shards.values()} <= names
    if weight_format(names) in {None, "pickle"} or not (whole or "model.safetensors" in names):
        return None
    return LocalModel(
        ref=f"{repo}@{revision}",
        repo=repo,
        revision=revision,
        path=str(root),
        bytes=sum(size for _, _, size in files),
        verified=verified,
        files=tuple(sorted(files)),
    )


def _readable(repo: str | None) -> str | None:
    try:
        return parse_reference(repo).repo if repo else None
    except BadReference:
        return None


def _cached(cache: Path, memory: HashMemory) -> Iterator[LocalModel]:
    shared = cache.resolve() / "blobs"
    for folder in folders(cache):
        repo = _readable(repo_of(folder))
        if repo is None:
            continue
        for root in folders(folder / "snapshots"):
            if COMMIT.fullmatch(root.name):
                model = _model(repo, root.name, root, (folder.resolve(), shared), memory)
                if model is not None:
                    yield model


def _shipped(extra: Path, memory: HashMemory) -> Iterator[LocalModel]:
    """Plain folders ``ORG/NAME``; their revision is the sha1 over names and hashes of the files."""
    for organisation in folders(extra):
        for root in folders(organisation):
            repo = _readable(f"{organisation.name}/{root.name}")
            if repo is None:
                continue
            for _, path in _files(root):
                if path.is_file() and _inside(path.resolve(), (root.resolve(),)):
                    memory.of(path.resolve())
            model = _model(repo, "", root, (root.resolve(),), memory)
            if model is not None:
                revision = folder_revision(model.files)
                yield replace(model, ref=f"{repo}@{revision}", revision=revision)


def folder_revision(files: tuple[tuple[str, str, int], ...]) -> str:
    """A commit-like name for the content of a plain folder."""
    lines = "".join(f"{path}\0{sha256}\n" for path, sha256, _ in sorted(files))
    return hashlib.sha1(lines.encode(), usedforsecurity=False).hexdigest()


def local_models(
    cache: Path, extra: tuple[Path, ...] = (), hashes: Path | None = None
) -> list[LocalModel]:
    """Every model here that can be loaded, those of ``extra`` last. Never raises for what it finds.

    ``hashes`` is where content hashes are kept between calls.
    """
    memory = HashMemory(hashes)
    found: list[LocalModel] = []
    for source in (_cached(cache, memory), *(_shipped(folder, memory) for folder in extra)):
        try:
            found.extend(source)
        except OSError:
            continue  # a folder that cannot be read is as good as empty
    memory.save()
    return found


def find(
    ref: Reference, cache: Path, extra: tuple[Path, ...] = (), hashes: Path | None = None
) -> LocalModel:
    """The model ``ref`` names. Without a revision: what ``main`` was, else the newest here.

    Raises NotDownloaded.
    """
    models = [model for model in local_models(cache, extra, hashes) if model.repo == ref.repo]
    wanted = read_ref(repo_folder(cache, ref.repo), ref.revision or "main") or ref.revision
    exact = [m for m in models if wanted and m.revision.startswith(wanted)]
    if exact and (ref.revision is None or len(wanted or "") >= 7):
        return exact[0]
    if ref.revision is None and models:
        return max(models, key=lambda model: Path(model.path).stat().st_mtime)
    raise NotDownloaded(repo=ref.repo, revision=ref.revision)


def verify(
    model: LocalModel, hashes: Path | None = None, cancelled: Callable[[], bool] = _never
) -> LocalModel:
    """Read and hash every file anew. Raises OSError, Cancelled."""
    memory, files, good = HashMemory(hashes), [], True
    for name, sha256, _ in model.files:
        real = (Path(model.path) / name).resolve()
        digests = HashMemory(None).of(real, cancelled)
        memory.put(real, digests)
        promised = real.name if real.parent.name == "blobs" else sha256
        good = good and (not promised or digests.named(promised))
        files.append((name, digests.sha256, real.stat().st_size))
    memory.save()
    return replace(model, verified=good, files=tuple(files))


@dataclass(frozen=True, slots=True)
class Checked:
    """What reading all files of a commit has shown."""

    ref: str
    verified: bool
    damaged: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Every field."""
        return asdict(self)


def verify_entries(
    entries: Sequence[Entry],
    cache: Path,
    hashes: Path | None,
    progress: Callable[[str, int, int], None],
    cancelled: Callable[[], bool],
) -> list[Checked]:
    """Read and hash every file of ``entries``, each blob once; ``progress`` gets name, done, total.

    A file whose name in the cache promises another content is damaged. Raises OSError, Cancelled.
    """
    memory, done, results = HashMemory(hashes), 0, []
    found = {
        entry.ref: files_of(Path(entry.path), repo_folder(cache, entry.repo).resolve())
        for entry in entries
    }
    total = sum({f.real: f.size for files in found.values() for f in files}.values())
    known: dict[Path, bool] = {}
    try:
        for entry in entries:
            damaged = []
            for file in found[entry.ref]:
                if file.real not in known:
                    hasher = Hasher(file.size, both=len(file.real.name) != SHA256_SIGNS)
                    for read in hasher.blocks(file.real, cancelled):
                        progress(entry.repo, done + read, total)
                    done += file.size
                    digests = hasher.digests()
                    promised = file.real.name if file.real.parent.name == "blobs" else None
                    known[file.real] = promised is None or digests.named(promised)
                    memory.put(file.real, digests)
                if not known[file.real]:
                    damaged.append(file.name)
            results.append(Checked(entry.ref, not damaged, tuple(damaged)))
    finally:
        memory.save()
    return results


def remove(
    ref: Reference,
    cache: Path,
    owned: Owned = lambda *_: True,
    *,
    confirmed: bool = False,
    extra: tuple[Path, ...] = (),
) -> Entry:
    """Delete one commit and the blobs that no other commit uses; gives what it was.

    Raises NotDownloaded, BadSetting for a model that ships with Petit, and NotOurs for one with files
    that Petit did not fetch, unless the user has ``confirmed`` it with their names in view.
    """
    entry = _entry_of(ref, cache, owned, extra)
    if entry.foreign and not confirmed:
        facts = {"ref": entry.ref, "files": list(entry.foreign[:_NAMED]), "n": len(entry.foreign)}
        raise NotOurs(**facts, bytes=entry.frees_bytes)
    folder = repo_folder(cache, entry.repo)
    doomed, _ = removal(folder.resolve(), entry.revision)
    snapshot = folder / "snapshots" / entry.revision
    shutil.rmtree(snapshot)
    unfinished = any((folder / "blobs").glob(f"*{UNFINISHED}"))
    if not folders(folder / "snapshots") and not unfinished:
        shutil.rmtree(folder)
        return entry
    for path in doomed:
        path.unlink(missing_ok=True)
    return entry


def _entry_of(ref: Reference, cache: Path, owned: Owned, extra: tuple[Path, ...]) -> Entry:
    entries = [e for e in shelf(cache, HashMemory(None), owned) if e.repo == ref.repo]
    wanted = read_ref(repo_folder(cache, ref.repo), ref.revision or "main") or ref.revision
    exact = [e for e in entries if wanted and e.revision.startswith(wanted)]
    if exact and (ref.revision is None or len(wanted or "") >= 7):
        return exact[0]
    if ref.revision is None and entries:
        return entries[0]
    for model in (m for folder in extra for m in _shipped(folder, HashMemory(None))):
        if model.repo == ref.repo:
            raise BadSetting(setting="model", value=model.ref, allowed="a downloaded model")
    raise NotDownloaded(repo=ref.repo, revision=ref.revision)
