"""Every page, in both themes, both languages, at normal and doubled text size."""

from __future__ import annotations

import importlib

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from selector.desk.desk import Desk
from selector.store.projects import Project
from selector.wording import Wording
from ui.page_stack import PAGES

CONTROLS = (QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit, QAbstractItemView)
MINE = PAGES


def sample_job(desk: Desk) -> Project:
    sample = desk.sample()
    return Project(
        id=1,
        title=sample.title,
        sample=True,
        task=sample.task.id,
        data_path=str(sample.data),
        input_column=sample.input_column,
        label_column=sample.label_column,
        inputs=sample.example_inputs,
        refs=sample.refs,
    )


def accessible_name(widget: QWidget) -> str:
    return QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)


def shown(page: QWidget, kind: type) -> list:
    return [w for w in page.findChildren(kind) if w.isVisibleTo(page)]


def clipped(page: QWidget) -> list[str]:
    found = []
    for widget in [*shown(page, QLabel), *shown(page, QAbstractButton)]:
        least = widget.minimumSizeHint()
        if widget.width() < least.width():
            found.append(
                f"{type(widget).__name__} {widget.text()!r}: {widget.width()} < {least.width()}"
            )
    return found


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("module", "name"), MINE)
def test_that_nothing_is_clipped_and_every_control_has_a_name(
    make_bench, desk, qtbot, module, name, theme, language, scale
):
    bench = make_bench(sample_job(desk), language, theme, scale)
    page = getattr(importlib.import_module(f"ui.pages.{module}"), name)(bench.services)
    qtbot.addWidget(page)
    bench.show(page)
    page.resize(1000 * scale, 900 * scale)
    page.show()
    page.activate()
    qtbot.waitUntil(lambda: not bench.services.background.busy, timeout=5000)
    qtbot.wait(20)
    assert clipped(page) == []
    # Qt's own parts of a control, such as the field inside a spin box, speak through the control.
    controls = [w for kind in CONTROLS for w in shown(page, kind)]
    nameless = [
        w for w in controls if not accessible_name(w) and not w.objectName().startswith("qt_")
    ]
    assert nameless == []
    missing = f"{name.removesuffix('Page').lower()}."
    texts = [w.text() for w in [*shown(page, QLabel), *shown(page, QAbstractButton)]]
    assert [text for text in texts if text.startswith((missing, "candidates."))] == []


class Longer(Wording):
    """English, 40 % longer and with marks above and below: what translators may need."""

    def text(self, key: str, **facts: object) -> str:
        """See Wording."""
        said = super().text(key, **facts)
        return f"{said} {'ÀÉĵǧ ' * (max(2, len(said) * 2 // 5) // 5)}" if said != key else said


@pytest.mark.parametrize("direction", ["left to right", "right to left"])
@pytest.mark.parametrize("theme", ["light", "contrast"])
@pytest.mark.parametrize(("module", "name"), MINE)
def test_that_longer_words_and_mirrored_pages_clip_nothing(
    make_bench, desk, qtbot, qapp, module, name, theme, direction
):
    bench = make_bench(sample_job(desk), "en", theme)
    bench.services.wording = Longer("en")
    before = qapp.layoutDirection()
    if direction == "right to left":
        qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    try:
        page = getattr(importlib.import_module(f"ui.pages.{module}"), name)(bench.services)
        qtbot.addWidget(page)
        bench.show(page)
        page.resize(1000, 900)
        page.show()
        page.activate()
        qtbot.waitUntil(lambda: not bench.services.background.busy, timeout=5000)
        qtbot.wait(20)
        page.grab()
        assert clipped(page) == []
    finally:
        qapp.setLayoutDirection(before)
