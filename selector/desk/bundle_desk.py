# SPDX-License-Identifier: Apache-2.0
"""The part of the desk that carries models to machines without a network, and takes them in there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selector.decide import document as documents
from selector.desk.export_desk import ExportDesk
from selector.desk.library_desk import ignore, never
from selector.desk.requests import OnTrial
from selector.errors import DecisionUnreadable, FormatUnsuited, StoreProblem, TargetExists
from selector.export_errors import BundleUnreadable
from selector.exports.bundle_manifest import BundledModel, Manifest
from selector.exports.bundle_placing import place
from selector.exports.bundle_reading import Bundle, opened
from selector.exports.bundle_writing import write_bundle
from selector.hub.candidate import Reason
from selector.hub.download import HASHES
from selector.hub.hashes import Digests, HashMemory
from selector.paths import hub_cache
from selector.store.fetched import FetchedFile, remember_fetched
from selector.trial.measurement import Contestant

Progress = Callable[[int, int], None]


def _quiet(_done: int, _total: int) -> None:
    """For callers that wait for the end."""


@dataclass(frozen=True, slots=True)
class Bundled:
    """A bundle that was written, and what there is to know about it."""

    file: Path
    bytes: int
    manifest: Manifest
    notes: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Imported:
    """What came in: models with the folder of their commit, and decision files."""

    models: tuple[tuple[BundledModel, Path], ...]
    decisions: tuple[Path, ...]


class BundleDesk(ExportDesk):
    """Blocking calls, from any thread; see Desk."""

    def bundle(
        self,
        given: Sequence[dict[str, Any]],
        target: Path,
        on_event: OnTrial = ignore,
        progress: Progress = _quiet,
        cancelled: Callable[[], bool] = never,
    ) -> Bundled:
        """Pack the chosen models of decision documents into one file.

        Raises TargetExists, TargetNotWritable, NotEnoughDisk, FormatUnsuited for a chat endpoint, and as
        ``pinned_here``.
        """
        if target.is_symlink() or target.exists():
            raise TargetExists(path=str(target))
        chosen: list[tuple[Contestant, Mapping[str, Any]]] = []
        notes: list[Reason] = []
        for document in given:
            contestant = self.pinned_here(document)
            if contestant.remote:
                facts = {"repo": contestant.ref, "engine": "endpoint", "task": document["task"]}
                raise FormatUnsuited(format="bundle", **facts)
            carried: Mapping[str, Any] = document
            if not document["samples"]:
                carried, said = self.with_samples(
                    document, contestant, needed=False, on_event=on_event
                )
                notes += said
            chosen.append((contestant, carried))
        manifest = write_bundle(chosen, target, progress, cancelled)
        return Bundled(target, target.stat().st_size, manifest, tuple(notes))

    def import_bundle(
        self, file: Path, progress: Progress = _quiet, cancelled: Callable[[], bool] = never
    ) -> Imported:
        """Check a whole bundle, then put its models into the model cache and keep its decisions.

        Raises BundleUnreadable, NotEnoughDisk, TargetNotWritable, PinnedFileDiffers, Cancelled; nothing
        of it is then left behind.
        """
        with opened(file) as bundle:
            bundle.verify(progress, cancelled)
            decisions = self._decisions(bundle, file, cancelled)
            saved: list[Path] = []
            try:
                for name, document in decisions.items():
                    target = self._free_decision(name)
                    saved.append(target)
                    documents.save(document, target)
                models = place(bundle, hub_cache(), progress, cancelled)
            except BaseException:
                for path in saved:
                    path.unlink(missing_ok=True)
                raise
        self._remember(models)
        return Imported(tuple(models), tuple(saved))

    def _remember(self, models: Sequence[tuple[BundledModel, Path]]) -> None:
        """That Petit brought them, and their hashes. What cannot be kept costs a question later."""
        memory = HashMemory(self.locations.downloads / HASHES)
        with suppress(StoreProblem, OSError), self._database() as database:
            for model, folder in models:
                for each in model.files:
                    memory.put((folder / each.path).resolve(), Digests(each.sha256, ""))
                    row = FetchedFile(model.repo, model.revision, each.path, each.sha256, each.size)
                    remember_fetched(database, row)
        memory.save()

    @staticmethod
    def _decisions(
        bundle: Bundle, file: Path, cancelled: Callable[[], bool]
    ) -> dict[str, dict[str, Any]]:
        """Every decision in it, which must pin files of it. Raises BundleUnreadable."""
        models = {(model.repo, model.revision): model for model in bundle.manifest.models}
        found = {}
        for each in bundle.manifest.decisions:
            name = Path(each.path).name
            if each.size > documents.MAX_BYTES:
                raise BundleUnreadable(path=str(file), reason="too_large", name=name)
            text = b"".join(bundle.blocks(each.path, cancelled))
            try:
                document = documents.parsed(text, name)
            except DecisionUnreadable as error:
                facts = {**error.facts, "path": str(file), "name": name}
                raise BundleUnreadable(**facts) from error
            pinned = document["contestant"] or {"repo": "", "revision": "", "files": []}
            model = models.get((pinned["repo"], pinned["revision"]))
            here = {(x.path, x.sha256, x.size) for x in model.files} if model else set()
            if not {(x["path"], x["sha256"], x["size"]) for x in pinned["files"]} <= here:
                raise BundleUnreadable(path=str(file), reason="contestant", name=name)
            found[name] = document
        return found

    def _free_decision(self, name: str) -> Path:
        stem = name.removesuffix(documents.SUFFIX)
        path, number = self.locations.decisions / name, 2
        while path.exists():
            path = self.locations.decisions / f"{stem}-{number}{documents.SUFFIX}"
            number += 1
        return path
