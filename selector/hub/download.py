# SPDX-License-Identifier: Apache-2.0
"""Downloads a model: only the files its engine needs, resumed, checked, into the shared cache."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selector.engines.base import Engine
from selector.engines.facts import FileFact, ModelFacts
from selector.errors import HubAnswerBad, NotEnoughDisk, NoUsableWeights, UnsupportedModel
from selector.hub import checked
from selector.hub.candidate import LocalModel
from selector.hub.client import HubClient
from selector.hub.facts import COMMIT, facts_from_info, planned_weights
from selector.hub.hashes import HashMemory
from selector.hub.layout import blob_name, link, repo_folder, snapshot_file, write_ref
from selector.hub.partial import Source, fetch, free_bytes, storage_problem
from selector.hub.progress import Meter, Progress
from selector.hub.waiting import interruptible
from selector.reference import Reference
from selector.tasks.base import Task

RESERVE_BYTES = 50_000_000
"""Left free on the disk: a full one breaks more than a download."""
HASHES = "hashes.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a download will fetch."""

    facts: ModelFacts
    files: tuple[FileFact, ...]

    @property
    def total_bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


def plan(
    raw: Mapping[str, Any], ref: Reference, task: Task | None, engine: Engine, precision: str
) -> Plan:
    """The files to fetch, small ones first. Pure.

    Raises NoUsableWeights, UnsupportedModel, HubAnswerBad, UnsafePath.
    """
    facts = facts_from_info({**raw, "id": ref.repo})
    if COMMIT.fullmatch(ref.revision or "") and facts.revision != ref.revision:
        raise HubAnswerBad(reason="another commit", repo=ref.repo, revision=facts.revision)
    _refuse(facts, task, engine)
    wanted = set(engine.files(facts, precision))
    files = [file for file in facts.files if file.path in wanted]
    if not planned_weights(file.path for file in files):
        raise NoUsableWeights(repo=ref.repo, reasons=["risk.no_weights"])
    if flagged := flagged_files(raw) & wanted:
        raise NoUsableWeights(repo=ref.repo, reasons=["risk.unsafe_file"], files=sorted(flagged))
    if any(file.size == 0 and blob_name(file) is None for file in files):
        raise HubAnswerBad(reason="no file sizes", repo=ref.repo)
    # Weights last: a snapshot that has them has everything else.
    files.sort(key=lambda file: (planned_weights([file.path]), file.size, file.path))
    return Plan(facts, tuple(files))


def _refuse(facts: ModelFacts, task: Task | None, engine: Engine) -> None:
    reasons = ["risk.remote_code"] if facts.needs_remote_code else []
    if facts.weight_format is None:
        reasons.append("risk.no_weights")
    elif facts.weight_format == "pickle":
        reasons.append("risk.pickle_only")
    if reasons:
        raise NoUsableWeights(repo=facts.repo, reasons=reasons)
    if task is not None:
        loadable = engine.can_load(facts, task)
        if not loadable.ok:
            facts_of_it = dict(loadable.facts or {})
            raise UnsupportedModel(repo=facts.repo, reason=loadable.reason, **facts_of_it)


def flagged_files(raw: Mapping[str, Any]) -> set[str]:
    """Files that the Hub's scanners complain about, at whatever level."""
    status = checked.mapping(raw.get("securityRepoStatus") or raw.get("securityStatus"))
    issues = checked.items(status.get("filesWithIssues"))
    return {str(checked.mapping(issue).get("path")) for issue in issues}


def pull(
    client: HubClient,
    ref: Reference,
    task: Task | None,
    engine: Engine,
    precision: str,
    *,
    cache: Path,
    downloads: Path,
    progress: Callable[[Progress], None],
    cancelled: Callable[[], bool],
    free: Callable[[Path], int] = free_bytes,
) -> LocalModel:
    """Download what ``engine`` needs of ``ref``; every file is checked, also those already here.

    Raises HubProblem, DownloadProblem, UnsupportedModel, Cancelled.
    """
    raw = interruptible(lambda: client.model_info(ref.repo, ref.revision, security=True), cancelled)
    planned = plan(raw, ref, task, engine, precision)
    this = _Pull(client, planned, cache, downloads, progress, cancelled)
    try:
        return this.run(ref.revision or "main", free)
    except OSError as error:
        raise storage_problem(error, cache, planned.total_bytes) from error
    finally:
        this.memory.save()


class _Pull:
    """One model's download."""

    def __init__(
        self,
        client: HubClient,
        planned: Plan,
        cache: Path,
        downloads: Path,
        progress: Callable[[Progress], None],
        cancelled: Callable[[], bool],
    ) -> None:
        self._client, self._plan, self._cancelled = client, planned, cancelled
        self._cache, self._downloads = cache, downloads
        self._folder = repo_folder(cache, planned.facts.repo)
        self._meter = Meter(planned.total_bytes, progress)
        self.memory = HashMemory(downloads / HASHES)

    def run(self, revision: str, free: Callable[[Path], int]) -> LocalModel:
        """Fetch, link, remember."""
        facts, files = self._plan.facts, []
        missing = [file for file in self._plan.files if not self._blob(file).is_file()]
        self._check_disk(missing, free)
        for file in self._plan.files:
            sha256 = self._bring(file)
            files.append((file.path, sha256, file.size))
            self._meter.file_done(file.size)
        self._meter.at(self._plan.files[-1].path, 0, now=True)
        if not COMMIT.fullmatch(revision):
            write_ref(self._folder, revision, facts.revision)
        return LocalModel(
            ref=f"{facts.repo}@{facts.revision}",
            repo=facts.repo,
            revision=facts.revision,
            path=str(self._folder / "snapshots" / facts.revision),
            bytes=self._plan.total_bytes,
            verified=all(blob_name(file) for file in self._plan.files),
            files=tuple(sorted(files)),
        )

    def _key(self, file: FileFact) -> str:
        """A name for the content: the promised hash, or for want of one where it comes from."""
        where = f"{self._plan.facts.repo}@{self._plan.facts.revision}/{file.path}"
        return blob_name(file) or hashlib.sha256(where.encode()).hexdigest()

    def _blob(self, file: FileFact) -> Path:
        return self._folder / "blobs" / self._key(file)

    def _part(self, file: FileFact) -> Path:
        return self._downloads / f"{self._key(file)}.part"

    def _check_disk(self, missing: list[FileFact], free: Callable[[Path], int]) -> None:
        """Raises NotEnoughDisk before the first byte, not after the last that fits."""
        need = 0
        for file in missing:
            part = self._part(file)
            need += max(0, file.size - (part.stat().st_size if part.is_file() else 0))
        if not need:
            return
        for place in (self._cache, self._downloads):
            have = free(place)
            if need + RESERVE_BYTES > have:
                raise NotEnoughDisk(need_bytes=need, have_bytes=have, path=str(place))

    def _bring(self, file: FileFact) -> str:
        """The file in the cache and in the snapshot; gives its sha256."""
        blob = self._blob(file)
        self._meter.at(file.path, 0, now=True)
        if blob.is_file():
            digests = self.memory.of(blob.resolve(), self._cancelled)
            if not digests.keeps(file):
                # Damaged, by the disk or by a client that does not check. The name promises another
                # content, so nobody loses anything.
                blob.unlink()
        if not blob.is_file():
            blob.unlink(missing_ok=True)  # a link to nowhere
            source = Source(self._plan.facts.repo, self._plan.facts.revision, file)
            digests = fetch(
                self._client,
                source,
                self._part(file),
                blob,
                lambda done: self._meter.at(file.path, done),
                self._cancelled,
            )
            self.memory.put(blob.resolve(), digests)
        link(blob, snapshot_file(self._folder, self._plan.facts.revision, file.path))
        return digests.sha256
