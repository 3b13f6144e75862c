from __future__ import annotations

import signal
import sys

import pytest
from PySide6.QtGui import QGuiApplication

from selector.errors import WorkerCrashed
from selector.machine.probe import fingerprint
from selector.store.calibrations import remember_calibration
from selector.store.database import Database
from tests.ui.made_machines import GPU, MEASURED, make_machine
from tests.ui.worker_processes import workers
from ui.messages import show_error
from ui.pages.machine_page import MachinePage
from ui.pages.machine_report import cores


@pytest.fixture
def page(bench, qtbot):
    made = MachinePage(bench.services)
    qtbot.addWidget(made)
    return bench.show(made)


def settled(bench, qtbot):
    qtbot.waitUntil(lambda: not bench.services.background.busy, timeout=90_000)
    qtbot.wait(50)


def spoken(text):
    """As tiles say it: with plain spaces."""
    return " ".join(text.split())


def test_that_a_visit_shows_this_computer(page, bench, desk, qtbot):
    page.activate()
    settled(bench, qtbot)
    shown, words = page._machine, bench.services.wording
    now = desk.machine()
    assert (shown.cpu, shown.memory.total_bytes) == (now.cpu, now.memory.total_bytes)
    assert page.tiles.memory.value == spoken(words.bytes(shown.memory.available_bytes))
    assert page.tiles.processor.value == spoken(cores(shown, words))
    assert page.tiles.disk.value == spoken(words.bytes(shown.disk.free_bytes))


def test_that_memory_processor_graphics_and_disk_are_told(page):
    page._show_machine(make_machine())
    assert page.tiles.memory.value == "5.1 GB"
    assert page.tiles.processor.value == "2 cores · 4 threads"
    assert page.tiles.graphics.value == "No GPU found"
    assert page.tiles.disk.value == "54 GB"


def test_that_a_graphics_processor_is_named(page):
    page._show_machine(make_machine(accelerators=(GPU,)))
    assert page.tiles.graphics.value == "NVIDIA H200"


def test_that_measuring_shows_progress_and_then_the_rates(page, bench, desk, qtbot):
    page.activate()
    settled(bench, qtbot)
    page.calibrate.click()
    assert page.progress.isVisibleTo(page)
    assert not page.calibrate.isEnabled()
    qtbot.waitUntil(lambda: page.progress.bar.value() == 500, timeout=60_000)
    settled(bench, qtbot)
    assert not page.progress.isVisibleTo(page)
    kept = desk.machine().calibration
    assert "billion operations" in page.rates.text()
    assert kept.measured_at[:10] in page.rates.text()


def test_that_rates_measured_before_are_shown_at_a_visit(page, bench, desk, qtbot):
    with Database(desk.locations.database) as database:
        remember_calibration(database, MEASURED, fingerprint(desk.machine()))
    page.activate()
    settled(bench, qtbot)
    assert "98 billion operations" in page.rates.text()
    assert MEASURED.measured_at[:10] in page.rates.text()


def test_that_a_cancelled_measurement_leaves_the_page_as_it_was(page, bench, qtbot):
    page.activate()
    settled(bench, qtbot)
    before = page.rates.text()
    page.calibrate.click()
    page.progress.button.click()
    settled(bench, qtbot)
    assert page.calibrate.isEnabled()
    assert page.rates.text() == before
    assert workers("machine") == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
def test_that_a_crash_while_measuring_is_a_sentence(page, bench, qtbot):
    page.activate()
    settled(bench, qtbot)
    page.calibrate.click()
    qtbot.waitUntil(lambda: len(workers("machine")) == 1, timeout=10_000)
    workers("machine")[0].send_signal(signal.SIGSEGV)
    settled(bench, qtbot)
    assert page.banner.isVisibleTo(page)
    assert "SIGSEGV" in page.banner.text
    assert page.calibrate.isEnabled()


def test_that_a_failure_is_a_sentence_with_the_technical_text_folded_away(page, bench):
    error = WorkerCrashed(outcome="SIGSEGV", stderr_tail="token hf_abcdefghijkl")
    show_error(page.banner, error, bench.services.wording)
    assert page.banner.isVisibleTo(page)
    assert "SIGSEGV" in page.banner.text
    assert page.banner.details.toPlainText()
    assert not page.banner.details.isVisibleTo(page)
    assert "hf_abc" not in page.banner.details.toPlainText()


def test_that_the_report_on_the_clipboard_has_no_path(page, bench, qtbot):
    page.activate()
    settled(bench, qtbot)
    page.copy.click()
    report = QGuiApplication.clipboard().text()
    machine = page._machine
    assert machine.cpu.name in report
    assert machine.disk.path not in report
    page._show_machine(make_machine())
    page.copy.click()
    report = QGuiApplication.clipboard().text()
    assert "Intel Xeon Platinum 8488C" in report
    assert "/cache" not in report


def test_that_what_is_unknown_is_folded_until_asked_for(page):
    page._show_machine(make_machine())
    assert not page.unknown.isVisibleTo(page)
    page.unknown_button.click()
    assert "nvidia-smi" in page.unknown.text()
    assert page.unknown.isVisibleTo(page)


def test_that_the_one_primary_button_leads_to_the_task(page, bench):
    page.next.click()
    assert bench.steps == [1]
