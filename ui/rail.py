# SPDX-License-Identifier: Apache-2.0
"""The rail of this window: the open job, the five steps and where each stands, the foot."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from selector.store.projects import Project
from ui.job_menu import JobMenu
from ui.pages.candidates_summary import task_title
from ui.pages.labels import label
from ui.rail_footer import QUIET, RailFooter
from ui.services import Services
from ui.widgets.step_button import StepState
from ui.widgets.step_rail import Step, StepRail

WIDTH_SIGNS = 40
"""Average characters: wide enough that another job does not change the width."""
STEPS = (
    ("machine", "cpu"),
    ("task", "list-checks"),
    ("candidates", "search"),
    ("try", "play"),
    ("decide", "scale"),
)


def is_done(step: int, project: Project) -> bool:
    """Whether a step has given what the next one needs."""
    return (
        True,
        project.task is not None,
        bool(project.refs),
        bool(project.refs) and project.evaluation is not None,
        project.decision_file is not None,
    )[step]


def blocked_by(step: int, project: Project) -> str:
    """The key of the sentence that says why a step is not ready; empty when it is."""
    if step == 2 and project.task is None:
        return "window.blocked.candidates"
    if step == 3 and not project.refs:
        return "window.blocked.try"
    if step == 4 and not project.refs and project.decision_file is None:
        return "window.blocked.decide"
    return ""


class Rail(QWidget):
    """Steps between the job above and the choices below.

    Signals:
        step_chosen: the user wants to see this step.
    """

    step_chosen = Signal(int)

    def __init__(
        self,
        services: Services,
        recent: Callable[[], list[Project]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._services = services
        text = services.wording.text
        steps = [Step(text(f"window.step.{name}"), icon) for name, icon in STEPS]
        self.steps = StepRail(services.theme, steps, text("window.rail"))
        self.steps.step_chosen.connect(self.step_chosen)
        name = label(text("window.title"), "subtitle", wrap=False)
        self.jobs = JobMenu(services.wording, recent)
        self.footer = RailFooter(services.wording, services.settings)
        self.steps.add_header(name)
        self.steps.add_header(self.jobs)
        self.steps.add_footer(self.footer)
        self._step = 0
        # With large text the rail is higher than a small window: then it scrolls.
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(self.steps)
        # A scroll area makes nothing wider than it wants to be, and the rail can be wider than its steps.
        self.steps.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(area)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self._fit()

    def show_step(self, step: int) -> None:
        """Mark the step that is shown."""
        self._step = step
        self.show_project(self._services.project)

    def show_project(self, project: Project) -> None:
        """Say where each step stands."""
        self.jobs.show_project(project)
        text = self._services.wording.text
        for index in range(len(STEPS)):
            blocked, done = blocked_by(index, project), is_done(index, project)
            state: StepState = "done" if done else "blocked" if blocked else "available"
            if index == self._step:
                state = "current"
            self.steps.set_step(
                index,
                state,
                self._summary(index, project),
                reason=text(blocked) if blocked else "",
                state_word=text(f"window.state.{state}"),
                done=done,
            )
        self._fit()

    def show_busy(self, names: list[str]) -> None:
        """One line on everything that is under way."""
        count = sum(name not in QUIET for name in names)
        text = self._services.wording.text("window.busy", n=count) if count else ""
        self.steps.set_progress(text)
        self.footer.show_busy(count)

    def _summary(self, step: int, project: Project) -> str:
        words = self._services.wording
        if step == 1 and project.task:
            return task_title(project.task, words)
        if step == 2 and project.refs:
            return words.text("candidates.chosen", n=len(project.refs))
        if step == 3 and project.inputs:
            return words.text("task.inputs_count", n=len(project.inputs))
        return ""

    def _fit(self) -> None:
        least = self.fontMetrics().averageCharWidth() * WIDTH_SIGNS
        self.setFixedWidth(max(self.steps.sizeHint().width(), least))
