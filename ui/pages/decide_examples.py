# SPDX-License-Identifier: Apache-2.0
"""Reads the project's file of examples in the background, once for each choice of file and columns."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from selector.decide.data import Examples, read_examples
from selector.errors import PetitError
from selector.store.projects import Project
from ui.background import Job
from ui.services import Services


class ExamplesReader(QObject):
    """The examples of the project shown.

    Signals:
        changed: reading began or ended.
        failed: a PetitError; there are no examples.
    """

    changed = Signal()
    failed = Signal(PetitError)

    def __init__(self, services: Services, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._wanted: tuple[str | None, str | None, str | None] | None = None
        self._job: Job | None = None
        self.examples: Examples | None = None

    @property
    def reading(self) -> bool:
        """Whether a file is being read."""
        return self._job is not None

    def read(self, project: Project) -> None:
        """Read the project's file unless that is what is known already."""
        wanted = (project.data_path, project.input_column, project.label_column)
        if wanted == self._wanted:
            return
        self.drop()
        self._wanted = wanted
        path, source, answers = wanted
        if path is not None:
            file = Path(path)
            self._job = self._services.background.run(
                "examples",
                lambda _cancelled, _progress: read_examples(file, source, answers),
                on_done=self._read,
                on_error=self._unread,
            )
        self.changed.emit()

    def drop(self) -> None:
        """Forget everything."""
        if self._job:
            self._job.drop()
        self._job, self._wanted, self.examples = None, None, None

    def _read(self, examples: Examples) -> None:
        self._job, self.examples = None, examples
        self.changed.emit()

    def _unread(self, error: PetitError) -> None:
        self._job = None
        self.changed.emit()
        self.failed.emit(error)
