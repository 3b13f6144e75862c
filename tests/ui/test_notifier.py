# SPDX-License-Identifier: Apache-2.0
"""Long work that ends while the user is elsewhere is told; short work, and whoever is here, are left alone."""

from __future__ import annotations

import time

import pytest
from PySide6.QtWidgets import QWidget

from selector.errors import Cancelled, RunFailed
from ui.notifier import Notifier


@pytest.fixture
def elsewhere(make_bench, qtbot):
    """A notifier of a window that nobody looks at, and what it told."""
    bench = make_bench()
    window = QWidget()
    qtbot.addWidget(window)
    notifier = Notifier(bench.services, window, least_s=0.05)
    told: list[str] = []
    notifier.told.connect(told.append)
    return bench, window, told


def run(bench, qtbot, name, outcome=None, seconds=0.06):
    def call(_cancelled, _progress):
        time.sleep(seconds)
        if outcome is not None:
            raise outcome

    bench.services.background.run(name, call)
    qtbot.waitUntil(lambda: not bench.services.background.busy, timeout=5000)


def test_that_the_end_of_long_work_is_told(elsewhere, qtbot):
    bench, _, told = elsewhere
    run(bench, qtbot, "evaluate")
    run(bench, qtbot, "try", RunFailed(detail="x"))
    text = bench.services.wording.text
    assert told == [text("window.ended.evaluate_done"), text("window.ended.try_error")]


def test_that_short_quiet_and_cancelled_work_is_not_told(elsewhere, qtbot):
    bench, _, told = elsewhere
    run(bench, qtbot, "evaluate", seconds=0)
    run(bench, qtbot, "save")
    run(bench, qtbot, "try", Cancelled())
    assert told == []


def test_that_whoever_is_here_is_left_alone(elsewhere, qtbot):
    bench, window, told = elsewhere
    with qtbot.waitExposed(window):
        window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    run(bench, qtbot, "evaluate")
    assert told == []


@pytest.mark.parametrize("language", ["en", "fr"])
def test_that_every_ending_has_its_sentence(make_bench, language):
    words = make_bench(language=language).services.wording
    for name in ("try", "evaluate", "calibration", "verify", "export", "download"):
        for kind in ("done", "error"):
            assert words.has(f"window.ended.{name}_{kind}")
