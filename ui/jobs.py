# SPDX-License-Identifier: Apache-2.0
"""Which job is open: opening, beginning, changing, keeping; the sample on the first start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from selector.desk.requests import SampleProject
from selector.errors import PetitError
from selector.store.projects import Project
from ui.decision_opening import project_of_decision
from ui.project_keeper import ProjectKeeper
from ui.services import Services

LONGEST_TITLE = 120
SAMPLE_STEP = 3
"""The sample opens where its results are one click away."""
OWN_STEP = 1
"""A job of one's own begins where it is described."""


class Jobs(QObject):
    """Changes the project in the services and keeps it.

    Signals:
        changed: the open job changed.
        opened: another job was opened; show its step.
        deleted: a job was deleted (Project); ``restore`` brings it back.
        sample_begun: the sample was made, on the first start.
        failed: a PetitError to show.
    """

    changed = Signal()
    opened = Signal(int)
    deleted = Signal(object)
    sample_begun = Signal()
    failed = Signal(PetitError)

    def __init__(self, services: Services, keeper: ProjectKeeper, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._keeper = keeper

    def recent(self) -> list[Project]:
        """Kept jobs, the one changed last first."""
        return self._keeper.recent()

    def change(self, project: Project) -> None:
        """Keep this state of the open job and show it everywhere."""
        self._services.project = project
        self._keeper.keep(project)
        self.changed.emit()

    def note_step(self, step: int) -> None:
        """Remember the step; pages need not hear of it."""
        if self._services.project.step != step:
            self._services.project = replace(self._services.project, step=step)
            self._keeper.keep(self._services.project)

    def open(self, project: Project) -> None:
        """Open a job at the step where it was left."""
        if project.id is None:
            project = self._keeper.create(project)
        self.change(project)
        self.opened.emit(project.step)

    def open_number(self, number: int) -> None:
        """Open the kept job with this id."""
        for project in self._keeper.recent():
            if project.id == number and number != self._services.project.id:
                self.open(project)

    def begin_own(self) -> None:
        """Begin a job of one's own."""
        self.open(Project(step=OWN_STEP))

    def rename(self, title: str) -> None:
        """Give the open job another name; an empty one changes nothing."""
        title = " ".join(title.split())[:LONGEST_TITLE]
        if title and title != self._services.project.title:
            self.change(replace(self._services.project, title=title, sample=False))

    def duplicate(self, title: str) -> None:
        """Open a copy of the open job, to go another way from here."""
        self.open(replace(self._services.project, id=None, title=title, sample=False))

    def delete(self) -> None:
        """Delete the open job and open the one changed last before it."""
        gone = self._services.project
        if gone.id is None or not self._keeper.delete(gone.id):
            return
        left = self._keeper.recent()
        if left:
            self.open(left[0])
        else:
            self.begin_own()
        self.deleted.emit(gone)

    def restore(self, project: Project) -> None:
        """Bring a deleted job back and open it."""
        self.open(replace(project, id=None))

    def begin_sample(self) -> None:
        """Make the job of the embedded sample."""
        self._run("sample", self._services.desk.sample, self._sample_read)

    def open_decision(self, path: Path) -> None:
        """Open a decision file as a job."""
        self._run("open", lambda: project_of_decision(self._services.desk, path), self.open)

    def resume(self) -> None:
        """Go on after every job of the background was dropped."""
        self._keeper.forget_job()
        if self._services.project.id is None and self._services.project.sample:
            self.begin_sample()

    def close(self) -> None:
        """Keep what waits and close the store."""
        self._keeper.close()

    def _sample_read(self, sample: SampleProject) -> None:
        if self._services.project.id is not None:
            return
        self.open(
            Project(
                title=sample.title,
                sample=True,
                task=sample.task.id,
                data_path=str(sample.data),
                input_column=sample.input_column,
                label_column=sample.label_column,
                inputs=sample.example_inputs,
                refs=sample.refs,
                margin=sample.margin,
                step=SAMPLE_STEP,
            )
        )
        if self._keeper.problem is None:
            self.sample_begun.emit()
        else:
            self.failed.emit(self._keeper.problem)

    def _run(self, name: str, call: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self._services.background.run(
            name, lambda _cancelled, _progress: call(), on_done=done, on_error=self._failed
        )

    def _failed(self, error: PetitError) -> None:
        self.failed.emit(error)
