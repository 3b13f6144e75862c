from __future__ import annotations

import signal
import sys
from dataclasses import replace

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel

from selector.errors import WorkerCrashed
from selector.machine.facts import EngineCalibration, Rates
from selector.machine.outdated import Outdated
from selector.machine.probe import fingerprint
from selector.store.calibrations import remember_calibration
from selector.store.database import Database
from tests.ui.made_machines import GPU, MEASURED, make_machine
from tests.ui.worker_processes import workers
from ui.dialogs.machine_dialog import MachineDialog
from ui.messages import show_error
from ui.pages.machine_page import Looked, MachinePage


@pytest.fixture
def page(bench, qtbot):
    made = MachinePage(bench.services)
    qtbot.addWidget(made)
    return bench.show(made)


def settled(bench, qtbot):
    qtbot.waitUntil(lambda: not bench.services.background.busy, timeout=90_000)
    qtbot.wait(50)


def show(page, again=(), **changes):
    page._show(Looked(make_machine(**changes), [], again))


def spoken(text):
    """As tiles say it: with plain spaces."""
    return " ".join(text.split())


def test_that_a_visit_shows_this_computer(page, bench, desk, qtbot):
    page.activate()
    settled(bench, qtbot)
    shown, words = page._seen.machine, bench.services.wording
    now = desk.machine()
    assert (shown.cpu, shown.memory.total_bytes) == (now.cpu, now.memory.total_bytes)
    assert page.tiles.memory.value == spoken(words.bytes(shown.memory.available_bytes))
    assert page.tiles.processor.value == f"{shown.cpu.physical_cores} cores"
    assert page.tiles.disk.value == spoken(words.bytes(shown.disk.free_bytes))


def test_that_memory_processor_graphics_and_disk_are_told(page):
    show(page)
    assert page.tiles.memory.value == "5.1 GB"
    assert page.tiles.processor.value == "2 cores"
    assert page.tiles.graphics.value == "No GPU found"
    assert page.tiles.disk.value == "54 GB"


def test_that_a_graphics_processor_is_named(page):
    show(page, accelerators=(GPU,))
    assert page.tiles.graphics.value == "NVIDIA H200"


def test_that_measuring_shows_progress_and_then_the_rates(page, bench, desk, qtbot):
    page.activate()
    settled(bench, qtbot)
    page.speed.button.click()
    assert page.speed.progress.isVisibleTo(page)
    assert not page.speed.button.isEnabled()
    qtbot.waitUntil(lambda: page.speed.progress.bar.value() == 500, timeout=60_000)
    settled(bench, qtbot)
    assert not page.speed.progress.isVisibleTo(page)
    kept = desk.machine().calibration
    assert "billion operations" in page.speed.rates.text()
    assert kept.measured_at[:10] in page.speed.rates.text()


def test_that_rates_measured_before_are_shown_at_a_visit(page, bench, desk, qtbot):
    with Database(desk.locations.database) as database:
        remember_calibration(database, MEASURED, fingerprint(desk.machine()))
    page.activate()
    settled(bench, qtbot)
    assert "98 billion operations" in page.speed.rates.text()
    assert MEASURED.measured_at[:10] in page.speed.rates.text()


def test_that_a_cancelled_measurement_leaves_the_page_as_it_was(page, bench, qtbot):
    page.activate()
    settled(bench, qtbot)
    before = page.speed.rates.text()
    page.speed.button.click()
    page.speed.progress.button.click()
    settled(bench, qtbot)
    assert page.speed.button.isEnabled()
    assert page.speed.rates.text() == before
    assert workers("machine") == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
def test_that_a_crash_while_measuring_is_a_sentence(page, bench, qtbot):
    page.activate()
    settled(bench, qtbot)
    page.speed.button.click()
    qtbot.waitUntil(lambda: len(workers("machine")) == 1, timeout=10_000)
    workers("machine")[0].send_signal(signal.SIGSEGV)
    settled(bench, qtbot)
    assert page.banner.isVisibleTo(page)
    assert "SIGSEGV" in page.banner.text
    assert page.speed.button.isEnabled()


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
    machine = page._seen.machine
    assert machine.cpu.name in report
    assert machine.disk.path not in report
    show(page)
    page.copy.click()
    report = QGuiApplication.clipboard().text()
    assert "Intel Xeon Platinum 8488C" in report
    assert "/cache" not in report


def test_that_what_is_unknown_is_folded_until_asked_for(page):
    show(page)
    assert not page.unknown.isVisibleTo(page)
    page.unknown_button.click()
    assert "nvidia-smi" in page.unknown.text()
    assert page.unknown.isVisibleTo(page)


def test_that_the_one_primary_button_leads_to_the_task(page, bench):
    page.next.click()
    assert bench.steps == [1]


def test_that_a_measurement_of_other_conditions_is_worth_repeating(page):
    show(page, calibration=MEASURED)
    assert not page.speed.again.isVisibleTo(page)
    show(page, [Outdated("conditions", "mains", "battery")], calibration=MEASURED)
    assert page.speed.again.isVisibleTo(page)
    assert "battery" in page.speed.again.text()
    assert page.speed.button.text() == "Measure again"


def test_that_engines_are_told_apart_when_asked_for(page):
    engine = EngineCalibration(
        "2.13.0", 400_000_000, 1e-4, {"fp32": Rates(9e9, (5e10, 9e10)), "int8": Rates(2e10)}, 0.03
    )
    show(page, calibration=replace(MEASURED, engines={"torch": engine}))
    assert not page.speed.engines.isVisibleTo(page)
    page.speed.engines_button.click()
    cells = [spoken(cell.text()) for cell in page.speed.engines.findChildren(QLabel)]
    assert cells[7:14] == ["PyTorch", "fp32", "9 GB", "50 – 90", "100 µs", "400 MB", "3%"]
    assert cells[15:18] == ["int8", "20 GB", "–"]


def test_that_a_figure_can_be_set_by_hand_and_found_again(page, bench, desk, qtbot):
    page.activate()
    settled(bench, qtbot)
    page.correct.click()
    dialog = page.findChild(MachineDialog)
    dialog.fields["memory"].setText("3 cats")
    dialog.apply.click()
    assert dialog.problem.isVisibleTo(dialog)
    assert "3 cats" in dialog.problem.text()
    dialog.fields["memory"].setText("3 GB")
    dialog.fields["memory.free"].setText("2,5 Go")
    dialog.apply.click()
    settled(bench, qtbot)
    assert desk.machine().memory.available_bytes == 2_500_000_000
    assert page.tiles.memory.value == "2.5 GB"
    assert page.set_by_hand.isVisibleTo(page)
    page.correct.click()
    dialog = next(each for each in page.findChildren(MachineDialog) if each.isVisible())
    assert spoken(dialog.fields["memory"].text()) == "3 GB"
    dialog.clear.click()
    dialog.apply.click()
    settled(bench, qtbot)
    assert not page.set_by_hand.isVisibleTo(page)
    assert desk.set_figures() == {}
