"""The answers about paths of a repository: tree, paths-info, refs and commits."""

from collections.abc import Iterable
from typing import Any

from .contents import Snapshot, StoredFile
from .repository import Repository
from .store import Published


class Trees:
    """Rows for the files and directories of one revision."""

    def __init__(self, repository: Repository, snapshot: Snapshot, *, storage_hash: bool) -> None:
        self._repository = repository
        self._snapshot = snapshot
        self._storage_hash = storage_hash

    def listing(self, folder: str, *, recursive: bool, expand: bool) -> list[dict[str, Any]] | None:
        """What lies in a folder; None where there is no such folder."""
        if folder not in self._snapshot.directories:
            return None
        prefix = f"{folder}/" if folder else ""
        names = [*self._snapshot.directories, *self._snapshot.files]
        inside = [name for name in names if name.startswith(prefix) and name not in ("", folder)]
        shown = [name for name in inside if recursive or "/" not in name.removeprefix(prefix)]
        return self.rows(sorted(shown), expand=expand)

    def rows(self, names: Iterable[str], *, expand: bool) -> list[dict[str, Any]]:
        """One row for each path that exists; the others are passed over in silence."""
        rows: list[dict[str, Any]] = []
        for name in names:
            if name in self._snapshot.files:
                row = self._file(self._snapshot.files[name])
                if expand:
                    row["securityFileStatus"] = self._scans(name)
            elif name and name in self._snapshot.directories:
                oid = self._snapshot.directories[name]
                row = {"type": "directory", "oid": oid, "size": 0, "path": name}
            else:
                continue
            if expand:
                row["lastCommit"] = {
                    "id": self._snapshot.sha,
                    "title": "Upload the model",
                    "date": self._repository.last_modified,
                }
            rows.append(row)
        return rows

    def _file(self, file: StoredFile) -> dict[str, Any]:
        row: dict[str, Any] = {
            "type": "file",
            "oid": file.blob_id,
            "size": file.size,
            "path": file.name,
        }
        if file.lfs:
            pointer = len(file.pointer)
            row["lfs"] = {"oid": file.sha256, "size": file.size, "pointerSize": pointer}
            if self._storage_hash:
                row["xetHash"] = file.storage_hash
        return row

    def _scans(self, name: str) -> dict[str, Any]:
        status = self._repository.unsafe_files.get(name, "safe")
        if not self._repository.scans_done:
            status = "queued"
        pickled = name.endswith((".bin", ".pt", ".pth", ".ckpt", ".pkl"))
        scan = {"status": status if pickled else "unscanned", "pickleImports": []}
        return {
            "status": status,
            "avScan": {"status": "safe", "version": "1.0"},
            "pickleImportScan": scan if pickled else None,
            "protectAiScan": {"status": status},
            "jFrogScan": {"status": "unscanned"},
            "virusTotalScan": {"status": "unscanned"},
        }


def refs(published: Published, *, pull_requests: bool) -> dict[str, Any]:
    """The branches and tags, and where they point."""
    answer: dict[str, list[dict[str, str]]] = {"branches": [], "converts": [], "tags": []}
    if pull_requests:
        answer["pullRequests"] = []
    for name, snapshot in published.refs.items():
        if name.startswith("refs/pr/"):
            kind, ref = "pullRequests", name
        elif name[:1] == "v" and name[1:2].isdigit():
            kind, ref = "tags", f"refs/tags/{name}"
        else:
            kind, ref = "branches", f"refs/heads/{name}"
        if kind in answer:
            row = {"name": name.rpartition("/")[2] if kind == "pullRequests" else name}
            answer[kind].append({**row, "ref": ref, "targetCommit": snapshot.sha})
    return answer


def commits(repository: Repository, snapshot: Snapshot) -> list[dict[str, Any]]:
    """The history of a revision: one commit, by its author."""
    return [
        {
            "id": snapshot.sha,
            "title": "Upload the model",
            "message": "",
            "authors": [{"user": repository.author or "loopback", "avatar": ""}],
            "date": repository.last_modified,
        }
    ]
