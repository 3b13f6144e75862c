# SPDX-License-Identifier: Apache-2.0
"""Downloads a model: only the files its engine needs, resumed, checked, into the shared cache."""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from selector.engines.base import Engine
from selector.engines.facts import FileFact, ModelFacts
from selector.errors import (
    HubAnswerBad,
    HubBusy,
    NotEnoughDisk,
    NoUsableWeights,
    UnsupportedModel,
)
from selector.hub import checked
from selector.hub.candidate import LocalModel
from selector.hub.client import HubClient
from selector.hub.facts import COMMIT, facts_from_info, planned_weights
from selector.hub.fetching import Fetcher
from selector.hub.hashes import Digests, HashMemory
from selector.hub.job import Job, Source
from selector.hub.journal import written
from selector.hub.layout import (
    blob_name,
    link,
    repo_folder,
    snapshot_file,
    sync_folder,
    write_ref,
)
from selector.hub.patience import Patience
from selector.hub.progress import Meter, Progress
from selector.hub.ranges import total
from selector.hub.storage import RESERVE_BYTES, free_bytes, storage_problem
from selector.hub.waiting import countdown, interruptible
from selector.reference import Reference
from selector.tasks.base import Task

HASHES = "hashes.json"
_TELLING_BYTES = 4_000_000
"""Less says more about the requests than about the link."""


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


@dataclass(frozen=True, slots=True)
class Places:
    """Where a download goes: the Hugging Face cache, and Petit's folder of parts."""

    cache: Path
    downloads: Path


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that came over the network, and was not in the cache before."""

    file: FileFact
    sha256: str


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a download gave: the model, what was fetched for it, and how fast."""

    model: LocalModel
    files: tuple[FileFact, ...]
    """All files of the form, as promised: fetched now or here already."""
    fetched: tuple[Fetched, ...]
    bytes_per_s: float | None
    """Of what came over the network; None when it was too little to tell."""


def pull(
    client: HubClient,
    ref: Reference,
    task: Task | None,
    engine: Engine,
    precision: str,
    *,
    places: Places,
    progress: Callable[[Progress], None],
    cancelled: Callable[[], bool],
    free: Callable[[Path], int] = free_bytes,
    patience: Patience | None = None,
    fetched: Callable[[str, Fetched], None] | None = None,
    branch: str | None = None,
    xet: bool = False,
) -> Pulled:
    """Download what ``engine`` needs of ``ref``; every file is checked, also those already here.

    ``fetched`` is told the commit and each file as soon as it is in the cache, on some thread.
    ``branch`` is what ``ref`` was before it was pinned. With ``xet`` large files are first asked of
    huggingface_hub's Xet client, which neither resumes nor reports; what it brings is checked all the
    same, and what it does not bring is fetched as ever.

    Raises HubProblem, DownloadProblem, UnsupportedModel, Cancelled.
    """
    raw = described(client, ref, progress, cancelled, patience or Patience())
    planned = plan(raw, ref, task, engine, precision)
    this = _Pull(client, planned, places, progress, cancelled, fetched)
    try:
        if xet:
            this.try_xet()
        return this.run(branch or ref.revision or "main", free, patience)
    except OSError as error:
        raise storage_problem(error, places.cache, planned.total_bytes) from error
    finally:
        this.memory.save()


def described(
    client: HubClient,
    ref: Reference,
    progress: Callable[[Progress], None],
    cancelled: Callable[[], bool],
    patience: Patience,
) -> dict[str, Any]:
    """What the Hub says of ``ref``; a busy Hub is waited for, with a countdown. Raises HubProblem."""
    for refused in itertools.count(1):
        try:
            return interruptible(
                lambda: client.model_info(ref.repo, ref.revision, security=True), cancelled
            )
        except HubBusy as problem:
            pause = patience.pause(problem, refused)
            if pause is None:
                raise
            countdown(
                pause,
                lambda left: progress(Progress("", 0, 0, state="waiting", wait_s=left)),
                cancelled,
            )
    raise AssertionError("unreachable")


class _Pull:
    """One model's download."""

    def __init__(
        self,
        client: HubClient,
        planned: Plan,
        places: Places,
        progress: Callable[[Progress], None],
        cancelled: Callable[[], bool],
        fetched: Callable[[str, Fetched], None] | None,
    ) -> None:
        self._client, self._plan, self._cancelled = client, planned, cancelled
        self._places, self._tell = places, fetched
        self._folder = repo_folder(places.cache, planned.facts.repo)
        self._meter = Meter(planned.total_bytes, progress, revision=planned.facts.revision)
        self._sha256: dict[str, str] = {}
        self._fetched: list[Fetched] = []
        self.memory = HashMemory(places.downloads / HASHES)

    def run(self, revision: str, free: Callable[[Path], int], patience: Patience | None) -> Pulled:
        """Check what is here, fetch the rest, link, remember."""
        facts, files = self._plan.facts, self._plan.files
        self._meter.at(files[-1].path, 0, now=True, state="checking")
        missing = [file for file in files if not self._is_here(file)]
        self._check_disk(missing, free)
        jobs = [self._job(file) for file in missing]
        before = self._plan.total_bytes - sum(file.size for file in missing)
        rate = None
        if jobs:
            fetcher = Fetcher(
                self._client, jobs, self._meter, self._finished, before=before, patience=patience
            )
            began = time.monotonic()
            fetcher.run(self._cancelled, free)
            spent = time.monotonic() - began
            rate = fetcher.received / spent if fetcher.received >= _TELLING_BYTES else None
        for file in files:  # weights last: a snapshot that has them has everything else
            self._link(file)
        sync_folder(self._folder / "blobs")
        self._meter.at(files[-1].path, self._plan.total_bytes, now=True)
        if not COMMIT.fullmatch(revision):
            write_ref(self._folder, revision, facts.revision)
        model = LocalModel(
            ref=f"{facts.repo}@{facts.revision}",
            repo=facts.repo,
            revision=facts.revision,
            path=str(self._folder / "snapshots" / facts.revision),
            bytes=self._plan.total_bytes,
            verified=all(blob_name(file) for file in files),
            files=tuple(sorted((file.path, self._sha256[file.path], file.size) for file in files)),
        )
        return Pulled(model, tuple(files), tuple(self._fetched), rate)

    def try_xet(self) -> None:
        """Let huggingface_hub bring the large files that are not here. Raises Cancelled."""
        repo, revision = self._plan.facts.repo, self._plan.facts.revision
        for file in self._plan.files:
            if file.sha256 is None or self._blob(file).is_file():
                continue
            self._meter.at(file.path, 0, now=True, state="checking")
            call = partial(self._client.by_xet, repo, revision, file.path, self._places.cache)
            if not interruptible(call, self._cancelled):
                return  # nobody serves Xet here

    def _job(self, file: FileFact) -> Job:
        source = Source(self._plan.facts.repo, self._plan.facts.revision, file)
        return Job(source, self._part(file), self._blob(file))

    def _key(self, file: FileFact) -> str:
        """A name for the content: the promised hash, or for want of one where it comes from."""
        where = f"{self._plan.facts.repo}@{self._plan.facts.revision}/{file.path}"
        return blob_name(file) or hashlib.sha256(where.encode()).hexdigest()

    def _blob(self, file: FileFact) -> Path:
        return self._folder / "blobs" / self._key(file)

    def _part(self, file: FileFact) -> Path:
        return self._places.downloads / f"{self._key(file)}.part"

    def _is_here(self, file: FileFact) -> bool:
        """Whether the cache has the promised content, whoever brought it. Raises OSError, Cancelled."""
        blob = self._blob(file)
        if not blob.is_file():
            blob.unlink(missing_ok=True)  # a link to nowhere
            return False
        digests = self.memory.of(blob.resolve(), self._cancelled)
        if not digests.keeps(file):
            # Damaged, by the disk or by a client that does not check. The name promises another
            # content, so nobody loses anything.
            blob.unlink()
            return False
        self._sha256[file.path] = digests.sha256
        return True

    def _check_disk(self, missing: list[FileFact], free: Callable[[Path], int]) -> None:
        """Raises NotEnoughDisk before the first byte, not after the last that fits."""
        need = 0
        for file in missing:
            need += file.size - total(written(self._part(file), file.size), file.size)
        if not need:
            return
        for place in (self._places.cache, self._places.downloads):
            have = free(place)
            if need + RESERVE_BYTES > have:
                raise NotEnoughDisk(
                    need_bytes=need + RESERVE_BYTES, have_bytes=have, path=str(place)
                )

    def _finished(self, job: Job, digests: Digests, mine: bool) -> None:
        file = job.source.file
        self._sha256[file.path] = digests.sha256
        self.memory.put(job.blob.resolve(), digests)
        if not job.small:
            self.memory.save()  # a killed process need not read it all again
        if mine:
            self._fetched.append(Fetched(file, digests.sha256))
            if self._tell is not None:
                self._tell(self._plan.facts.revision, self._fetched[-1])

    def _link(self, file: FileFact) -> None:
        link(self._blob(file), snapshot_file(self._folder, self._plan.facts.revision, file.path))
