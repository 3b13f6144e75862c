# SPDX-License-Identifier: Apache-2.0
"""A real desk, a Hub on loopback, services around them, and pages in any look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

from selector.desk.desk import Desk
from selector.paths import Locations
from selector.settings import Settings
from selector.store.projects import Project
from selector.wording import Wording
from tests.loopback_hub import LoopbackHub
from tests.ui.served_models import repositories
from tests.ui.worker_processes import end_jobs
from ui.background import Background
from ui.services import Services
from ui.theme.theme import Theme


@dataclass
class Bench:
    """Services for one page, and what the page did with them."""

    services: Services
    desk: Desk
    steps: list[int] = field(default_factory=list)
    pages: list[Any] = field(default_factory=list)

    def show(self, page: Any) -> Any:
        """Register a page for changes of the project, and show it."""
        self.pages.append(page)
        page.show_project(self.services.project)
        return page

    def change(self, project: Project) -> None:
        self.services.project = project
        for page in self.pages:
            page.show_project(project)


@pytest.fixture
def places(tmp_path: Path) -> Locations:
    return Locations(tmp_path / "data").create()


@pytest.fixture(autouse=True)
def _no_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """No page reaches a Hub unless its test has one: nothing listens on the discard port."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackHub]:
    """One Hub for all tests: to start one costs more than to clear it."""
    with LoopbackHub(repositories(tmp_path_factory.mktemp("repositories"))) as running:
        yield running


@pytest.fixture
def hub(served: LoopbackHub, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackHub]:
    """The Hub that this test's desk talks to, with no faults and nothing asked so far."""
    monkeypatch.setenv("HF_ENDPOINT", served.endpoint)
    served.clear_requests()
    yield served
    served.faults.clear()


@pytest.fixture
def desk(places: Locations) -> Iterator[Desk]:
    made = Desk(places)
    yield made
    made.close()


MakeBench = Callable[..., Bench]


@pytest.fixture
def make_bench(qapp: QApplication, desk: Desk) -> Iterator[MakeBench]:
    """A bench in a language, theme and text size; everything is put back at the end."""
    sheet, palette, font = qapp.styleSheet(), qapp.palette(), QFont(qapp.font())
    backgrounds: list[Background] = []

    def make(
        project: Project | None = None, language: str = "en", theme: str = "light", scale: float = 1
    ) -> Bench:
        bigger = QFont(font)
        bigger.setPointSizeF(font.pointSizeF() * scale)
        qapp.setFont(bigger)
        look = Theme(qapp, theme)
        background = Background()
        backgrounds.append(background)
        bench: Bench
        services = Services(
            desk=desk,
            wording=Wording(language),
            theme=look,
            background=background,
            settings=Settings(),
            project=project or Project(id=1),
            change_project=lambda new: bench.change(new),
            go_to=lambda step: bench.steps.append(step),
        )
        bench = Bench(services, desk)
        return bench

    yield make
    end_jobs(*backgrounds)
    qapp.setStyleSheet(sheet)
    qapp.setPalette(palette)
    qapp.setFont(font)
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    return make_bench()
