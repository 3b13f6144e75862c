# SPDX-License-Identifier: Apache-2.0
"""What the Hub's worker does with the models on this disk. The ops are described in service.py."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from selector.hub import library, results
from selector.hub.hashes import HashMemory
from selector.hub.layout import repo_folder
from selector.hub.leftovers import Leftover, leftovers, sweep
from selector.hub.request import NO_STORE, Request, ref_of
from selector.hub.shelf import Entry, Owned, shelf
from selector.store.database import Database
from selector.store.fetched import fetched_files, forget_fetched

_TOLD_EVERY = 16_000_000


class LibraryRequest(Request):
    """Requests that touch only this disk."""

    def _owned(self) -> Owned:
        known: set[tuple[str, str, str]] = set()
        with suppress(*NO_STORE), Database(self.locations.create().database) as database:
            known = {(f.repo, f.revision, f.path) for f in fetched_files(database)}
        return lambda repo, revision, path: (repo, revision, path) in known

    def _shelf(self) -> list[Entry]:
        return shelf(self.cache, HashMemory(self.hashes), self._owned())

    def library(self) -> dict[str, Any]:
        """See service.py."""
        return {"models": [results.local_to_json(model) for model in self._models()]}

    def shelf(self) -> dict[str, Any]:
        """See service.py."""
        unfinished = leftovers(self.locations.downloads, self.cache)
        return {
            "entries": [entry.to_json() for entry in self._shelf()],
            "leftovers": [item.to_json() for item in unfinished],
        }

    def verify(self) -> dict[str, Any]:
        """See service.py."""
        refs = self.args.get("refs")
        entries = [e for e in self._shelf() if refs is None or e.ref in refs]
        told = [-_TOLD_EVERY]

        def progress(name: str, done: int, total: int) -> None:
            if done - told[0] >= _TOLD_EVERY or done >= total:
                told[0] = done
                self.emit({"file": name, "done_bytes": done, "total_bytes": total})

        checked = library.verify_entries(entries, self.cache, self.hashes, progress, self.cancelled)
        return {"checked": [one.to_json() for one in checked]}

    def remove(self) -> dict[str, Any]:
        """See service.py."""
        entry = library.remove(
            ref_of(self.args),
            self.cache,
            self._owned(),
            confirmed=bool(self.args.get("confirmed")),
            extra=self.extra,
        )
        with suppress(*NO_STORE), Database(self.locations.create().database) as database:
            forget_fetched(database, entry.repo, entry.revision)
        return {"freed_bytes": entry.frees_bytes, "entry": entry.to_json()}

    def sweep(self) -> dict[str, Any]:
        """See service.py."""
        foreign = bool(self.args.get("foreign"))
        paths = self.args.get("paths")

        def wanted(item: Leftover) -> bool:
            return paths is None or item.path in paths

        freed = sweep(self.locations.downloads, self.cache, wanted=wanted, foreign=foreign)
        return {"freed_bytes": freed}

    def discard(self) -> dict[str, Any]:
        """See service.py."""
        repo, revision = ref_of(self.args).repo, self.args.get("revision")

        def wanted(item: Leftover) -> bool:
            return item.repo == repo and item.revision == revision

        freed = sweep(self.locations.downloads, self.cache, wanted=wanted)
        return {"freed_bytes": freed + self._discard_unshown(repo, revision)}

    def _discard_unshown(self, repo: str, revision: object) -> int:
        """Blobs that we have fetched for a commit whose download was given up before it was shown."""
        folder = repo_folder(self.cache, repo)
        if not isinstance(revision, str) or (folder / "snapshots" / revision).exists():
            return 0
        freed = 0
        with suppress(*NO_STORE), Database(self.locations.create().database) as database:
            mine = [f for f in fetched_files(database, repo) if f.revision == revision]
            others = {e.path for e in self._shelf() if e.repo == repo}
            if not others:
                for file in mine:
                    with suppress(OSError):
                        (folder / "blobs" / file.blob).unlink()
                        freed += file.size
            forget_fetched(database, repo, revision)
        return freed
