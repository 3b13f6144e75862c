# SPDX-License-Identifier: Apache-2.0
"""Jobs as a whole: renamed, copied, deleted and brought back; stores and settings that are not ours."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QInputDialog

from selector.decide import document as documents
from selector.settings import Settings, load_settings, save_settings, unusable
from selector.store.database import Database, set_aside
from selector.store.projects import recent_projects
from tests.ui.prepared import TASK, undecided
from tests.ui.test_window import keep, open_window, quiet  # noqa: F401

EVENT = (Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)


def titles(places) -> list[str]:
    with Database(places.database) as database:
        return [project.title for project in recent_projects(database, 9)]


def choose(window, name: str) -> None:
    """As a click on that entry of the menu of jobs."""
    menu = window.rail.jobs.menu()
    menu.aboutToShow.emit()
    next(a for a in menu.findChildren(QAction) if a.objectName() == name).trigger()


def test_that_a_job_gets_another_name(open_window, places, qtbot):  # noqa: F811
    keep(places, title="Mine", task=TASK, step=0)
    window = open_window()
    choose(window, "rename")
    dialog = window.findChild(QInputDialog)
    assert dialog.textValue() == "Mine"
    dialog.setTextValue("  Letters \n to   sort ")
    dialog.accept()
    quiet(window, qtbot)
    assert titles(places) == ["Letters to sort"]
    assert "Letters to sort" in window.windowTitle()
    window.jobs.rename(" ")
    assert window.services.project.title == "Letters to sort"


def test_that_a_copy_goes_its_own_way(open_window, places, qtbot):  # noqa: F811
    keep(places, title="Mine", task=TASK, step=1, words="sort letters")
    window = open_window()
    choose(window, "duplicate")
    quiet(window, qtbot)
    assert window.services.project.title == "Mine (copy)"
    assert window.services.project.words == "sort letters"
    window.jobs.rename("Other")
    quiet(window, qtbot)
    assert sorted(titles(places)) == ["Mine", "Other"]


def test_that_a_deleted_job_can_be_brought_back(open_window, places, qtbot):  # noqa: F811
    keep(places, title="First", task=TASK, step=0)
    keep(places, title="Second", task=TASK, step=1, words="keep me")
    window = open_window()
    choose(window, "delete")
    quiet(window, qtbot)
    assert titles(places) == ["First"]
    assert window.services.project.title == "First"
    assert "Second" in window.pages.banner.text
    window.pages.banner.action.click()
    quiet(window, qtbot)
    assert sorted(titles(places)) == ["First", "Second"]
    assert window.services.project.words == "keep me"
    assert not window.pages.banner.isVisibleTo(window)


def test_that_after_the_last_job_a_new_one_begins(open_window, places, qtbot):  # noqa: F811
    keep(places, title="Only", task=TASK, step=0)
    window = open_window()
    choose(window, "delete")
    quiet(window, qtbot)
    assert window.services.project.title == ""
    assert "Only" not in titles(places)


@pytest.mark.parametrize("damage", ["garbage", "newer"])
def test_that_a_database_that_is_not_ours_is_set_aside_whole_when_asked(
    open_window,  # noqa: F811
    places,
    qtbot,
    damage,
):
    if damage == "newer":
        with Database(places.database) as database:
            database.write("PRAGMA user_version = 999")
    else:
        places.database.write_bytes(b"no database at all" * 1000)
    before = places.database.read_bytes()
    window = open_window()
    assert places.database.read_bytes() == before
    window.pages.banner.action.click()
    quiet(window, qtbot)
    (kept,) = [each for each in places.data.iterdir() if each.name.endswith("aside-1.db")]
    assert kept.read_bytes() == before
    assert kept.name in window.pages.banner.text
    window.jobs.rename("Anew")
    quiet(window, qtbot)
    assert titles(places) == ["Anew"]


def test_that_nothing_set_aside_is_overwritten(tmp_path):
    for text in ("one", "two"):
        (tmp_path / "petit.db").write_text(text)
        (tmp_path / "petit.db-wal").write_text(f"{text} more")
        set_aside(tmp_path / "petit.db")
    found = {each.name: each.read_text() for each in tmp_path.iterdir()}
    assert found == {
        "petit.aside-1.db": "one",
        "petit.aside-1.db-wal": "one more",
        "petit.aside-2.db": "two",
        "petit.aside-2.db-wal": "two more",
    }


@pytest.mark.parametrize(
    ("text", "why"),
    [("{", "damaged"), ("[]", "damaged"), ("[" * 100_000, "damaged"),
     ('{"version": 2, "theme": "dark", "new": 1}', "newer"), ('{"version": "x"}', "newer")],
)  # fmt: skip
def test_that_settings_that_are_not_ours_are_set_aside_before_anything_is_written(
    open_window,  # noqa: F811
    places,
    qtbot,
    text,
    why,
):
    places.settings.write_text(text)
    assert unusable(places.settings) == why
    keep(places, title="Mine", task=TASK, step=0)
    window = open_window(load_settings(places.settings))
    assert window.pages.banner.isVisibleTo(window)
    assert places.settings.read_text() == text
    window.close()
    assert (places.data / "settings.aside-1.json").read_text() == text
    assert unusable(places.settings) == ""
    assert json.loads(places.settings.read_text())["version"] == 1


def test_that_settings_of_before_versions_are_ours(tmp_path):
    (tmp_path / "s.json").write_text('{"theme": "dark"}')
    assert unusable(tmp_path / "s.json") == ""
    save_settings(tmp_path / "s.json", Settings(theme="light"))
    assert load_settings(tmp_path / "s.json") == Settings(theme="light")
    assert [each.name for each in tmp_path.iterdir()] == ["s.json"]


def test_that_a_decision_dropped_anywhere_opens(open_window, places, desk, qtbot, tmp_path):  # noqa: F811
    keep(places, title="Mine", task=TASK, step=0)
    file = tmp_path / "mine.petit.json"
    document = documents.build(undecided(), (), (), desk.machine(), {}, None, datetime.now(UTC))
    documents.save(document, file)
    window = open_window()
    data = QMimeData()
    data.setUrls([QUrl("https://host/x.petit.json"), QUrl.fromLocalFile(str(file))])
    enter = QDragEnterEvent(QPoint(5, 5), *EVENT[:1], data, *EVENT[1:])
    enter.ignore()
    window.dragEnterEvent(enter)
    assert enter.isAccepted()
    window.dropEvent(QDropEvent(QPoint(5, 5), *EVENT[:1], data, *EVENT[1:]))
    qtbot.waitUntil(lambda: window.services.project.decision_file == str(file), timeout=8000)
    other = QMimeData()
    other.setUrls([QUrl.fromLocalFile(str(tmp_path / "x.csv"))])
    enter = QDragEnterEvent(QPoint(5, 5), *EVENT[:1], other, *EVENT[1:])
    enter.ignore()
    window.dragEnterEvent(enter)
    assert not enter.isAccepted()


def test_that_a_second_start_brings_the_window_to_the_front(open_window, places, qtbot, tmp_path):  # noqa: F811
    keep(places, title="Mine", task=TASK, step=0)
    window = open_window()
    window.showMinimized()
    window.started_again("")
    assert not window.isMinimized()
    window.started_again(str(tmp_path / "not there.petit.json"))
    quiet(window, qtbot)
    assert "not there.petit.json" in window.pages.banner.text
