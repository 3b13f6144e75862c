from __future__ import annotations

import pytest
from PySide6.QtGui import QGuiApplication

from selector.errors import WorkerCrashed
from tests.ui.stub_desk import GPU, MEASURED, make_machine
from ui.pages.machine_page import MachinePage


@pytest.fixture
def page(bench, qtbot):
    made = MachinePage(bench.services)
    qtbot.addWidget(made)
    return bench.show(made)


def settled(bench, qtbot):
    qtbot.waitUntil(lambda: not bench.services.background.busy, timeout=5000)
    qtbot.wait(50)


def test_that_a_visit_shows_memory_processor_graphics_and_disk(page, bench, qtbot):
    page.activate()
    settled(bench, qtbot)
    assert page.tiles.memory.value == "5.1 GB"
    assert page.tiles.processor.value == "2 cores · 4 threads"
    assert page.tiles.graphics.value == "No GPU found"
    assert page.tiles.disk.value == "54 GB"


def test_that_a_graphics_processor_is_named(page, bench, desk, qtbot):
    desk.machine_answer = make_machine(accelerators=(GPU,))
    page.activate()
    settled(bench, qtbot)
    assert page.tiles.graphics.value == "NVIDIA H200"


def test_that_measuring_shows_progress_and_then_the_rates(page, bench, desk, qtbot):
    page.activate()
    settled(bench, qtbot)
    desk.gate.clear()
    page.calibrate.click()
    qtbot.waitUntil(lambda: page.progress.isVisibleTo(page) and page.progress.bar.value() == 500)
    assert not page.calibrate.isEnabled()
    desk.gate.set()
    settled(bench, qtbot)
    assert not page.progress.isVisibleTo(page)
    assert "98 billion operations" in page.rates.text()
    assert MEASURED.measured_at[:10] in page.rates.text()


def test_that_a_cancelled_measurement_leaves_the_page_as_it_was(page, bench, desk, qtbot):
    page.activate()
    settled(bench, qtbot)
    before = page.rates.text()
    desk.gate.clear()
    page.calibrate.click()
    page.progress.button.click()
    settled(bench, qtbot)
    assert page.calibrate.isEnabled()
    assert page.rates.text() == before


def test_that_a_failure_is_a_sentence_with_the_technical_text_folded_away(page, bench, desk, qtbot):
    desk.machine_answer = WorkerCrashed(outcome="SIGSEGV", stderr_tail="token hf_abcdefghijkl")
    page.activate()
    settled(bench, qtbot)
    assert page.banner.isVisibleTo(page)
    assert "SIGSEGV" in page.banner.text
    assert "hf_abc" not in page.banner.details.toPlainText()


def test_that_the_report_on_the_clipboard_has_no_path(page, bench, qtbot):
    page.activate()
    settled(bench, qtbot)
    page.copy.click()
    report = QGuiApplication.clipboard().text()
    assert "Intel Xeon Platinum 8488C" in report
    assert "/cache" not in report


def test_that_what_is_unknown_is_folded_until_asked_for(page, bench, qtbot):
    page.activate()
    settled(bench, qtbot)
    assert not page.unknown.isVisibleTo(page)
    page.unknown_button.click()
    assert "nvidia-smi" in page.unknown.text()
    assert page.unknown.isVisibleTo(page)


def test_that_the_one_primary_button_leads_to_the_task(page, bench):
    page.next.click()
    assert bench.steps == [1]
