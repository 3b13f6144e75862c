# SPDX-License-Identifier: Apache-2.0
"""Step 5: every model on all labelled examples; the smallest that is good enough, with the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from selector.decide.label_names import pairs_of
from selector.decide.verdict_facts import Basis, Evaluation
from selector.desk.requests import Evaluated, EvaluateRequest
from selector.endpoint_errors import ConsentNeeded
from selector.errors import PetitError
from selector.store.projects import Project
from selector.tasks.base import Task
from selector.trial.measurement import Measurement, TrialEvent
from ui.background import Job
from ui.messages import message_of
from ui.models.stored_evaluation import stored_evaluation
from ui.pages.announce import announce
from ui.pages.ask_session import ways_of
from ui.pages.decide_ask_flow import DecideAskFlow
from ui.pages.decide_disagreements import ContestedReader
from ui.pages.decide_empty import TASK_STEP, missing, show_missing, step_for
from ui.pages.decide_examples import ExamplesReader
from ui.pages.decide_export import DecideExport
from ui.pages.decide_llm_flow import LLM, DecideLlmFlow
from ui.pages.decide_progress import DecideProgress
from ui.pages.decide_question import DecideQuestion
from ui.pages.decide_results import DecideResults
from ui.pages.decide_sentences import headline, points
from ui.pages.labels import label
from ui.pages.run_keys import bind_run
from ui.services import Services
from ui.theme.tokens import SPACE
from ui.widgets.empty_state import EmptyState
from ui.widgets.message_banner import MessageBanner

METRIC, RACE, COST = "metric", "race", "cost"
FAILED, MEANINGS, TESTS, TARGETS = "failed", "label_map", "tests", "targets"
"""Keys in the project's extra facts of what the user chose."""


class DecidePage(QWidget):
    """The question on top, the answer below."""

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self.title = services.wording.text("decide.title")
        self._project_id: int | None = None
        self._task: Task | None = None
        self._evaluation: Evaluation | None = None
        self._rendered: tuple[Evaluation | None, bool, str | None] | None = None
        self._rows: tuple[Measurement, ...] = ()
        self._running: Job | None = None

        self.examples = ExamplesReader(services, self)
        self.examples.changed.connect(self._data_read)
        self.examples.failed.connect(self._data_unread)
        theme, wording = services.theme, services.wording
        self.question = DecideQuestion(wording)
        self.question.margin_changed.connect(self._take_margin)
        self.question.metric_changed.connect(lambda metric: self._take(METRIC, metric))
        self.question.cost_changed.connect(lambda cost: self._take(COST, cost))
        self.question.race_changed.connect(self._take_race)
        self.question.measure_asked.connect(lambda: self.measure())
        self.question.cancel_asked.connect(self.cancel)
        self.banner = MessageBanner(theme, wording)
        self.banner.action_asked.connect(self._to_task)
        self.progress = DecideProgress(wording)
        self.progress.hide()
        self.results = DecideResults(theme, wording)
        self.results.examples_asked.connect(self._to_task)
        self.results.margin_asked.connect(self._take_margin)
        self.results.tests_asked.connect(lambda: self._take(TESTS, True))
        self.results.target_asked.connect(lambda target: self._take(TARGETS, [target]))
        self.results.verdict.failed_asked.connect(lambda failed: self._take(FAILED, failed))
        self.results.verdict.meanings_asked.connect(
            lambda pairs: self._take(MEANINGS, [list(pair) for pair in pairs])
        )
        self.results.hide()
        self.llm = DecideLlmFlow(services, self.results.llm, lambda: self.examples.examples, self)
        self.llm.measure_asked.connect(self.measure)
        self.asking = DecideAskFlow(services, self.llm.refs, self)
        self.asking.offer.llm_asked.connect(self.llm.ask)
        self.asking.offer.leave_asked.connect(self.llm.leave)
        self.asking.moved.connect(self._events)
        self.asking.changed.connect(self._asking_changed)
        self.asking.concluded.connect(self._evaluated)
        self.asking.stopped.connect(self._cancelled)
        self.asking.failed.connect(self._failed)
        self._contested = ContestedReader(services, self.results.disagreements)
        self.export = DecideExport(services)
        self.export.failed.connect(self._show_error)
        self.results.add_below_verdict(self.export)
        self.waiting = EmptyState(theme)
        self.empty = EmptyState(theme)
        self.empty.action_asked.connect(self._empty_action)
        bind_run(self, self.measure)
        self._lay_out()

    # -- the page's contract ------------------------------------------------------------------------

    def show_project(self, project: Project) -> None:
        """Render the project, its last evaluation included."""
        if project.id != self._project_id:
            self._project_id = project.id
            self._drop_jobs()
            self._rows = ()
            self.banner.hide()
            self.question.say("")
        known = {task.id: task for task, _ in self._services.desk.match_tasks("")}
        self._task = known.get(project.task or "")
        self._show_evaluation(project)
        if kind := missing(project, self._task):
            show_missing(self.empty, kind, self._services.wording)
            self._stack.setCurrentWidget(self.empty)
            return
        self._stack.setCurrentWidget(self._content)
        self.question.show_margin(project.margin)
        self.question.show_cost(project.extra.get(COST, "parameters"))
        if self._task is not None:
            self.question.show_metrics(self._task.metrics, project.extra.get(METRIC))
            race = project.extra.get(RACE) is True
            self.question.show_race(race, str(self.question.metric_box.currentData()))
        self.examples.read(project)
        self._show_asking(project)
        self._show_buttons()

    def activate(self) -> None:
        """The page became visible: what is contested needs the examples' texts."""
        if not self._contested.reading and not self.results.disagreements.model.rowCount():
            self._contested.read(self._evaluation, self._services.project, self._rows)

    # -- measuring ----------------------------------------------------------------------------------

    def measure(self, send: bool = False) -> None:
        """Measure what is not measured yet, and decide; ``send``: the user agreed to what an LLM gets."""
        self.question.flush()
        examples = self.examples.examples
        if examples is not None and examples.labels is None:
            self.asking.vote(send=send)  # nothing to measure with: a person judges
            return
        project, desk = self._services.project, self._services.desk
        if self._busy() or not self._ready() or project.task is None or not project.data_path:
            return
        racing = self.question.race.isChecked()
        request = EvaluateRequest(
            refs=self.llm.refs(project),
            task=project.task,
            data=Path(project.data_path),
            input_column=project.input_column,
            label_column=project.label_column,
            metric=project.extra.get(METRIC),
            margin=project.margin,
            cost=project.extra.get(COST, "parameters"),
            failed="wrong" if racing else project.extra.get(FAILED, "wrong"),
            label_map=pairs_of(project.extra.get(MEANINGS)),
            tests=bool(project.extra.get(TESTS)),
            targets=tuple(project.extra.get(TARGETS, ())),
            send=send,
            race=racing,
        )
        self._start_progress(request.refs, "decide.starting", race=request.race)
        self._running = self._services.background.run(
            "evaluate",
            lambda cancelled, progress: desk.evaluate(request, progress, cancelled),
            on_done=self._evaluated,
            on_progress=self._events,
            on_error=self._failed,
            on_cancelled=self._cancelled,
        )
        self._show_buttons()

    def cancel(self) -> None:
        """Stop measuring; what is measured stays."""
        if not self._busy():
            return
        if self._running:
            self._running.cancel()
        self.asking.cancel()
        self.question.cancel.setEnabled(False)
        self.question.say(self._services.wording.text("decide.stopping"))

    def _start_progress(self, refs: Sequence[str], said: str, *, race: bool = False) -> None:
        self.banner.hide()
        examples = self.examples.examples
        self.progress.start(refs, len(examples.inputs) if examples else 0, race=race)
        self.progress.setVisible(self._evaluation is None)
        self.question.say(self._services.wording.text(said))

    def _busy(self) -> bool:
        return self._running is not None or self.asking.preparing

    def _asking_changed(self) -> None:
        """The models answer, a person is asked, or it is over."""
        asking = self.asking
        if asking.preparing:
            refs = asking.everybody(self._services.project, asking.way)
            self._start_progress(refs, "ask.preparing")
        elif self._running is None:
            self.progress.hide()
            key = "ask.concluding" if asking.concluding else ""
            self.question.say(self._services.wording.text(key) if key else "")
        self.results.setVisible(self._evaluation is not None and not asking.active)
        self._show_buttons()

    def _events(self, events: list[TrialEvent]) -> None:
        self.progress.take(events)
        if any(event.kind in {"loading", "output"} for event in events):
            self.progress.show()
        if self._running and not self._running.stop.is_set():
            key = "decide.deciding" if self.progress.over else ""
            self.question.say(self._services.wording.text(key) if key else "")

    def _evaluated(self, result: Evaluated) -> None:
        self._ended()
        self._rows = result.measurements
        project = replace(
            self._services.project,
            evaluation=result.evaluation.to_json(),
            decision_file=str(result.file),
        )
        self._services.change_project(project)
        announce(self, headline(result.evaluation, self._services.wording))

    def _failed(self, error: PetitError) -> None:
        self._ended()
        if isinstance(error, ConsentNeeded):  # the words or the examples are others than last time
            self.llm.ask()
            return
        self._show_error(error)

    def _cancelled(self) -> None:
        self._ended()
        self.question.say(self._services.wording.text("decide.stopped"))

    def _ended(self) -> None:
        self._running = None
        self.progress.hide()
        self.question.say("")
        self._show_buttons()

    def _show_asking(self, project: Project) -> None:
        self.asking.show(project, self._task, self.examples.examples)
        name = project.extra.get(LLM)
        self.asking.offer.show_llm(name, possible=self.llm.suits(self._task))

    def _askable(self, basis: Basis) -> bool:
        return basis in ways_of(self._task, self.examples.examples)

    def _ready(self) -> bool:
        examples = self.examples.examples
        return examples is not None and examples.labels is not None and self._task is not None

    # -- examples -----------------------------------------------------------------------------------

    def _data_read(self) -> None:
        examples, text = self.examples.examples, self._services.wording.text
        name, n = (examples.name, len(examples.inputs)) if examples else ("", 0)
        labelled = examples is None or examples.labels is not None
        ways = ways_of(self._task, examples)
        self.question.show_data(name, n, labelled=labelled or not ways)
        self._show_asking(self._services.project)
        if not self._busy():
            self.question.say(text("decide.reading") if self.examples.reading else "")
        if not labelled and not ways:
            action = text("decide.choose_examples")
            no_labels, hint = text("decide.no_labels"), text("decide.no_labels_hint")
            self.banner.show_message("warn", no_labels, hint, action=action)
        if examples is not None:
            self._show_evaluation(self._services.project)
        self._show_buttons()

    def _data_unread(self, error: PetitError) -> None:
        self._show_error(error, self._services.wording.text("decide.choose_examples"))

    # -- what is shown ------------------------------------------------------------------------------

    def _show_evaluation(self, project: Project) -> None:
        try:
            evaluation = stored_evaluation(project.evaluation)
        except ValueError:
            evaluation = None
            self.banner.show_message("warn", self._services.wording.text("decide.unreadable"))
        state = (evaluation, self.examples.examples is not None, project.decision_file)
        if state == self._rendered:
            return
        self._rendered = state
        changed = evaluation != self._evaluation
        self._evaluation = evaluation
        self.results.setVisible(evaluation is not None and not self.asking.active)
        self.llm.show(evaluation, self._task)
        if evaluation is None:
            self._contested.drop()
            return
        again = self._ready() if evaluation.basis == "examples" else self._askable(evaluation.basis)
        self.results.show_evaluation(evaluation, can_measure=again)
        self.export.show_decision(project.decision_file, evaluation)
        if changed:
            self._contested.read(evaluation, project, self._rows)

    def _show_error(self, error: PetitError, action: str = "") -> None:
        message = message_of(error, self._services.wording)
        self.banner.show_message("error", message.text, message.hint, message.details, action)

    def _show_buttons(self) -> None:
        running = self._busy()
        known = self._evaluation
        decided = known is not None and known.decision.choice is not None
        asked = self.asking.active or not self.asking.card.isHidden()
        self.waiting.setVisible(known is None and not running and not asked)
        self.question.show_running(
            running, again=known is not None, ready=self._ready(), primary=not decided
        )
        if self.asking.active:  # its questions follow from both
            self.question.margin.setEnabled(False)
            self.question.cost_box.setEnabled(False)

    # -- choices ------------------------------------------------------------------------------------

    def _take_margin(self, margin: float) -> None:
        project = self._services.project
        if project.margin != margin:
            self._services.change_project(replace(project, margin=margin))
        self._decide_again()

    def _take(self, key: str, value: Any) -> None:
        project = self._services.project
        self._services.change_project(replace(project, extra={**project.extra, key: value}))
        self._decide_again()

    def _take_race(self, race: bool) -> None:
        project = self._services.project
        self._services.change_project(replace(project, extra={**project.extra, RACE: race}))

    def _decide_again(self) -> None:
        """With answers at hand a changed rule needs no second measurement."""
        known = self._evaluation
        if known is not None and known.basis != "examples" and self._askable(known.basis):
            self.asking.decide_again(known.basis)
        elif self._evaluation is not None and self._ready() and not self._busy():
            self.measure()
        elif self._evaluation is not None and not self._ready():
            wanted = points(self._evaluation.margin, self._services.wording)
            text = self._services.wording.text("decide.margin_differs", points=wanted)
            self.question.say(text)

    def _empty_action(self) -> None:
        self._services.go_to(step_for(missing(self._services.project, self._task)))

    def _to_task(self) -> None:
        self._services.go_to(TASK_STEP)

    def _drop_jobs(self) -> None:
        self._contested.drop()
        self.examples.drop()
        self.asking.drop()
        if self._running:
            self._running.drop()
        self._running = None
        self.progress.hide()
        self.results.disagreements.show_note("decide.disagreements_loading")

    def _lay_out(self) -> None:
        text = self._services.wording.text
        self._content = QWidget()
        column = QVBoxLayout(self._content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE.m)
        for part in (self.question, self.banner, self.progress, self.asking.card, self.results):
            column.addWidget(part)
        self.waiting.set_content("award", text("decide.waiting"), text("decide.waiting_text"))
        column.addWidget(self.waiting, 100)
        column.addStretch(1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._content)
        self._stack.addWidget(self.empty)
        page = QVBoxLayout(self)
        page.setContentsMargins(SPACE.xxl, SPACE.xl, SPACE.xxl, SPACE.xl)
        page.setSpacing(SPACE.m)
        page.addWidget(label(self.title, "title"))
        page.addWidget(label(text("decide.purpose"), "muted"))
        page.addWidget(self._stack, 1)
