# SPDX-License-Identifier: Apache-2.0
"""The pages, each made on its first visit, shown at a readable width below messages of the window."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Protocol, cast

from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from selector.store.projects import Project
from ui.services import Services
from ui.widgets.message_banner import Kind, MessageBanner

PAGES = (
    ("machine_page", "MachinePage"),
    ("task_page", "TaskPage"),
    ("candidates_page", "CandidatesPage"),
    ("try_page", "TryPage"),
    ("decide_page", "DecidePage"),
)
WIDEST = 1180


class Page(Protocol):
    """What every page offers."""

    title: str

    def show_project(self, project: Project) -> None:
        """Render the state of the project."""

    def activate(self) -> None:
        """The page became visible."""


class PageStack(QWidget):
    """Five pages, one visible."""

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self._made: dict[int, Page] = {}
        self._places: dict[int, int] = {}
        self._step = 0
        self._active = False
        self.banner = MessageBanner(services.theme, services.wording)
        self.banner.hide()
        self.banner.action_asked.connect(self._do_offered)
        self._offered: Callable[[], None] | None = None
        self._stack = QStackedWidget()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.banner)
        column.addWidget(self._stack, 1)

    @property
    def step(self) -> int:
        """The step shown."""
        return self._step

    def page(self, step: int) -> Page:
        """The page of a step; made now if this is its first visit."""
        if step not in self._made:
            module, name = PAGES[step]
            page = getattr(importlib.import_module(f"ui.pages.{module}"), name)(
                self._services, None
            )
            self._made[step] = cast("Page", page)
            self._places[step] = self._stack.addWidget(_framed(page))
            self._made[step].show_project(self._services.project)
        return self._made[step]

    def show_step(self, step: int) -> None:
        """Show a page and let it do what waits for its being visible."""
        page = self.page(step)
        self._step = step
        self._stack.setCurrentIndex(self._places[step])
        if self._active:
            page.activate()

    def show_project(self, project: Project) -> None:
        """Let every page that exists render the project."""
        for page in self._made.values():
            page.show_project(project)

    def activate(self) -> None:
        """The window can be seen: from now on visible pages may start work."""
        self._active = True
        if self._step in self._made:
            self._made[self._step].activate()

    def say(self, kind: Kind, text: str, hint: str = "", details: str = "") -> None:
        """Show a message above the page; it can be closed."""
        self.banner.show_message(kind, text, hint, details)

    def offer(
        self, kind: Kind, text: str, hint: str, action: str, done: Callable[[], None]
    ) -> None:
        """Show a message with one thing that can be done about it, once."""
        self._offered = done
        self.banner.show_message(kind, text, hint, action=action)

    def _do_offered(self) -> None:
        done, self._offered = self._offered, None
        self.banner.hide()
        if done is not None:
            done()


def _framed(page: QWidget) -> QScrollArea:
    page.setMaximumWidth(WIDEST)
    middle = QWidget()
    row = QHBoxLayout(middle)
    row.setContentsMargins(0, 0, 0, 0)
    row.addStretch(1)
    row.addWidget(page, 1000)
    row.addStretch(1)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidget(middle)
    return area
