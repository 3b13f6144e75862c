# SPDX-License-Identifier: Apache-2.0
"""Step 4: the same inputs through every chosen model, side by side."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from selector.errors import PetitError
from selector.store.projects import Project
from selector.tasks.base import Task
from selector.trial.fairness import AGAIN
from ui.messages import message_of
from ui.pages.announce import announce
from ui.pages.labels import label
from ui.pages.run_keys import bind_run
from ui.pages.try_board import TryBoard
from ui.pages.try_inputs import TryInputs
from ui.pages.try_run import TryRun
from ui.pages.try_settings import TrySettings
from ui.services import Services
from ui.theme.tokens import SPACE
from ui.widgets.empty_state import EmptyState
from ui.widgets.message_banner import MessageBanner
from ui.widgets.plain import restyle

TASK_STEP, CANDIDATES_STEP, DECIDE_STEP = 1, 2, 4


class TryPage(QWidget):
    """Inputs on top, a column for each contestant below."""

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        text = services.wording.text
        self.title = text("try.title")
        self._shown: tuple[int | None, str | None, tuple[str, ...]] | None = None
        self._task: Task | None = None

        self.inputs = TryInputs(services.wording)
        self.inputs.edited.connect(self._keep_inputs)
        self.inputs.run_asked.connect(self.run)
        self.blind = QCheckBox(text("try.blind"))
        self.blind.setToolTip(text("try.blind_tip"))
        self.settings = TrySettings(services.wording)
        self.settings.run_asked.connect(self.run)
        self.run_button = QPushButton(text("try.run"))
        self.run_button.setToolTip(text("try.run_tip"))
        self.run_button.clicked.connect(self.run)
        self.cancel_button = QPushButton(text("try.cancel"))
        self.cancel_button.clicked.connect(self.cancel)
        self.status = label("", "muted")
        self.banner = MessageBanner(services.theme, services.wording)
        self.banner.action_asked.connect(self._to_candidates)
        self.board = TryBoard(services.theme, services.wording)
        self.trial = TryRun(services, self.board, self)
        self.trial.moved.connect(self._show_progress)
        self.trial.finished.connect(self._finished)
        self.trial.cancelled.connect(self._cancelled)
        self.trial.failed.connect(self._failed)
        self.blind.toggled.connect(self.trial.hide_names)
        self.next_button = QPushButton(text("try.next"))
        self.next_button.setToolTip(text("try.next_note"))
        self.next_button.clicked.connect(self._to_decide)
        self.empty = EmptyState(services.theme)
        self.empty.action_asked.connect(self._empty_action)
        bind_run(self, self.run)
        self._lay_out()
        self._show_buttons()

    # -- the page's contract ------------------------------------------------------------------------

    def show_project(self, project: Project) -> None:
        """Render the project; other models or another task start afresh."""
        wanted = (project.id, project.task, project.refs)
        if wanted != self._shown:
            self._shown = wanted
            self._start_afresh(project)
        if self._task is not None:
            self.inputs.show_inputs(project.inputs)
        self._show_buttons()

    def activate(self) -> None:
        """The page became visible: find out which models exactly are there."""
        self.trial.identify()

    # -- running ------------------------------------------------------------------------------------

    def run(self) -> None:
        """Run what is written through every contestant."""
        if self.trial.running or self._task is None or not self.trial.seats:
            return
        self.inputs.flush()
        inputs = self.inputs.inputs()
        if not inputs:
            self.status.setText(self._services.wording.text("try.need_input"))
            self.inputs.box.setFocus()
            return
        if not self.settings.complete():
            self.status.setText(self._services.wording.text("try.need_categories"))
            self.settings.categories.setFocus()
            return
        self._keep_inputs(inputs)
        self.banner.hide()
        self.trial.start(inputs, self.settings.labels(), self.settings.values())
        self._show_buttons()
        self._show_progress()

    def cancel(self) -> None:
        """Stop the trial; answers that arrived stay."""
        self.trial.cancel()
        if self.trial.stopping:
            self.cancel_button.setEnabled(False)
            self.status.setText(self._services.wording.text("try.stopping"))

    def _failed(self, error: PetitError) -> None:
        self._show_buttons()
        self.status.setText("")
        message = message_of(error, self._services.wording)
        action = self._services.wording.text("try.choose_models")
        self.banner.show_message("error", message.text, message.hint, message.details, action)

    def _cancelled(self) -> None:
        self._show_buttons()
        self.status.setText(self._services.wording.text("try.stopped"))

    # -- what is shown ------------------------------------------------------------------------------

    def _start_afresh(self, project: Project) -> None:
        self.banner.hide()
        self.status.setText("")
        known = {task.id: task for task, _ in self._services.desk.match_tasks("")}
        self._task = known.get(project.task or "")
        self.trial.set_contestants(project.refs, self._task)
        if self._task is None or not self.trial.seats:
            self._show_empty("no_task" if self._task is None else "no_models")
            return
        self._stack.setCurrentWidget(self._content)
        self.inputs.show_task(self._task)
        self.settings.show_task(self._task)

    def _show_empty(self, kind: str) -> None:
        text = self._services.wording.text
        self.empty.set_content(
            "list-checks" if kind == "no_task" else "search",
            text(f"try.empty.{kind}"),
            text(f"try.empty.{kind}_text"),
            text(f"try.empty.{kind}_button"),
        )
        self._stack.setCurrentWidget(self.empty)

    def _empty_action(self) -> None:
        self._services.go_to(TASK_STEP if self._task is None else CANDIDATES_STEP)

    def _show_progress(self) -> None:
        if not self.trial.running or self.trial.stopping:
            return
        words, seats = self._services.wording, self.trial.seats
        loading = next((x for x in seats if x.phase == "loading"), None)
        if loading:
            self.status.setText(words.text("try.loading", name=loading.shown))
            return
        done = sum(len(seat.outputs) for seat in seats)
        total = len(self.trial.inputs) * len([x for x in seats if x.phase != "failed"])
        self.status.setText(words.text("try.progress", done=done, total=total))

    def _finished(self) -> None:
        self._show_buttons()
        words, seats = self._services.wording, self.trial.seats
        failed = sum(seat.phase == "failed" for seat in seats)
        worked = len(seats) - failed
        tried = words.text("try.inputs_count", n=len(self.trial.inputs))
        models = words.text("try.models_count", n=worked)
        parts = [words.text("try.done", inputs=tried, models=models)]
        if failed:
            parts.append(words.text("try.some_failed", n=failed))
        if worked > 1 and self._task and self._task.output_kind == "labels":
            differing = self.board.model.differing()
            key = "try.differing" if differing else "try.all_agree"
            parts.append(words.text(key, n=differing))
        if any(AGAIN & set(seat.measurement.notes) for seat in seats if seat.measurement):
            parts.append(words.text("try.noisy"))
        said = " ".join(parts)
        self.status.setText(said)
        announce(self, said)

    def _show_buttons(self) -> None:
        running, seats = self.trial.running, self.trial.seats
        tried = any(seat.phase == "done" for seat in seats) and not running
        self.run_button.setVisible(not running)
        self.cancel_button.setVisible(running)
        self.cancel_button.setEnabled(running)
        self.next_button.setEnabled(not running)
        for button, primary in ((self.run_button, not tried), (self.next_button, tried)):
            kind = "primary" if primary else ""
            if button.property("kind") != kind:
                button.setProperty("kind", kind)
                restyle(button)
        again = any(seat.outputs for seat in seats) and not running
        text = self._services.wording.text
        self.run_button.setText(text("try.run_again" if again else "try.run"))

    # -- going on -----------------------------------------------------------------------------------

    def _keep_inputs(self, inputs: tuple[str, ...]) -> None:
        project = self._services.project
        if project.inputs != inputs:
            self._services.change_project(replace(project, inputs=inputs))

    def _to_candidates(self) -> None:
        self._services.go_to(CANDIDATES_STEP)

    def _to_decide(self) -> None:
        self._services.go_to(DECIDE_STEP)

    def _lay_out(self) -> None:
        text = self._services.wording.text
        card = QFrame()
        card.setProperty("card", True)
        inside = QVBoxLayout(card)
        inside.setContentsMargins(SPACE.l, SPACE.m, SPACE.l, SPACE.m)
        inside.setSpacing(SPACE.s)
        inside.addWidget(self.inputs)
        inside.addWidget(self.settings)
        row = QHBoxLayout()
        row.setSpacing(SPACE.m)
        row.addWidget(self.status, 1)
        row.addWidget(self.blind)
        row.addWidget(self.cancel_button)
        row.addWidget(self.run_button)
        row.addWidget(self.next_button)
        inside.addLayout(row)
        self._content = QWidget()
        column = QVBoxLayout(self._content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.m)
        column.addWidget(card)
        column.addWidget(self.banner)
        column.addWidget(self.board, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._content)
        self._stack.addWidget(self.empty)
        page = QVBoxLayout(self)
        page.setContentsMargins(SPACE.xxl, SPACE.xl, SPACE.xxl, SPACE.xl)
        page.setSpacing(SPACE.m)
        page.addWidget(label(self.title, "title"))
        page.addWidget(label(text("try.purpose"), "muted"))
        page.addWidget(self._stack, 1)
