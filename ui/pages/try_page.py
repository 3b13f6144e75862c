# SPDX-License-Identifier: Apache-2.0
"""Step 4: the same inputs through every chosen model, side by side."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from selector.errors import PetitError
from selector.store.projects import Project
from selector.tasks.base import Task
from selector.tasks.outputs import Output
from selector.trial.measurement import Contestant, Measurement, TrialEvent
from ui.background import Job
from ui.messages import message_of
from ui.pages.labels import label
from ui.pages.try_board import TryBoard
from ui.pages.try_inputs import TryInputs
from ui.pages.try_state import BUSY, Seat, pin, seat_of, seats_of
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
        self._seats: list[Seat] = []
        self._pinned = False
        self._pinning: Job | None = None
        self._running: Job | None = None
        self._tried = 0

        self.inputs = TryInputs(services.wording)
        self.inputs.edited.connect(self._keep_inputs)
        self.inputs.run_asked.connect(self.run)
        self.run_button = QPushButton(text("try.run"))
        self.run_button.setToolTip(text("try.run_tip"))
        self.run_button.clicked.connect(self.run)
        self.cancel_button = QPushButton(text("try.cancel"))
        self.cancel_button.clicked.connect(self.cancel)
        self.status = label("", "muted")
        self.banner = MessageBanner(services.theme, services.wording)
        self.banner.action_asked.connect(self._to_candidates)
        self.board = TryBoard(services.theme, services.wording)
        self.next_button = QPushButton(text("try.next"))
        self.next_button.setToolTip(text("try.next_note"))
        self.next_button.clicked.connect(self._to_decide)
        self.empty = EmptyState(services.theme)
        self.empty.action_asked.connect(self._empty_action)
        for key in ("Ctrl+Return", "Ctrl+Enter"):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(self.run)
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
        if self._task is None or not self._seats or self._pinned or self._pinning:
            return
        refs, task, desk = [x.ref for x in self._seats], self._task.id, self._services.desk
        self._pinning = self._services.background.run(
            "library",
            lambda _cancelled, _progress: desk.contestants(refs, task),
            on_done=self._found,
            on_error=self._not_found,
        )

    # -- running ------------------------------------------------------------------------------------

    def run(self) -> None:
        """Run what is written through every contestant."""
        if self._running or self._task is None or not self._seats:
            return
        self.inputs.flush()
        inputs = self.inputs.inputs()
        if not inputs:
            self.status.setText(self._services.wording.text("try.need_input"))
            self.inputs.box.setFocus()
            return
        self._keep_inputs(inputs)
        self.banner.hide()
        for seat in self._seats:
            seat.forget()
            seat.phase = "waiting"
        self._tried = len(inputs)
        self.board.start(inputs, self._seats)
        refs, task, desk = [x.ref for x in self._seats], self._task.id, self._services.desk
        self._running = self._services.background.run(
            "try",
            lambda cancelled, progress: desk.try_models(refs, task, inputs, progress, cancelled),
            on_done=self._finished,
            on_progress=self._events,
            on_error=self._failed,
            on_cancelled=self._cancelled,
        )
        self._show_buttons()
        self._show_progress()

    def cancel(self) -> None:
        """Stop the trial; answers that arrived stay."""
        if self._running:
            self._running.cancel()
            self.cancel_button.setEnabled(False)
            self.status.setText(self._services.wording.text("try.stopping"))

    def _events(self, events: list[TrialEvent]) -> None:
        arrived: dict[tuple[int, int], Output] = {}
        pieces: dict[int, str] = {}
        touched: set[int] = set()
        for event in events:
            number = seat_of(self._seats, event.ref)
            if number is None:
                continue
            touched.add(number)
            self._seats[number].take(event)
            if event.kind == "partial":
                pieces[number] = pieces.get(number, "") + event.text
            elif event.output is not None:
                arrived[event.index, number] = event.output
        for number, piece in pieces.items():
            self.board.stream(number, piece)
        if arrived:
            self.board.add_answers(arrived)
        for number in touched:
            self.board.show_seat(number, self._seats[number])
        self._show_progress()

    def _finished(self, rows: tuple[Measurement, ...]) -> None:
        arrived: dict[tuple[int, int], Output] = {}
        for row in rows:
            number = seat_of(self._seats, row.ref)
            if number is None:
                continue
            seat = self._seats[number]
            seat.finish(row)
            arrived |= {(index, number): output for index, output in seat.outputs.items()}
            self.board.show_seat(number, seat)
        self.board.add_answers(arrived)
        self._ended()
        self._say_result()

    def _failed(self, error: PetitError) -> None:
        self._stop_seats()
        self._ended()
        self.status.setText("")
        self._show_error(error)

    def _cancelled(self) -> None:
        self._stop_seats()
        self._ended()
        self.status.setText(self._services.wording.text("try.stopped"))

    def _stop_seats(self) -> None:
        for number, seat in enumerate(self._seats):
            if seat.phase in BUSY:
                seat.phase = "stopped"
                self.board.show_seat(number, seat)

    def _ended(self) -> None:
        self._running = None
        self._show_buttons()

    # -- what is shown ------------------------------------------------------------------------------

    def _start_afresh(self, project: Project) -> None:
        for job in (self._pinning, self._running):
            if job:
                job.drop()
        self._pinning = self._running = None
        self._pinned = False
        self.banner.hide()
        self.status.setText("")
        known = {task.id: task for task, _ in self._services.desk.match_tasks("")}
        self._task = known.get(project.task or "")
        self._seats = seats_of(project.refs)
        if self._task is None or not self._seats:
            self._show_empty("no_task" if self._task is None else "no_models")
            return
        self._stack.setCurrentWidget(self._content)
        self.inputs.show_task(self._task)
        self.board.set_seats(self._seats, self._task.output_kind)

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

    def _found(self, contestants: tuple[Contestant, ...]) -> None:
        self._pinning, self._pinned = None, True
        pin(self._seats, contestants)
        for number, seat in enumerate(self._seats):
            self.board.show_seat(number, seat)

    def _not_found(self, error: PetitError) -> None:
        self._pinning = None
        self._show_error(error)

    def _show_error(self, error: PetitError) -> None:
        message = message_of(error, self._services.wording)
        action = self._services.wording.text("try.choose_models")
        self.banner.show_message("error", message.text, message.hint, message.details, action)

    def _show_progress(self) -> None:
        if not self._running or self._running.stop.is_set():
            return
        words = self._services.wording
        loading = next((x for x in self._seats if x.phase == "loading"), None)
        if loading:
            self.status.setText(words.text("try.loading", name=loading.name))
            return
        done = sum(len(seat.outputs) for seat in self._seats)
        total = self._tried * len([x for x in self._seats if x.phase != "failed"])
        self.status.setText(words.text("try.progress", done=done, total=total))

    def _say_result(self) -> None:
        words = self._services.wording
        failed = sum(seat.phase == "failed" for seat in self._seats)
        parts = [words.text("try.done", n=self._tried, models=len(self._seats) - failed)]
        if failed:
            parts.append(words.text("try.some_failed", n=failed))
        if len(self._seats) - failed > 1 and self._task and self._task.output_kind == "labels":
            differing = self.board.model.differing()
            key = "try.differing" if differing else "try.all_agree"
            parts.append(words.text(key, n=differing))
        said = " ".join(parts)
        self.status.setText(said)
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, said))

    def _show_buttons(self) -> None:
        running = self._running is not None
        tried = any(seat.phase == "done" for seat in self._seats) and not running
        self.run_button.setVisible(not running)
        self.cancel_button.setVisible(running)
        self.cancel_button.setEnabled(running)
        self.next_button.setEnabled(not running)
        for button, primary in ((self.run_button, not tried), (self.next_button, tried)):
            kind = "primary" if primary else ""
            if button.property("kind") != kind:
                button.setProperty("kind", kind)
                restyle(button)
        again = any(seat.outputs for seat in self._seats)
        text = self._services.wording.text
        self.run_button.setText(text("try.run_again" if again and not running else "try.run"))

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
        row = QHBoxLayout()
        row.setSpacing(SPACE.m)
        row.addWidget(self.status, 1)
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
