# SPDX-License-Identifier: Apache-2.0
"""Services around a desk that answers at once, and pages in any look."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

from selector.paths import Locations
from selector.settings import Settings
from selector.store.projects import Project
from selector.wording import Wording
from tests.ui.stub_desk import StubDesk
from ui.background import Background
from ui.services import Services
from ui.theme.theme import Theme


@dataclass
class Bench:
    """Services for one page, and what the page did with them."""

    services: Services
    desk: StubDesk
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


@pytest.fixture
def desk(places: Locations) -> StubDesk:
    return StubDesk(places)


MakeBench = Callable[..., Bench]


@pytest.fixture
def make_bench(qapp: QApplication, desk: StubDesk) -> Iterator[MakeBench]:
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
    desk.gate.set()
    for background in backgrounds:
        background.stop_all()
    qapp.setStyleSheet(sheet)
    qapp.setPalette(palette)
    qapp.setFont(font)
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    return make_bench()
