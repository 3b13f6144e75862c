from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QFont
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox

from selector.decide import document as documents
from selector.settings import Settings, load_settings
from selector.store.database import Database
from selector.store.downloads import Download, save_download
from selector.store.projects import Project, last_project, save_project
from tests.ui.prepared import TASK, undecided
from tests.ui.worker_processes import end_jobs, workers
from ui.app import _CrashReporter
from ui.dialogs.library_dialog import LibraryDialog
from ui.window import Window

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def open_window(qapp, qtbot, places, desk):
    """Open windows on the same data folder; close them and restore the application at the end."""
    sheet, palette, font = qapp.styleSheet(), qapp.palette(), QFont(qapp.font())
    opened = []

    def make(settings=None, **more):
        window = Window(places, desk, settings or Settings(language="en", theme="light"), **more)
        opened.append(window)
        with qtbot.waitExposed(window):
            window.show()
        quiet(window, qtbot)
        return window

    yield make
    end_jobs(*(window.services.background for window in opened))
    for window in opened:
        window.close()
        window.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    qapp.setStyleSheet(sheet)
    qapp.setPalette(palette)
    qapp.setFont(font)


def quiet(window, qtbot):
    qtbot.wait(60)
    qtbot.waitUntil(lambda: not window.services.background.busy, timeout=8000)
    qtbot.wait(60)


def keep(places, **fields):
    with Database(places.database) as database:
        save_project(database, Project(**fields))


def test_that_the_first_start_makes_the_sample_with_results_one_click_away(open_window, desk):
    window = open_window()
    project, sample = window.services.project, desk.sample()
    assert project.sample
    assert project.refs == sample.refs
    assert project.inputs == sample.example_inputs
    assert window.pages.step == 3
    assert window.pages.banner.isVisibleTo(window)


def test_that_the_window_reopens_where_it_was_left(open_window, places, qtbot):
    keep(places, title="Mine", task=TASK, step=1, words="sort")
    window = open_window()
    assert window.pages.step == 1
    window.go_to(0)
    quiet(window, qtbot)
    window.close()
    with Database(places.database) as database:
        assert last_project(database).step == 0
    assert open_window().pages.step == 0


def test_that_every_change_of_the_project_is_saved(open_window, places, qtbot):
    from dataclasses import replace

    keep(places, title="Mine", step=0)
    window = open_window()
    for number in range(20):
        window.change_project(replace(window.services.project, words=f"words {number}"))
    quiet(window, qtbot)
    with Database(places.database) as database:
        assert last_project(database).words == "words 19"


def test_that_a_new_job_and_the_way_back_to_the_sample_lose_nothing(open_window, qtbot):
    window = open_window()
    sample = window.services.project
    window.jobs.begin_own()
    assert window.pages.step == 1
    assert not window.services.project.sample
    window.jobs.open_number(sample.id)
    assert window.services.project.refs == sample.refs


@pytest.mark.parametrize("step", [0, 1, 2])
def test_that_control_and_a_number_show_a_step(open_window, places, qtbot, step):
    keep(places, title="Mine", task=TASK, step=1 if step != 1 else 0)
    window = open_window()
    QTest.keyClick(window, Qt.Key(Qt.Key.Key_1 + step), Qt.KeyboardModifier.ControlModifier)
    assert window.pages.step == step


def test_that_escape_cancels_what_is_under_way(open_window, places, qtbot):
    keep(places, title="Mine", step=0)
    window = open_window()
    window.pages.page(0).speed.button.click()
    assert window.rail.footer.stop.isVisibleTo(window)
    qtbot.waitUntil(lambda: len(workers("machine")) == 1, timeout=10_000)
    QTest.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.services.background.busy, timeout=5000)
    assert workers("machine") == []
    assert not window.rail.footer.stop.isVisibleTo(window)


def test_that_language_changes_at_run_time_and_is_kept(open_window, places, qtbot):
    keep(places, title="Mine", step=0)
    window = open_window()
    footer = window.rail.footer
    footer.language.setCurrentIndex(footer.language.findData("fr"))
    footer.language.activated.emit(footer.language.currentIndex())
    qtbot.waitUntil(lambda: window.pages.page(0).title == "Cet ordinateur", timeout=2000)
    quiet(window, qtbot)
    assert load_settings(places.settings).language == "fr"
    assert window.rail.steps.button(1).text() == "Tâche"


def test_that_theme_and_offline_are_chosen_in_the_rail(open_window, places, desk):
    keep(places, title="Mine", step=0)
    window = open_window()
    footer = window.rail.footer
    footer.theme_chosen.emit("dark")
    footer.offline.click()
    assert window.services.theme.tokens.scheme == "dark"
    assert desk.offline
    kept = load_settings(places.settings)
    assert (kept.theme, kept.offline) == ("dark", True)


class Answers:
    """Presses the buttons of questions as they appear; ``asked`` are their texts."""

    def __init__(self, *buttons):
        self.asked = []
        self._buttons = list(buttons)
        self._timer = QTimer()
        self._timer.timeout.connect(self._press)
        self._timer.start(20)

    def _press(self):
        box = QApplication.activeModalWidget()
        if not isinstance(box, QMessageBox) or not self._buttons:
            return
        self.asked.append(box.text())
        wanted = self._buttons.pop(0)
        next(button for button in box.buttons() if button.text() == wanted).click()


def test_that_closing_asks_once_only_when_work_would_be_lost(open_window, places, qtbot):
    keep(places, title="Mine", step=0)
    window = open_window()
    text = window.services.wording.text
    answers = Answers(text("window.close.stay"), text("window.close.close"))
    window.pages.page(0).speed.button.click()
    qtbot.waitUntil(lambda: len(workers("machine")) == 1, timeout=10_000)
    assert not window.close()
    assert window.isVisible()
    assert window.close()
    assert answers.asked == [text("window.close.title")] * 2
    qtbot.waitUntil(lambda: workers("machine") == [], timeout=10_000)


def test_that_closing_does_not_ask_when_nothing_would_be_lost(open_window, places):
    keep(places, title="Mine", step=0)
    window = open_window()
    answers = Answers(window.services.wording.text("window.close.stay"))
    assert window.close()
    assert answers.asked == []


def test_that_the_rail_is_filled_to_its_edge_whatever_the_job_is_called(open_window, places, qtbot):
    keep(places, title="A title that is as long as they come, and a bit longer", task=TASK, step=0)
    window = open_window()
    for _ in range(2):
        assert window.rail.steps.width() == window.rail.width()
        window.jobs.begin_own()
        quiet(window, qtbot)


def test_that_a_step_that_is_not_ready_says_why(open_window, places):
    keep(places, title="Mine", step=0)
    window = open_window()
    assert window.rail.steps.button(2).state == "blocked"
    assert "Choose a task first" in window.rail.steps.button(2).toolTip()


def test_that_a_database_of_a_newer_petit_is_left_alone_and_explained(open_window, places):
    with Database(places.database) as database:
        database.write("PRAGMA user_version = 999")
    before = places.database.read_bytes()
    window = open_window()
    assert "newer Petit" in window.pages.banner.text
    assert places.database.read_bytes() == before


def test_that_a_crash_is_told_without_stopping_the_window(open_window, places):
    keep(places, title="Mine", step=0)
    window = open_window()
    window.show_crash("ValueError: boom")
    assert "boom" in window.pages.banner.details.toPlainText()
    window.go_to(1)
    assert window.pages.step == 1


def test_that_the_details_of_a_crash_have_the_way_there_and_no_secret(open_window, places):
    keep(places, title="Mine", step=0)
    window = open_window()
    try:
        raise ValueError(f"{Path.home() / 'letters'} hf_abcdefghijkl")
    except ValueError as error:
        _CrashReporter(window).report(type(error), error, error.__traceback__)
    details = window.pages.banner.details.toPlainText()
    assert "test_window.py" in details
    assert "ValueError: ~" in details
    assert str(Path.home() / "letters") not in details
    assert "hf_abc" not in details


def test_that_a_decision_file_opens_on_its_decision(open_window, desk, tmp_path):
    file = tmp_path / "mine.petit.json"
    machine, now = desk.machine(), datetime.now(UTC)
    documents.save(documents.build(undecided(), (), (), machine, {}, None, now), file)
    window = open_window(decision_file=file)
    assert window.services.project.decision_file == str(file)
    assert window.services.project.evaluation["metric"] == "accuracy"
    assert window.pages.step == 4
    assert window.pages.page(4).results.scores.rowCount() == 3


def test_that_a_file_that_is_no_decision_is_explained(open_window, places, tmp_path):
    keep(places, title="Mine", step=0)
    file = tmp_path / "mine.petit.json"
    file.write_text("[]", encoding="utf-8")
    assert "mine.petit.json" in open_window(decision_file=file).pages.banner.text


def test_that_visiting_the_first_three_steps_never_holds_the_event_loop(open_window, places, qtbot):
    keep(places, title="Mine", task=TASK, step=0)
    window = open_window()
    for step in (1, 2, 0):
        window.go_to(step)
        quiet(window, qtbot)
    worst, last = 0.0, time.monotonic()
    timer = QTimer()

    def tick() -> None:
        nonlocal worst, last
        now = time.monotonic()
        worst, last = max(worst, now - last), now

    timer.timeout.connect(tick)
    timer.start(5)
    for step in (1, 2, 0, 2, 1, 0):
        window.go_to(step)
        qtbot.wait(60)
    timer.stop()
    assert worst < 0.25


def test_that_help_and_settings_open_without_blocking(open_window, places, qtbot):
    keep(places, title="Mine", step=0)
    window = open_window()
    QTest.keyClick(window, Qt.Key.Key_F1)
    assert window._dialog.isVisible()
    window.open_settings()
    assert window._dialog.language.isVisible()
    window._dialog.reject()
    assert window._dialog is None


def test_that_the_process_of_the_window_imports_no_runtime_and_paints_soon(tmp_path, places):
    script = (
        "import sys; from PySide6.QtCore import QTimer; import ui.app as app\n"
        "from ui.startup import seconds_since_start as since\n"
        "from ui.window import Window\n"
        "show = Window.show\n"
        "def first(): print('paint', since()); QTimer.singleShot(300, app.QApplication.quit)\n"
        "def shown(self): self.first_painted.connect(first); show(self)\n"
        "Window.show = shown\n"
        f"app.main(['--data-dir', {str(places.data)!r}, '--offline', '--language', 'en'])\n"
        "banned = {'torch', 'transformers', 'numpy', 'scipy', 'sklearn', 'huggingface_hub'}\n"
        "print('found', sorted(banned & {name.partition('.')[0] for name in sys.modules}))\n"
    )
    environment = os.environ | {"QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "found []" in done.stdout, done.stdout + done.stderr
    seconds = float(done.stdout.partition("paint ")[2].split()[0])
    assert seconds < 5, "one second is the aim; a shared machine gets five"


def test_that_downloads_of_the_last_time_are_shown_paused_and_nothing_flows_by_itself(
    open_window, places, hub, qtbot
):
    with Database(places.database) as database:
        save_download(database, Download("bank/intents-nano", TASK, done_bytes=5, total_bytes=50))
    window = open_window()
    assert window.rail.footer.library.text() == "Library · paused"
    QTest.keyClick(window, Qt.Key.Key_L, Qt.KeyboardModifier.ControlModifier)
    quiet(window, qtbot)
    dialog = window._dialog
    assert isinstance(dialog, LibraryDialog)
    assert hub.requests == []
    row = dialog.panel.rows["bank/intents-nano"]
    assert row.detail == "Paused at 5 B of 50 B"
    row.toggle.click()
    feed = window.services.downloads
    qtbot.waitUntil(lambda: not feed.active and feed.items == (), timeout=20_000)
    quiet(window, qtbot)
    assert [entry.repo for entry in dialog.model.entries] == ["bank/intents-nano"]
    assert window.rail.footer.library.text() == "Library"


def test_that_settings_of_the_hub_are_kept_and_reach_the_desk(
    open_window, places, desk, qtbot, monkeypatch
):
    monkeypatch.delenv("HF_ENDPOINT")
    window = open_window()
    window.rail.footer.settings_asked.emit()
    quiet(window, qtbot)
    hub = window._dialog.hub
    hub.proxy.setText("http://127.0.0.1:9")
    window._dialog.close()
    assert load_settings(places.settings).hub_proxy == "http://127.0.0.1:9"
    assert desk.settings.hub_proxy == "http://127.0.0.1:9"
