# SPDX-License-Identifier: Apache-2.0
"""Keeps projects: every change is saved off the window's thread, in order, the newest state last."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from selector.errors import PetitError, TargetNotWritable
from selector.store.database import Database, set_aside
from selector.store.projects import Project, delete_project, recent_projects, save_project
from ui.background import Background

RECENT = 12


class ProjectKeeper:
    """One database, written by one job at a time.

    A database that cannot be opened means that nothing is kept; ``problem`` then says why.
    """

    def __init__(
        self, path: Path, background: Background, on_problem: Callable[[PetitError], None]
    ) -> None:
        self.problem: PetitError | None = None
        self._path = path
        self._background = background
        self._on_problem = on_problem
        self._lock = threading.Lock()
        self._waiting: dict[int, Project] = {}
        self._saving = False
        self._database: Database | None = None
        try:
            self._database = Database(path)
        except PetitError as error:
            self.problem = error

    def recent(self) -> list[Project]:
        """Kept projects, the one changed last first."""
        if self._database is None:
            return []
        try:
            with self._lock:
                found = recent_projects(self._database, RECENT)
        except PetitError:
            return []
        return [self._waiting.get(project.id or 0, project) for project in found]

    def create(self, project: Project) -> Project:
        """Keep a project that is new; returns it with its id."""
        if self._database is None:
            return project
        try:
            with self._lock:
                return replace(project, id=save_project(self._database, project))
        except PetitError as error:
            self._on_problem(error)
            return project

    def keep(self, project: Project) -> None:
        """Save this state soon; a newer state of the same project replaces it while it waits."""
        if self._database is None or project.id is None:
            return
        self._waiting.pop(project.id, None)
        self._waiting[project.id] = project
        self._save_next()

    def begin_anew(self) -> Path:
        """Move the database that could not be opened out of the way and make a new one.

        Gives the old one's new place. Raises StoreProblem, TargetNotWritable.
        """
        try:
            kept = set_aside(self._path)
        except OSError as error:
            raise TargetNotWritable(path=str(self._path)) from error
        self._database = Database(self._path)
        self.problem = None
        return kept

    def delete(self, number: int) -> bool:
        """Forget a project; whether that could be done."""
        self._waiting.pop(number, None)
        if self._database is None:
            return False
        try:
            # A save of it that is under way ends first, and brings it back to nobody.
            with self._lock:
                delete_project(self._database, number)
        except PetitError as error:
            self._on_problem(error)
            return False
        return True

    def forget_job(self) -> None:
        """Go on saving after the background dropped every job."""
        self._saving = False
        self._save_next()

    def close(self) -> None:
        """Save what waits, now, and close the database."""
        if self._database is None:
            return
        with self._lock:
            for project in self._waiting.values():
                try:
                    save_project(self._database, project)
                except PetitError:
                    break
            self._waiting.clear()
            self._database.close()
            self._database = None

    def _save_next(self) -> None:
        if self._saving or not self._waiting:
            return
        self._saving = True
        project = next(iter(self._waiting.values()))

        def save(_cancelled: Callable[[], bool], _progress: Callable[[Any], None]) -> Project:
            with self._lock:
                if self._database is not None:
                    save_project(self._database, project)
            return project

        self._background.run("save", save, on_done=self._saved, on_error=self._failed)

    def _saved(self, project: Project) -> None:
        self._saving = False
        if self._waiting.get(project.id or 0) is project:
            del self._waiting[project.id or 0]
        self._save_next()

    def _failed(self, error: PetitError) -> None:
        self._saving = False
        self._waiting.clear()
        self._on_problem(error)
