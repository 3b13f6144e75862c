# SPDX-License-Identifier: Apache-2.0
"""From the offer to judge a few answers to an evaluation: runs the models, asks, keeps, concludes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from selector.decide.data import Examples
from selector.decide.verdict_facts import Basis
from selector.desk.asking import AskingSession
from selector.desk.labelling import LabelSession
from selector.desk.requests import Evaluated
from selector.desk.voting import VoteSession
from selector.errors import PetitError
from selector.store.projects import Project
from selector.tasks.base import Task
from ui.background import Job
from ui.pages.ask_offer import BUDGET, MORE, AskOffer
from ui.pages.ask_session import Held, opening, ways_of
from ui.pages.label_panel import LabelPanel
from ui.pages.vote_panel import VotePanel
from ui.services import Services

BUDGETS = "ask_budget"
"""Key of the user's budgets by way in the project's extra facts."""


class DecideAskFlow(QObject):
    """Owns the card with the offer or the question.

    Signals:
        moved: trial events, while the models answer.
        changed: another state: offering, preparing, asking, concluding.
        concluded: an Evaluated.
        stopped: the user did, before there was a question.
        failed: a PetitError.
    """

    moved = Signal(list)
    changed = Signal()
    concluded = Signal(object)
    stopped = Signal()
    failed = Signal(PetitError)

    def __init__(
        self,
        services: Services,
        refs: Callable[[Project], tuple[str, ...]],
        parent: QObject | None = None,
    ) -> None:
        """``refs``: everybody who may take part in votes, a chat endpoint included."""
        super().__init__(parent)
        self._services, self._refs = services, refs
        self._project = services.project
        self._ways: tuple[Basis, ...] = ()
        self._shown: tuple[object, ...] = ()
        self._given: dict[Basis, int] = {}
        self.way: Basis = "labels"
        """Of the session that is open, or was last."""
        self._at_once = False
        self._state: tuple[bool, ...] = ()
        self._about: tuple[object, ...] = ()
        self._held = Held()
        self._job: Job | None = None
        self._counting: Job | None = None
        self.preparing = False
        """Whether the models are answering the inputs."""
        self.concluding = False
        self.offer = AskOffer(services.theme, services.wording)
        self.offer.asked.connect(self._begin)
        self.offer.back_asked.connect(self._take_back)
        self.offer.budget.valueChanged.connect(self._take_budget)
        self.labels = LabelPanel(services.wording)
        self.labels.chosen.connect(self._choose)
        self.votes = VotePanel(services.wording)
        self.votes.voted.connect(self._vote)
        for panel in (self.labels, self.votes):
            panel.skip_asked.connect(lambda: self._do(lambda session: session.skip()))
            panel.undo_asked.connect(lambda: self._do(lambda session: session.undo()))
            panel.stop_asked.connect(self.conclude)
        self.card = QWidget()
        column = QVBoxLayout(self.card)
        column.setContentsMargins(0, 0, 0, 0)
        for part in (self.offer, self.labels, self.votes):
            column.addWidget(part)
        self.card.destroyed.connect(self._held.close)
        self._show()

    # -- what the page asks -------------------------------------------------------------------------

    @property
    def session(self) -> AskingSession | None:
        """The open session."""
        return self._held.session

    @property
    def active(self) -> bool:
        """Whether a person is being asked, or will be in a moment."""
        return self._job is not None or self.session is not None

    def show(self, project: Project, task: Task | None, examples: Examples | None) -> None:
        """Offer what can be asked about the project's examples."""
        self._project = project
        self._ways = ways_of(task, examples)
        if self.active and self._topic(project, self.way) != self._about:
            self.drop()  # other models or inputs: what was answered is kept
        key = (project.id, project.data_path, project.input_column, project.task, self._ways)
        if key != self._shown:
            self._shown, self._given = key, {}
            self._count()
        if self._ways:
            labelled = examples is not None and examples.labels is not None
            known = project.evaluation or {}
            basis, verdict = known.get("basis"), known.get("decision") or {}
            decided = basis in self._ways and verdict.get("status") == "decided"
            if decided:
                self.way = "votes" if basis == "votes" else "labels"
            self.offer.show_ways(
                self._ways,
                models=len(self.everybody(project, self._ways[0])),
                labelled=labelled,
                primary=not known and not labelled,
                decided=decided,
            )
            self._show_given()
        self._show()

    def cancel(self) -> None:
        """Stop the models; what they answered is kept."""
        if self._job:
            self._job.cancel()

    def drop(self) -> None:
        """Another job is shown: end everything."""
        for job in (self._job, self._counting):
            if job:
                job.drop()
        self._job = self._counting = None
        self.preparing = self.concluding = False
        self._close()
        self._show()

    def decide_again(self, way: Basis) -> None:
        """With another margin: what the answers so far prove by it."""
        if way in self._ways and not self.active:
            self._start(way, at_once=True)

    # -- one session --------------------------------------------------------------------------------

    def everybody(self, project: Project, way: Basis) -> tuple[str, ...]:
        """Who is asked about; a chat model needs categories for labels, which nobody knows here."""
        return self._refs(project) if way == "votes" else project.refs

    def _topic(self, project: Project, way: Basis) -> tuple[object, ...]:
        refs = self.everybody(project, way)
        return (project.id, project.task, refs, project.data_path, project.input_column)

    def vote(self, *, send: bool) -> None:
        """Vote with the chat model; ``send``: the user agreed to what it gets."""
        if "votes" in self._ways:
            self._start("votes", at_once=False, send=send)

    def _begin(self, way: Basis) -> None:
        self._start(way, at_once=False)

    def _take_back(self) -> None:
        self._start(self.way, at_once=False, back=True)

    def _start(self, way: Basis, *, at_once: bool, back: bool = False, send: bool = False) -> None:
        project, desk = self._services.project, self._services.desk
        if self.active or project.task is None or not project.data_path:
            return
        self.way, self._at_once, self._about = way, at_once, self._topic(project, way)
        budget = self.offer.budget.value() if self._ways[:1] == (way,) else self._budget(way)
        if not at_once:
            budget = max(
                budget, self._given.get(way, 0) + MORE * (self._given.get(way, 0) >= budget)
            )
        refs = self.everybody(project, way)
        call = opening(desk, project, refs, way, budget, send=send, back=back)
        self.preparing = True
        self._job = self._services.background.run(
            "evaluate",
            call,
            on_done=self._opened,
            on_progress=self.moved.emit,
            on_error=self._failed,
            on_cancelled=self._stopped,
        )
        self._show()

    def _opened(self, session: AskingSession) -> None:
        self._job, self.preparing = None, False
        self._held.session = session
        if self._at_once:
            self.conclude()
        else:
            self._ask(begin=True)

    def _ask(self, *, begin: bool = False) -> None:
        session = self.session
        if session is None:
            return
        question = session.question
        if question is None:
            self.conclude()
            return
        panel = self.votes if self.way == "votes" else self.labels
        panel.show_question(question, session.progress, session.confidence)
        self._show()
        if begin or panel.isAncestorOf(panel.focusWidget() or panel):
            panel.begin()

    def _choose(self, answer: str | None) -> None:
        def say(session: AskingSession) -> None:
            if isinstance(session, LabelSession):
                session.choose(answer)

        self._do(say)

    def _vote(self, said: str) -> None:
        def say(session: AskingSession) -> None:
            if isinstance(session, VoteSession):
                session.vote(said)

        self._do(say)

    def _do(self, call: Callable[[AskingSession], object]) -> None:
        """Say something to the session, off this thread; the next question follows."""
        session = self.session
        if session is None or self._job is not None:
            return
        self._job = self._services.background.run(
            "answer",
            lambda _cancelled, _progress: call(session),
            on_done=lambda _: self._said(),
            on_error=self._failed,
            on_cancelled=self._stopped,
        )

    def _said(self) -> None:
        self._job = None
        self._ask()

    def conclude(self) -> None:
        """Say what the answers so far prove, and close."""
        session = self.session
        if session is None or self._job is not None:
            return
        if not session.progress.done and not session.over:
            self._stopped()
            return
        self.concluding = True

        def call(_cancelled: Callable[[], bool], _progress: object) -> Evaluated:
            return session.conclude()

        self._job = self._services.background.run(
            "answer",
            call,
            on_done=self._done,
            on_error=self._failed,
            on_cancelled=self._stopped,
        )
        self._show()

    def _done(self, result: Evaluated) -> None:
        self._end()
        self.concluded.emit(result)

    def _failed(self, error: PetitError) -> None:
        self._end()
        self.failed.emit(error)

    def _stopped(self) -> None:
        before = self.preparing
        self._end()
        if before:
            self.stopped.emit()

    def _end(self) -> None:
        self._job = None
        self.preparing = self.concluding = False
        if self.session is not None:
            self._given[self.way] = self.session.progress.done
        self._close()
        self._show_given()
        self._show()

    def _close(self) -> None:
        session, self._held.session = self.session, None
        if session is not None:
            self._services.background.run("answer", lambda *_: session.close())

    # -- the offer ----------------------------------------------------------------------------------

    def _count(self) -> None:
        """How often the person answered on another day."""
        if self._counting:
            self._counting.drop()
        self._counting = None
        project, desk, ways = self._project, self._services.desk, self._ways
        if not ways or project.task is None or not project.data_path:
            return
        data, task = Path(project.data_path), project.task

        def call(*_: object) -> dict[Basis, int]:
            return {way: desk.given(data, project.input_column, task, way) for way in ways}

        self._counting = self._services.background.run(
            "examples", call, on_done=self._counted, on_error=lambda _: self._counted({})
        )

    def _counted(self, given: dict[Basis, int]) -> None:
        self._counting = None
        self._given = given
        self._show_given()

    def _show_given(self) -> None:
        if not self._ways:
            return
        first = self._ways[0]
        budget = self.offer.budget
        budget.blockSignals(True)
        budget.setValue(max(self._budget(first), self._given.get(first, 0)))
        budget.blockSignals(False)
        self.offer.show_given(self._given, first)

    def _budget(self, way: Basis) -> int:
        kept = self._services.project.extra.get(BUDGETS)
        value = kept.get(way) if isinstance(kept, dict) else None
        return value if isinstance(value, int) else BUDGET[way]

    def _take_budget(self, value: int) -> None:
        project = self._services.project
        kept = project.extra.get(BUDGETS)
        budgets = {**(kept if isinstance(kept, dict) else {}), self._ways[0]: value}
        self._services.change_project(replace(project, extra={**project.extra, BUDGETS: budgets}))

    def _show(self) -> None:
        asking = self.session is not None and not self.concluding and not self.preparing
        self.labels.setVisible(asking and self.way == "labels")
        self.votes.setVisible(asking and self.way == "votes")
        self.offer.setVisible(bool(self._ways) and not self.active)
        self.card.setVisible(asking or not self.offer.isHidden())
        state = (self.preparing, asking, self.concluding, bool(self._ways))
        if state != self._state:
            self._state = state
            self.changed.emit()
