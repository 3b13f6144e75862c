# SPDX-License-Identifier: Apache-2.0
"""From the wish to compare with an LLM to an evaluation with it: the form, the user's consent, the prices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QWidget

from selector.decide.data import Examples
from selector.decide.need_llm import priced
from selector.decide.verdict_facts import Evaluation
from selector.engines.endpoint.prompts import suits
from selector.store.projects import Project
from selector.tasks.base import Task
from ui.dialogs.endpoints_dialog import EndpointsDialog
from ui.dialogs.llm_dialog import LlmDialog
from ui.pages.decide_llm import DecideLlm, first_of
from ui.services import Services

LLM = "llm"
"""Key of the endpoint's name in the project's extra facts."""


def _enough(task: Task, examples: Examples | None) -> bool:
    """Whether these examples can be put to a chat model: texts can be voted on without right answers."""
    if examples is None:
        return False
    return examples.labels is not None or task.output_kind == "text"


class DecideLlmFlow(QObject):
    """Owns the card's meaning; the page measures.

    Signals:
        measure_asked: measure with the project's endpoint; whether the user agreed to sending.
    """

    measure_asked = Signal(bool)

    def __init__(
        self,
        services: Services,
        card: DecideLlm,
        examples: Callable[[], Examples | None],
        page: QWidget,
    ) -> None:
        super().__init__(page)
        self._services, self.card, self._examples, self._page = services, card, examples, page
        self._task: Task | None = None
        self._evaluation: Evaluation | None = None
        self.dialog: QDialog | None = None
        card.compare_asked.connect(self.ask)
        card.prices_asked.connect(self.set_up)
        card.leave_asked.connect(self._leave)

    def refs(self, project: Project) -> tuple[str, ...]:
        """Everybody who is measured: the project's models, and its endpoint."""
        name = project.extra.get(LLM)
        return (*project.refs, f"endpoint:{name}") if name else project.refs

    def suits(self, task: Task | None) -> bool:
        """Whether a chat model can take part without right answers."""
        return task is not None and suits(task) and task.output_kind == "text"

    def leave(self) -> None:
        """Go on without the endpoint."""
        project = self._services.project
        rest = {key: value for key, value in project.extra.items() if key != LLM}
        self._services.change_project(replace(project, extra=rest))

    def show(self, evaluation: Evaluation | None, task: Task | None) -> None:
        """Show what the evaluation says of an LLM, at the prices of now."""
        self._evaluation, self._task = evaluation, task
        examples = self._examples()
        can = task is not None and suits(task) and _enough(task, examples)
        name = self._services.project.extra.get(LLM)
        need = first_of(evaluation.need_llm if evaluation else (), name)
        if need is not None:
            self.card.show_need(priced(need, self._services.desk.prices()), can_compare=can)
        elif task is not None and not suits(task):
            self.card.show_offer("llm.unsuited", can_compare=False)
        else:
            self.card.show_offer("llm.offer" if can else "llm.no_examples", can_compare=can)

    def ask(self) -> None:
        """Open the form: which LLM, what it is asked, what would be sent."""
        examples = self._examples()
        if self._task is None or examples is None:
            return
        name = self._services.project.extra.get(LLM)
        dialog = LlmDialog(self._services, self._task, examples, name, self._page)
        dialog.agreed.connect(self._take)
        self._open(dialog)

    def set_up(self) -> None:
        """Open the endpoints' settings and the price table."""
        self._open(
            EndpointsDialog(self._services, self._services.project.extra.get(LLM), self._page)
        )

    def _open(self, dialog: QDialog) -> None:
        self.dialog = dialog
        dialog.finished.connect(self._closed)
        dialog.open()

    def _closed(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None
        self.show(self._evaluation, self._task)  # the prices may be others now

    def _take(self, name: str) -> None:
        project = self._services.project
        self._services.change_project(replace(project, extra={**project.extra, LLM: name}))
        self.measure_asked.emit(True)

    def _leave(self) -> None:
        self.leave()
        self.measure_asked.emit(False)
