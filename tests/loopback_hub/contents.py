"""The files of one revision, with the object ids that git and LFS give them."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

LFS_SUFFIXES = frozenset(
    {".safetensors", ".gguf", ".onnx", ".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack", ".npz"}
)
ALWAYS_LFS_ABOVE = 1_000_000
_SKIPPED = frozenset({".git", ".cache", "__pycache__", ".DS_Store"})
_CHUNK = 1 << 20


def git_id(kind: str, content: bytes) -> str:
    """The sha1 by which git names an object."""
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content).hexdigest()


@dataclass(frozen=True)
class StoredFile:
    """One file of a repository on disk; the hashes are computed when first asked for."""

    name: str
    path: Path
    size: int
    lfs: bool

    @cached_property
    def sha256(self) -> str:
        """The hash of the whole content: what the Hub gives as the etag of an LFS file."""
        digest = hashlib.sha256()
        with self.path.open("rb") as handle:
            while chunk := handle.read(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    @cached_property
    def pointer(self) -> bytes:
        """The small text that git stores in place of an LFS file."""
        return (
            "version https://git-lfs.github.com/spec/v1\n"
            f"oid sha256:{self.sha256}\nsize {self.size}\n"
        ).encode()

    @cached_property
    def blob_id(self) -> str:
        """The git blob id: of the content, or of the pointer for an LFS file."""
        return git_id("blob", self.pointer if self.lfs else self.path.read_bytes())

    @property
    def etag(self) -> str:
        """The etag the Hub announces, and the name of the file in the client's cache."""
        return self.sha256 if self.lfs else self.blob_id

    @cached_property
    def storage_hash(self) -> str:
        """A hash of the storage layer's own, which is what the CDN gives as its ETag."""
        return hashlib.sha256(b"storage:" + self.sha256.encode()).hexdigest()


class Snapshot:
    """Every file below a folder, as one commit."""

    def __init__(self, folder: Path, lfs_threshold: int) -> None:
        self.folder = folder
        self.files: dict[str, StoredFile] = {
            name: _stored(name, path, lfs_threshold) for name, path in sorted(_walk(folder))
        }

    @cached_property
    def directories(self) -> dict[str, str]:
        """Path -> git tree id of every directory; the root is the empty path."""
        names = {""}
        for name in self.files:
            parts = name.split("/")[:-1]
            names.update("/".join(parts[: depth + 1]) for depth in range(len(parts)))
        ids: dict[str, str] = {}
        for directory in sorted(names, key=lambda name: (-name.count("/"), name == "")):
            ids[directory] = self._tree_id(directory, ids)
        return ids

    def _tree_id(self, directory: str, known: dict[str, str]) -> str:
        prefix = directory + "/" if directory else ""
        rows: list[tuple[str, bytes]] = []
        for name, file in self.files.items():
            rest = name.removeprefix(prefix)
            if name.startswith(prefix) and "/" not in rest:
                rows.append((rest, f"100644 {rest}\0".encode() + bytes.fromhex(file.blob_id)))
        for name, oid in known.items():
            rest = name.removeprefix(prefix)
            if name.startswith(prefix) and name and "/" not in rest:
                rows.append((rest + "/", f"40000 {rest}\0".encode() + bytes.fromhex(oid)))
        return git_id("tree", b"".join(row for _, row in sorted(rows)))

    @cached_property
    def sha(self) -> str:
        """The commit id: the same files give the same id, whatever the clock says."""
        who = "Loopback <hub@localhost> 1700000000 +0000"
        tree = self.directories[""]
        text = f"tree {tree}\nauthor {who}\ncommitter {who}\n\nUpload the model\n"
        return git_id("commit", text.encode())

    @property
    def total_size(self) -> int:
        """The bytes of all files together."""
        return sum(file.size for file in self.files.values())

    def text(self, name: str) -> str | None:
        """A small file's text, None where there is no such file."""
        file = self.files.get(name)
        return file.path.read_text(encoding="utf-8", errors="replace") if file else None


def _walk(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in folder.iterdir():
        if path.name in _SKIPPED:
            continue
        if path.is_dir():
            for name, inner in _walk(path):
                yield f"{path.name}/{name}", inner
        elif path.is_file():
            yield path.name, path


def _stored(name: str, path: Path, lfs_threshold: int) -> StoredFile:
    size = path.stat().st_size
    weights = path.suffix.lower() in LFS_SUFFIXES and size >= lfs_threshold
    return StoredFile(name, path, size, lfs=weights or size > ALWAYS_LFS_ABOVE)


def looks_like_commit(revision: str) -> bool:
    """Whether a revision is a whole commit id."""
    return re.fullmatch(r"[0-9a-f]{40}", revision) is not None
