# SPDX-License-Identifier: Apache-2.0
"""The part of the desk that talks to the Hub's worker: downloads, the models on this disk, the token."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from selector.desk.download_process import DownloadProcess
from selector.desk.downloads import Downloads
from selector.desk.kept_worker import KeptWorker
from selector.desk.requests import (
    DownloadProgress,
    OnDownload,
    Shelf,
    checked_from_json,
    progress_of,
    shelf_from_json,
)
from selector.desk.sample import sample_models
from selector.engines.made_forms import made_forms, remove_made
from selector.errors import Cancelled
from selector.hub import library
from selector.hub.candidate import LocalModel
from selector.hub.download import HASHES
from selector.hub.library import Checked
from selector.paths import Locations, hub_cache
from selector.settings import Settings, load_settings, save_settings
from selector.store.downloads import Download
from selector.tasks.base import Language
from selector.trial.contestants import read_references
from selector.worker.client import WorkerClient


def never() -> bool:
    """For callers that cannot cancel."""
    return False


def ignore(_: object) -> None:
    """For callers that wait for the end."""


class LibraryDesk:
    """Blocking calls, from any thread; see Desk."""

    def __init__(
        self,
        locations: Locations,
        *,
        offline: bool = False,
        language: Language = "en",
        settings: Settings | None = None,
    ) -> None:
        self.locations = locations
        self.offline = offline
        self.language = language
        self.settings = settings or load_settings(locations.settings)
        """Of these, which Hub and how to reach it."""
        self._process = DownloadProcess(self._shared)
        self._queue: Downloads | None = None
        self._kept = KeptWorker("hub")
        self._open: set[WorkerClient] = set()
        self._lock = threading.Lock()
        self._opening = threading.Lock()

    def _shared(self) -> dict[str, Any]:
        """What every request to the Hub's worker needs; ``HF_ENDPOINT`` wins over the settings."""
        chosen = self.settings
        return {
            "data_dir": str(self.locations.data),
            "offline": self.offline,
            "extra": [str(sample_models())],
            "endpoint": None if os.environ.get("HF_ENDPOINT") else chosen.hub_address or None,
            "proxy": chosen.hub_proxy or None,
            "xet": chosen.hub_xet,
            "keyring_for": chosen.keyring_for or None,
        }

    def _hub(
        self,
        op: str,
        args: dict[str, Any],
        cancelled: Callable[[], bool],
        on_event: Callable[[dict[str, Any]], None] | None = None,
        at_once: bool = False,
    ) -> dict[str, Any]:
        """Ask the Hub's worker; with ``at_once`` its process ends the moment it is cancelled."""
        shared = self._shared()
        worker = self._kept.take()
        with self._lock:
            self._open.add(worker)
        try:
            found = worker.call(op, {**shared, **args}, on_event, cancelled)
        except BaseException as problem:
            self._let_go(worker)
            if at_once and isinstance(problem, Cancelled):
                worker.kill()
            worker.close(patience_s=0.2)
            raise
        self._let_go(worker)
        self._kept.give(worker)
        return found

    def _let_go(self, worker: WorkerClient) -> None:
        with self._lock:
            self._open.discard(worker)

    def pull(
        self,
        refs: Sequence[str],
        task: str | None,
        on_progress: OnDownload,
        cancelled: Callable[[], bool] = never,
    ) -> list[LocalModel]:
        """Download what is needed of each, verified. Raises HubProblem, DownloadProblem.

        What is cancelled or interrupted goes on when asked for again, and is in the window's queue.
        """
        names = [str(reference) for reference in read_references(refs)]
        queue = self._new_queue(patient=False)
        try:
            return queue.wait(
                queue.add(names, task), lambda item: on_progress(progress_of(item)), cancelled
            )
        finally:
            queue.close()
            self._process.close()

    @property
    def downloads(self) -> Downloads:
        """The window's queue, with what was left of it; made at the first call."""
        with self._opening:
            if self._queue is None:
                self._queue = self._new_queue(patient=True)
                self._queue.load()
            return self._queue

    def _new_queue(self, *, patient: bool) -> Downloads:
        return Downloads(
            self.locations.database,
            self.transfer,
            self._process.discard,
            self._process.close,
            patient=patient,
        )

    def transfer(
        self,
        item: Download,
        on_event: Callable[[dict[str, Any]], None],
        cancelled: Callable[[], bool],
    ) -> LocalModel:
        """One item of the queue, in the process that downloads."""
        return self._process.transfer(item, on_event, cancelled)

    # -- library ------------------------------------------------------------------------------------
    def library(self) -> list[LocalModel]:
        """Models on this disk, the sample's included."""
        return library.local_models(
            hub_cache(), (sample_models(),), self.locations.downloads / HASHES
        )

    def shelf(self, cancelled: Callable[[], bool] = never) -> Shelf:
        """Everything in the model cache, whoever put it there, what was not finished, what was made."""
        found = shelf_from_json(self._hub("shelf", {}, cancelled))
        return replace(found, made=made_forms(self.locations.made))

    def verify(
        self,
        refs: Sequence[str] | None,
        on_progress: OnDownload,
        cancelled: Callable[[], bool] = never,
    ) -> list[Checked]:
        """Read and hash all files of ``refs`` (None: of everything). Raises Cancelled."""

        def moved(event: dict[str, Any]) -> None:
            name, done, total = event["file"], event["done_bytes"], event["total_bytes"]
            on_progress(DownloadProgress("", str(name), int(done), int(total)))

        wanted = None if refs is None else list(refs)
        return checked_from_json(self._hub("verify", {"refs": wanted}, cancelled, moved))

    def remove(self, ref: str, *, confirmed: bool = False) -> int:
        """Delete a model, or the form of one that Petit made; returns the bytes freed.

        Raises NotDownloaded, and NotOurs for what another program has put there, unless ``confirmed``.
        """
        reference = read_references([ref])[0]
        if made := [
            form
            for form in made_forms(self.locations.made)
            if (form.repo.lower(), form.engine, form.precision)
            == (reference.repo.lower(), reference.engine, reference.precision)
        ]:
            return sum(remove_made(form) for form in made)
        args = {"ref": str(reference), "confirmed": confirmed}
        return int(self._hub("remove", args, never)["freed_bytes"])

    def sweep(self, paths: Sequence[str] | None = None, *, foreign: bool = False) -> int:
        """Delete unfinished files of Petit's, or these; others' only with ``foreign``. Gives bytes."""
        wanted = None if paths is None else list(paths)
        found = self._hub("sweep", {"paths": wanted, "foreign": foreign}, never)
        return int(found["freed_bytes"])

    # -- account ------------------------------------------------------------------------------------
    def account(self) -> dict[str, Any]:
        """Where the token comes from: ``source``, whether there is a ``keyring``, the ``endpoint``."""
        return self._hub("account", {}, never)

    def keep_token(self, token: str) -> str:
        """Keep a token; gives where: ``keyring`` or ``file``. Raises BadSetting, TokenNotKept."""
        found = self._hub("keep_token", {"token": token}, never)
        place = str(found["place"])
        if place == "keyring":
            self._keep_settings(replace(self.settings, keyring_for=str(found["endpoint"])))
        self._process.close()
        self._kept.drop()
        return place

    def forget_token(self) -> None:
        """Take the token out of the keyring."""
        self._hub("forget_token", {}, never)
        self._keep_settings(replace(self.settings, keyring_for=""))
        self._process.close()
        self._kept.drop()

    def _keep_settings(self, settings: Settings) -> None:
        self.settings = settings
        save_settings(self.locations.settings, settings)

    def close(self) -> None:
        """End every process that the desk started; the queue of downloads is kept."""
        with self._opening:
            queue, self._queue = self._queue, None
        if queue is not None:
            queue.close()
        self._process.close()
        self._kept.close()
        with self._lock:
            workers = list(self._open)
        for worker in workers:
            worker.kill()
