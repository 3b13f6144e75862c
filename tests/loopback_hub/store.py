"""The repositories being served, their revisions, and who may read them."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from .card import Card
from .contents import Snapshot
from .repository import Repository
from .weights import gguf_summary, safetensors_summary

Access = Literal["granted", "unauthenticated", "forbidden"]
SHORTEST_PREFIX = 7


class Published:
    """A repository with all its revisions."""

    def __init__(self, repository: Repository, earlier: "Published | None" = None) -> None:
        self.repository = repository
        self.main = Snapshot(repository.folder, repository.lfs_threshold)
        self.refs = {"main": self.main}
        for name, folder in repository.refs.items():
            if folder is None:
                self.refs[name] = self.main
            else:
                self.refs[name] = Snapshot(folder, repository.lfs_threshold)
        self._earlier = earlier.snapshots if earlier else []

    @property
    def snapshots(self) -> list[Snapshot]:
        """Every revision that can be asked for by its id, the newest first."""
        return [*self.refs.values(), *self._earlier]

    def at(self, revision: str) -> Snapshot | None:
        """The files of a branch, tag, commit id, or an unmistakable start of a commit id."""
        if revision in self.refs:
            return self.refs[revision]
        if f"refs/heads/{revision}" in self.refs:
            return self.refs[f"refs/heads/{revision}"]
        if len(revision) < SHORTEST_PREFIX:
            return None
        found = {each.sha: each for each in self.snapshots if each.sha.startswith(revision)}
        return next(iter(found.values())) if len(found) == 1 else None

    @cached_property
    def record(self) -> "Record":
        """The record of the main revision, which is what listings show."""
        return Record(self.repository, self.main)


class Record:
    """One model as JSON, field by field; what has no value is left out, as on the Hub."""

    def __init__(self, repository: Repository, snapshot: Snapshot) -> None:
        self.repository = repository
        self.snapshot = snapshot
        self.card = Card(repository, snapshot)

    @cached_property
    def values(self) -> dict[str, Any]:
        """Every field but the commit id, which costs hashing all files."""
        repository, card = self.repository, self.card
        return {
            "_id": repository.object_id,
            "id": repository.id,
            "modelId": repository.id,
            "author": repository.author,
            "private": repository.private,
            "gated": repository.gated,
            "disabled": repository.disabled,
            "downloads": repository.downloads,
            "downloadsAllTime": repository.downloads * 12,
            "likes": repository.likes,
            "trendingScore": repository.trending_score,
            "lastModified": repository.last_modified,
            "createdAt": repository.created_at,
            "pipeline_tag": card.pipeline_tag,
            "library_name": card.library_name,
            "tags": card.tags,
            "cardData": card.data or None,
            "config": card.config or None,
            "mask_token": card.mask_token,
            "transformersInfo": card.transformers_info,
            "model-index": card.data.get("model-index"),
            "widgetData": card.data.get("widget"),
            "siblings": [{"rfilename": name} for name in self.snapshot.files],
            "spaces": [],
            "childrenModelCount": {},
            "baseModels": None,
            "evalResults": None,
            "inference": None,
            "inferenceProviderMapping": None,
            "resourceGroup": None,
            "safetensors": self.safetensors,
            "gguf": None if repository.hide_gguf else gguf_summary(self.snapshot),
            "usedStorage": self.snapshot.total_size,
        }

    @property
    def safetensors(self) -> dict[str, Any] | None:
        """The parameter counts, unless the Hub is to know nothing of them."""
        return None if self.repository.hide_safetensors else safetensors_summary(self.snapshot)

    @cached_property
    def parameters(self) -> int | None:
        """The number that the `num_parameters` filter works with."""
        for field in ("safetensors", "gguf"):
            if self.values[field] is not None:
                return int(self.values[field]["total"])
        return None

    def pick(self, keys: Iterable[str]) -> dict[str, Any]:
        """These fields, in this order, as far as they have a value; a copy of its own."""
        found = ((key, self.snapshot.sha if key == "sha" else self.values.get(key)) for key in keys)
        return deepcopy({key: value for key, value in found if value is not None})

    def siblings_with_blobs(self) -> list[dict[str, Any]]:
        """The files with sizes and object ids, as `blobs=true` asks for."""
        rows: list[dict[str, Any]] = []
        for name, file in self.snapshot.files.items():
            row: dict[str, Any] = {"rfilename": name, "size": file.size, "blobId": file.blob_id}
            if file.lfs:
                pointer = len(file.pointer)
                row["lfs"] = {"sha256": file.sha256, "size": file.size, "pointerSize": pointer}
            rows.append(row)
        return rows

    def security(self) -> dict[str, Any]:
        """The scanners' verdict on the whole repository."""
        issues = self.repository.unsafe_files.items()
        return {
            "scansDone": self.repository.scans_done,
            "filesWithIssues": [{"path": path, "level": level} for path, level in issues],
        }


@dataclass(frozen=True)
class Address:
    """A repository found in an address, and the segments behind its id."""

    published: Published | None
    id: str
    rest: list[str]
    renamed_to: str | None = None


class Store:
    """All repositories by id, with the tokens that open the closed ones."""

    def __init__(
        self,
        repositories: Iterable[Repository],
        tokens: Mapping[str, set[str]],
        renames: Mapping[str, str],
    ) -> None:
        self._published: dict[str, Published] = {}
        self._tokens = tokens
        self._renames = renames
        for repository in repositories:
            self.publish(repository)

    def publish(self, repository: Repository) -> None:
        """Add a repository or a new state of one; its earlier commits stay reachable."""
        earlier = self._published.get(repository.id)
        self._published[repository.id] = Published(repository, earlier)

    def withdraw(self, repository_id: str) -> None:
        """Delete a repository."""
        del self._published[repository_id]

    def get(self, repository_id: str) -> Published | None:
        """The repository with exactly this id."""
        return self._published.get(repository_id)

    def visible(self, token: str | None) -> list[Published]:
        """What a listing may show."""
        return [each for each in self._published.values() if self.may_see(each, token)]

    def locate(self, segments: list[str]) -> Address:
        """Split the segments of an address into the repository and what follows."""
        for length in (2, 1):
            name = "/".join(segments[:length])
            if len(segments) >= length and name in self._published:
                return Address(self._published[name], name, segments[length:])
            if len(segments) >= length and name in self._renames:
                return Address(None, name, segments[length:], self._renames[name])
        return Address(None, "/".join(segments[:2]), segments[2:])

    def knows(self, token: str | None) -> bool:
        """Whether a token is anybody's."""
        return token is not None and token in self._tokens

    def may_see(self, published: Published, token: str | None) -> bool:
        """A private repository does not exist for those it was not opened to."""
        return not published.repository.private or self._opened(published, token)

    def access(self, published: Published, token: str | None) -> Access:
        """Whether the files may be read. A token that is nobody's counts as no token."""
        if not published.repository.gated or self._opened(published, token):
            return "granted"
        return "forbidden" if self.knows(token) else "unauthenticated"

    def _opened(self, published: Published, token: str | None) -> bool:
        return token is not None and published.repository.id in self._tokens.get(token, set())
