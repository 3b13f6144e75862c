# SPDX-License-Identifier: Apache-2.0
"""Step 2: say what is to be done, choose the task, give examples of one's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from selector.errors import PetitError
from selector.hub.candidate import Reason
from selector.store.projects import Project
from ui.background import Job
from ui.messages import show_error
from ui.pages.examples_panel import ExamplesPanel
from ui.pages.examples_summary import ExamplesSummary, summarise
from ui.pages.labels import label
from ui.pages.task_cards import TaskCards
from ui.services import Services
from ui.widgets.message_banner import MessageBanner

WORDS_PAUSE_MS = 400


class TaskPage(QWidget):
    """What to do, and on what."""

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        text = services.wording.text
        self.title = text("task.title")
        self._reading: Job | None = None
        self._read: tuple[str | None, str | None, str | None] | None = None
        self._project_id: int | None = None

        self.words = QLineEdit()
        self.words.setPlaceholderText(text("task.placeholder"))
        self.words.setAccessibleName(text("task.question"))
        self.words.setClearButtonEnabled(True)
        self.words.textChanged.connect(self._words_changed)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(WORDS_PAUSE_MS)
        self._pause.timeout.connect(self._keep_words)
        self.cards = TaskCards(services.wording)
        self.cards.chosen.connect(self._task_chosen)
        self.examples = ExamplesPanel(services.wording)
        self.examples.file_chosen.connect(self._file_chosen)
        self.examples.columns_chosen.connect(self._columns_chosen)
        self.examples.inputs_typed.connect(self._inputs_typed)
        self.banner = MessageBanner(services.theme, services.wording)
        self.banner.hide()
        self.next = QPushButton(text("task.next"))
        self.next.setProperty("kind", "primary")
        self.next.clicked.connect(self._go_on)
        self._why_not = label("", "muted")
        self._lay_out()

    # -- the page's contract ------------------------------------------------------------------------

    def show_project(self, project: Project) -> None:
        """Render the project."""
        if project.id != self._project_id:
            self._project_id = project.id
            self._pause.stop()
            self.words.blockSignals(True)
            self.words.setText(project.words)
            self.words.blockSignals(False)
            self._match()
        self.cards.choose(project.task)
        self.examples.show_inputs(project.inputs)
        self._read_file(project)
        text = self._services.wording.text
        self.next.setEnabled(project.task is not None)
        self._why_not.setText("" if project.task else text("task.need_task"))

    def activate(self) -> None:
        """The page became visible."""
        if self._services.project.task is None:
            self.words.setFocus()

    # -- task ---------------------------------------------------------------------------------------

    def _words_changed(self) -> None:
        self._match()
        self._pause.start()

    def _match(self) -> None:
        matched = self._services.desk.match_tasks(self.words.text())
        self.cards.show_tasks([task for task, _ in matched])

    def _keep_words(self) -> None:
        project, words = self._services.project, self.words.text().strip()
        if words == project.words:
            return
        title = words[:80] if words and not project.sample else project.title
        self._services.change_project(replace(project, words=words, title=title))

    def _task_chosen(self, task_id: str) -> None:
        project = self._services.project
        if task_id != project.task:
            # Contestants and results belong to the task they were made for.
            self._services.change_project(
                replace(
                    project,
                    task=task_id,
                    words=self.words.text().strip(),
                    refs=(),
                    evaluation=None,
                    decision_file=None,
                )
            )

    def _go_on(self) -> None:
        self._services.go_to(2)

    # -- examples -----------------------------------------------------------------------------------

    def _file_chosen(self, path: str) -> None:
        self._services.change_project(
            replace(
                self._services.project,
                data_path=path or None,
                input_column=None,
                label_column=None,
                evaluation=None,
                decision_file=None,
            )
        )

    def _columns_chosen(self, input_column: str, label_column: str) -> None:
        self._services.change_project(
            replace(
                self._services.project,
                input_column=input_column or None,
                label_column=label_column or None,
                evaluation=None,
                decision_file=None,
            )
        )

    def _inputs_typed(self, inputs: tuple[str, ...]) -> None:
        if inputs != self._services.project.inputs:
            self._services.change_project(replace(self._services.project, inputs=inputs))

    def _read_file(self, project: Project) -> None:
        wanted = (project.data_path, project.input_column, project.label_column)
        if wanted == self._read:
            return
        self._read = wanted
        if self._reading:
            self._reading.drop()
            self._reading = None
        self.banner.hide()
        if project.data_path is None:
            self.examples.show_file(None)
            return
        path = Path(project.data_path)
        self.examples.show_file(project.data_path, self._services.wording.text("task.reading"))

        def read(_cancelled: Callable[[], bool], _progress: Callable[[Any], None]) -> Any:
            return summarise(path, project.input_column, project.label_column)

        self._reading = self._services.background.run(
            "examples", read, on_done=self._show_summary, on_error=self._show_problem
        )

    def _show_summary(self, summary: ExamplesSummary) -> None:
        self._reading = None
        project = self._services.project
        self.examples.show_file(project.data_path)
        self.examples.show_summary(summary)
        # Guessed columns are written down, so that the evaluation uses what was shown.
        seen = replace(
            project,
            input_column=summary.input_column,
            label_column=summary.label_column,
            inputs=project.inputs or summary.inputs,
        )
        self._read = (seen.data_path, seen.input_column, seen.label_column)
        self._look_closer()
        if seen != project:
            self._services.change_project(seen)

    def _look_closer(self) -> None:
        """What takes longer than reading: its warnings are added when they are there."""
        path, source, answers = self._read or (None, None, None)
        if path is None:
            return
        desk, file = self._services.desk, Path(path)
        self._reading = self._services.background.run(
            "examples",
            lambda cancelled, _progress: desk.check_examples(file, source, answers, cancelled),
            on_done=self._show_findings,
            on_error=self._show_problem,
        )

    def _show_findings(self, found: tuple[Reason, ...]) -> None:
        self._reading = None
        self.examples.preview.add_warnings(found)

    def _show_problem(self, error: PetitError) -> None:
        self._reading = None
        self.examples.show_file(self._services.project.data_path)
        show_error(self.banner, error, self._services.wording)

    # -- layout -------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        text = self._services.wording.text
        column = QVBoxLayout(self)
        column.setContentsMargins(32, 24, 32, 24)
        column.setSpacing(12)
        column.addWidget(label(self.title, "title"))
        column.addWidget(label(text("task.purpose"), "muted"))
        question = label(text("task.question"), "section")
        question.setBuddy(self.words)
        column.addSpacing(4)
        column.addWidget(question)
        column.addWidget(self.words)
        column.addWidget(self.cards)
        column.addSpacing(12)
        column.addWidget(label(text("task.examples"), "section"))
        column.addWidget(label(text("task.examples_note"), "muted"))
        column.addWidget(self.banner)
        column.addWidget(self.examples)
        column.addStretch(1)
        bottom = QHBoxLayout()
        bottom.addWidget(self._why_not, 1)
        bottom.addWidget(self.next)
        column.addLayout(bottom)
